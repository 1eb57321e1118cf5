import { isJsonObject, type Json } from '../json/json.ts';
import { formatPath } from '../json/path.ts';
import { formatPointer, parsePointer, valueAt } from '../json/pointer.ts';
import { type EffectiveObject, type Origin, originAt } from '../release/effective.ts';
import { effectiveInput } from './effective-input.ts';
import { evaluateInParts } from './evaluate.ts';
import type { Facts } from './facts.ts';
import type { PolicySet } from './policy-set.ts';
import { shownValue } from './shown-value.ts';
import type { Subject } from './subject.ts';

/** One field of an object as its controller sees it. */
export interface EffectiveField {
  /** Dotted. */
  readonly path: string;
  /** Absent for lists and for what may be a secret. */
  readonly value?: Json;
  readonly origin: Origin;
  /** For a value of a policy, the rule: `policy/rule`. */
  readonly by?: string;
}

/**
 * The fields of the spec of an object that is sent, as it would be stored and as its controller would see it, each with who gave its value.
 */
export function effectiveFields(set: PolicySet, subject: Subject, facts: Facts): readonly EffectiveField[] {
  const { object, origins } = evaluateInParts(set, subject, facts, 'admission');
  const effective = effectiveInput({ subject, object, origins });
  return fieldsAt(['spec'], effective, origins);
}

function fieldsAt(
  tokens: readonly string[],
  effective: EffectiveObject,
  rules: ReadonlyMap<string, string>,
): readonly EffectiveField[] {
  const value = valueAt(effective.object, tokens);
  const isGroup = isJsonObject(value) && Object.keys(value).length > 0;
  // What a chart is given may be large and hold anything: of it only what policies gave is told apart.
  const isValues = tokens.length === 2 && tokens[1] === 'values';
  if (isGroup && !isValues)
    return Object.keys(value).flatMap((key) => fieldsAt([...tokens, key], effective, rules));
  const given = isValues ? [...rules.keys()].filter((pointer) => isInValues(pointer, effective)) : [];
  return [
    fieldAt(tokens, effective, rules),
    ...given.map((pointer) => fieldAt(parsePointer(pointer) ?? [], effective, rules)),
  ];
}

function isInValues(pointer: string, { object }: EffectiveObject): boolean {
  return pointer.startsWith('/spec/values/') && !isJsonObject(valueAt(object, parsePointer(pointer) ?? []));
}

function fieldAt(
  tokens: readonly string[],
  effective: EffectiveObject,
  rules: ReadonlyMap<string, string>,
): EffectiveField {
  const value = valueAt(effective.object, tokens);
  const pointer = formatPointer(tokens);
  const shown = shownValue(tokens, value);
  const origin = originAt(effective, pointer);
  const by = origin === 'policy' ? rules.get(pointer) : undefined;
  return {
    path: formatPath(tokens),
    ...(shown === undefined ? {} : { value: shown }),
    origin,
    ...(by === undefined ? {} : { by }),
  };
}
