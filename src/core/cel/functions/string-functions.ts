import { CelError } from '../cel-error.ts';
import { listItems } from '../containers.ts';
import type { Literal } from '../expression-tree.ts';
import { SEARCHED_PER_UNIT } from '../limits.ts';
import { compilePattern, computedPattern, matchesPattern } from '../pattern.ts';
import type { Run } from '../run.ts';
import { CelList, isList, type Value } from '../value.ts';
import { pointIndex, unitOffset } from './code-points.ts';
import {
  type CelFunction,
  intArgument,
  noOverload,
  type Prepared,
  textArgument,
} from './function-definition.ts';

export const STRING_FUNCTIONS: readonly CelFunction[] = [
  search('contains', 'whether the text holds another', (text, other) => text.includes(other)),
  search('startsWith', 'whether the text begins with another', (text, other) => text.startsWith(other)),
  search('endsWith', 'whether the text ends in another', (text, other) => text.endsWith(other)),
  {
    kind: 'method',
    name: 'matches',
    signatures: ['string.matches(string): bool'],
    text: 'whether an RE2 pattern fits somewhere in the text; ^ and $ anchor it',
    call: matches,
    prepare: prepareMatches,
  },
  {
    kind: 'global',
    name: 'matches',
    signatures: ['matches(string, string): bool'],
    added: ['matches(string, string): bool'],
    text: 'the same as a function',
    call: matches,
    prepare: prepareMatches,
  },
  rewrite('lowerAscii', 'A to Z as a to z', /[A-Z]+/g, (text) => text.toLowerCase()),
  rewrite('upperAscii', 'a to z as A to Z', /[a-z]+/g, (text) => text.toUpperCase()),
  {
    kind: 'method',
    name: 'trim',
    signatures: ['string.trim(): string'],
    text: 'without white space at both ends',
    call(run, args) {
      const text = textArgument('trim', args, 0);
      run.chargeText(text.length);
      return text.trim();
    },
  },
  {
    kind: 'method',
    name: 'indexOf',
    signatures: ['string.indexOf(string): int'],
    text: 'where another text first stands, from 0; -1 when it does not',
    call: (run, args) => indexOf(run, 'indexOf', args, 0),
  },
  {
    kind: 'method',
    name: 'indexOf',
    signatures: ['string.indexOf(string, int): int'],
    text: 'the same, looking from an index on',
    call: (run, args) => indexOf(run, 'indexOf', args, intArgument('indexOf', args, 2)),
  },
  {
    kind: 'method',
    name: 'lastIndexOf',
    signatures: ['string.lastIndexOf(string): int'],
    text: 'where another text last stands; -1 when it does not',
    call: (run, args) => indexOf(run, 'lastIndexOf', args, undefined),
  },
  {
    kind: 'method',
    name: 'substring',
    signatures: ['string.substring(int): string'],
    text: 'from an index to the end',
    call: (run, args) => substring(run, args),
  },
  {
    kind: 'method',
    name: 'substring',
    signatures: ['string.substring(int, int): string'],
    text: 'from an index to the one before another',
    call: (run, args) => substring(run, args),
  },
  {
    kind: 'method',
    name: 'split',
    signatures: ['string.split(string): list<string>'],
    text: 'the parts between separators',
    call: (run, args) => split(run, args, -1),
  },
  {
    kind: 'method',
    name: 'split',
    signatures: ['string.split(string, int): list<string>'],
    text: 'at most so many parts; the last one holds the rest',
    call: (run, args) => split(run, args, intArgument('split', args, 2)),
  },
  {
    kind: 'method',
    name: 'join',
    signatures: ['list<string>.join(): string'],
    text: 'the texts of a list in one',
    call: (run, args) => join(run, args, ''),
  },
  {
    kind: 'method',
    name: 'join',
    signatures: ['list<string>.join(string): string'],
    text: 'the same with a separator',
    call: (run, args) => join(run, args, textArgument('join', args, 1)),
  },
];

function search(name: string, text: string, test: (text: string, other: string) => boolean): CelFunction {
  return {
    kind: 'method',
    name,
    signatures: [`string.${name}(string): bool`],
    text,
    call(run, args) {
      const [value, other] = [textArgument(name, args, 0), textArgument(name, args, 1)];
      chargeSearch(run, value, other);
      return test(value, other);
    },
  };
}

function rewrite(
  name: string,
  text: string,
  letters: RegExp,
  replace: (text: string) => string,
): CelFunction {
  return {
    kind: 'method',
    name,
    signatures: [`string.${name}(): string`],
    text,
    call(run, args) {
      const value = textArgument(name, args, 0);
      run.chargeText(value.length);
      return value.replaceAll(letters, replace);
    },
  };
}

function matches(run: Run, args: readonly Value[]): boolean {
  const text = textArgument('matches', args, 0);
  return matchesPattern(run, computedPattern(run, textArgument('matches', args, 1)), text);
}

function prepareMatches([, written]: readonly (Literal | undefined)[]): Prepared | undefined {
  if (typeof written !== 'string') return undefined;
  const result = compilePattern(written);
  if (!result.ok) return { problem: result.problem, index: 1 };
  return { call: (run, args) => matchesPattern(run, result.pattern, textArgument('matches', args, 0)) };
}

/** `from` undefined looks from the end. */
function indexOf(run: Run, name: string, args: readonly Value[], from: number | undefined): bigint {
  const [text, other] = [textArgument(name, args, 0), textArgument(name, args, 1)];
  chargeSearch(run, text, other);
  if (from === undefined) return BigInt(pointIndex(run, text, text.lastIndexOf(other)));
  const start = unitOffset(run, text, from);
  if (start === undefined) throw new CelError(`${name}: index ${from} lies outside of the text`);
  return BigInt(pointIndex(run, text, text.indexOf(other, start)));
}

function substring(run: Run, args: readonly Value[]): string {
  const text = textArgument('substring', args, 0);
  const start = unitOffset(run, text, intArgument('substring', args, 1));
  const end = args.length === 2 ? text.length : unitOffset(run, text, intArgument('substring', args, 2));
  if (start === undefined || end === undefined || end < start)
    throw new CelError('substring: an index lies outside of the text');
  return text.slice(start, end);
}

function split(run: Run, args: readonly Value[], limit: number): CelList {
  const [text, separator] = [textArgument('split', args, 0), textArgument('split', args, 1)];
  // Without a separator each character is a part.
  if (separator === '') run.charge(text.length);
  chargeSearch(run, text, separator);
  const parts = separator === '' ? Array.from(text) : text.split(separator);
  run.charge(parts.length);
  if (limit < 0 || parts.length <= limit) return new CelList(parts);
  if (limit === 0) return new CelList([]);
  return new CelList([...parts.slice(0, limit - 1), parts.slice(limit - 1).join(separator)]);
}

function join(run: Run, args: readonly Value[], separator: string): string {
  const [list = null] = args;
  if (!isList(list)) throw noOverload('join', args);
  const items = listItems(run, list);
  const texts = items.filter((item) => typeof item === 'string');
  if (texts.length < items.length) throw new CelError('join: the list holds something else than texts');
  run.chargeText(texts.reduce((length, text) => length + text.length + separator.length, 0));
  return texts.join(separator);
}

/** V8 compares a long text again at each place of another: hostile pairs take their product. */
function chargeSearch(run: Run, text: string, other: string): void {
  run.charge(1 + Math.ceil(text.length / SEARCHED_PER_UNIT) * Math.ceil((1 + other.length) / 64));
}
