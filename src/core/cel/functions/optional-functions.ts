import { CelError } from '../cel-error.ts';
import { NONE, Optional, type Value } from '../value.ts';
import { type CelFunction, noOverload } from './function-definition.ts';

/** `or` and `orValue` are macros: what they give instead is evaluated only when it is needed. */
export const OPTIONAL_FUNCTIONS: readonly CelFunction[] = [
  {
    kind: 'member',
    name: 'optional.of',
    signatures: ['optional.of(dyn): optional<dyn>'],
    text: 'an optional that has the value',
    call: (_run, [value]) => new Optional(value),
  },
  {
    kind: 'member',
    name: 'optional.none',
    signatures: ['optional.none(): optional<dyn>'],
    text: 'an optional without a value',
    call: () => NONE,
  },
  {
    kind: 'method',
    name: 'hasValue',
    signatures: ['optional.hasValue(): bool'],
    text: 'whether there is a value',
    call: (_run, args) => optionalArgument('hasValue', args).value !== undefined,
  },
  {
    kind: 'method',
    name: 'value',
    signatures: ['optional.value(): dyn'],
    text: 'the value; an error when there is none',
    call(_run, args) {
      const { value } = optionalArgument('value', args);
      if (value === undefined) throw new CelError('value: the optional has none');
      return value;
    },
  },
];

function optionalArgument(name: string, args: readonly Value[]): Optional {
  const [value = null] = args;
  if (value instanceof Optional) return value;
  throw noOverload(name, args);
}
