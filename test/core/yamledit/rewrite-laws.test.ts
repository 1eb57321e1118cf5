import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseAllDocuments } from 'yaml';
import type { Json, JsonObject } from '../../../src/core/json/json.ts';
import { isJsonObject } from '../../../src/core/json/json.ts';
import { parseJson } from '../../../src/core/json/parse.ts';
import { stringifyJson } from '../../../src/core/json/stringify.ts';
import { readYaml } from '../../../src/core/policy/yaml-file.ts';
import { rewriteYaml } from '../../../src/core/yamledit/rewrite-yaml.ts';
import { type LaidOut, layOut, layoutChoices } from './laid-out.ts';

const texts = fc.oneof(
  fc.constantFrom(
    '5m',
    '1.30.0',
    '>=1.28.0 <2.0.0',
    '*',
    'yes',
    '1.10',
    '',
    '~',
    'a: b',
    'x #y',
    '- z',
    '12e3',
    'abc',
  ),
  fc.string({ maxLength: 8 }).map((text) => text.replaceAll(/[^ -~é]/g, '_')),
  fc.constantFrom('two\nlines', 'one\n\nthree'),
);
const scalars = fc.oneof(
  texts,
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  // The ends of what go-yaml reads as an integer; beyond them it reads a float.
  fc.constantFrom(2n ** 60n, -(2n ** 63n), 2n ** 64n - 1n),
);
const keys = fc.constantFrom('a', 'b', 'c', 'name', 'on', 'x.y/z', 'install', 'values', '1', 'with space');
const { object } = fc.letrec<{ value: Json; object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalars,
    fc.array(tie('value'), { maxLength: 4 }),
    tie('object'),
  ),
  object: fc.dictionary(keys, tie('value'), { minKeys: 1, maxKeys: 5 }),
}));

/** One change somewhere in an object. */
type Change = readonly [kind: 'set' | 'add' | 'remove', at: number, value: Json];
const changes = fc.array(
  fc.tuple(
    fc.constantFrom('set' as const, 'add' as const, 'remove' as const),
    fc.nat(),
    fc.oneof(scalars, object, fc.array(scalars, { maxLength: 3 })),
  ),
  { minLength: 1, maxLength: 4 },
);

/** Applies a change at the n-th place of a value that it can be applied to. */
function changed(root: JsonObject, [kind, at, value]: Change): JsonObject {
  const places: (readonly string[])[] = [];
  const collect = (node: Json, path: readonly string[]): void => {
    if (path.length > 0 && kind !== 'add') places.push(path);
    if (kind === 'add' && typeof node === 'object' && node !== null) places.push(path);
    if (typeof node !== 'object' || node === null) return;
    for (const [key, member] of Object.entries(node)) collect(member as Json, [...path, key]);
  };
  collect(root, []);
  const path = places[at % Math.max(1, places.length)];
  if (path === undefined) return root;
  const apply = (node: Json, [head, ...rest]: readonly string[]): Json => {
    if (Array.isArray(node)) {
      const list = node as readonly Json[];
      if (head === undefined) return list.toSpliced(at % (list.length + 1), 0, value);
      const index = Number(head);
      if (rest.length > 0 || kind === 'add') return list.with(index, apply(list[index] ?? null, rest));
      return kind === 'remove' ? list.toSpliced(index, 1) : list.with(index, value);
    }
    if (!isJsonObject(node)) return value;
    if (head === undefined) return { ...node, [`new${at % 3}`]: value };
    if (rest.length > 0 || kind === 'add') return { ...node, [head]: apply(node[head] ?? null, rest) };
    if (kind === 'set') return { ...node, [head]: value };
    const { [head]: _gone, ...others } = node;
    return others;
  };
  return apply(root, path) as JsonObject;
}

/** What another reader than ours sees. */
function plainly(text: string): readonly unknown[] {
  const documents = parseAllDocuments(text, { intAsBigInt: true });
  assert.ok(Array.isArray(documents));
  for (const { errors } of documents) assert.deepEqual(errors, [], text);
  return documents.map((document) => normal(document.toJS({ maxAliasCount: 1000 })));
}

function normal(value: unknown): unknown {
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  if (Array.isArray(value)) return value.map(normal);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, normal(member)]));
  return value;
}

function rewritten({ text }: LaidOut, index: number, to: JsonObject): string {
  const source = { file: 'f.yaml', text };
  const read = readYaml(source, 'manifest');
  assert.ok(read.ok, `${read.ok ? '' : JSON.stringify(read.errors)}\n${text}`);
  const result = rewriteYaml(source, read.documents, [
    { document: index, tokens: [], from: read.documents[index]?.value ?? null, to },
  ]);
  assert.ok(
    result.ok,
    `${result.ok ? '' : JSON.stringify(result.errors, null, 1)}\n${text}\n${stringifyJson(to)}`,
  );
  return result.text;
}

const numbersOf = (text: string): readonly string[] => (text.match(/#c\d+\./g) ?? []).toSorted();

const kind = 'HelmRelease';
const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 150);

describe('changing values in YAML', () => {
  it('gives exactly the values asked for, in every layout, with every comment, line end and other document', () => {
    let edited = 0;
    fc.assert(
      fc.property(object, object, changes, layoutChoices, (own, other, list, choices) => {
        // Something of each document stays: one that is written anew whole is refused.
        const first = { kind, ...own };
        const laidOut = layOut([first, other], choices);
        assert.deepEqual(plainly(laidOut.text), normal([first, other]), laidOut.text);
        const to = { kind, ...list.reduce(changed, own) };
        const after = rewritten(laidOut, 0, to);
        if (after !== laidOut.text) edited += 1;
        assert.deepEqual(plainly(after), normal([to, other]), after);
        assert.deepEqual(numbersOf(after), numbersOf(laidOut.text), after);
        assert.equal(
          laidOut.crlf ? after.replaceAll('\r\n', '').includes('\n') : after.includes('\r'),
          false,
        );
        assert.equal(after.endsWith('\n'), laidOut.text.endsWith('\n'));
      }),
      { numRuns: RUNS },
    );
    assert.ok(edited > RUNS / 3, `only ${edited} texts were edited`);
  });

  it('takes nothing away where something is only added', () => {
    fc.assert(
      fc.property(object, changes, layoutChoices, (first, list, choices) => {
        const laidOut = layOut([first], { ...choices, finalBreak: true });
        const to = list
          .filter(([kind, , value]) => kind === 'add' && value !== null)
          .reduce(onlyAdded, first);
        const after = rewritten(laidOut, 0, to);
        let at = 0;
        for (const character of after) if (character === laidOut.text[at]) at += 1;
        assert.equal(at, laidOut.text.length, after);
      }),
      { numRuns: RUNS },
    );
  });

  it('leaves a text as it is when nothing is to change', () => {
    fc.assert(
      fc.property(object, layoutChoices, (value, choices) => {
        const laidOut = layOut([value], choices);
        assert.equal(rewritten(laidOut, 0, structuredClone(value)), laidOut.text);
      }),
      { numRuns: RUNS },
    );
  });
});

describe('changing values in JSON', () => {
  it('gives JSON again, with exactly the values asked for', () => {
    fc.assert(
      fc.property(object, changes, fc.constantFrom(undefined, 2, 4, '\t'), (own, list, indent) => {
        const first = { kind, ...own };
        const spaced = stringifyJson(first);
        // Large integers have no indented form in the platform's printer.
        const text =
          indent === undefined || /\d{16}/.test(spaced) ? spaced : JSON.stringify(first, undefined, indent);
        const to = { kind, ...list.reduce(changed, own) };
        const after = rewritten({ text, comments: 0, crlf: false }, 0, to);
        const parsed = parseJson(after);
        assert.ok(parsed.ok, after);
        assert.deepEqual(normal(parsed.value), normal(to), after);
      }),
      { numRuns: RUNS },
    );
  });
});

/** Adds to objects only: an item in the middle of a list moves others, and no subsequence shows that. */
function onlyAdded(root: JsonObject, change: Change): JsonObject {
  const result = changed(root, change);
  const grows = (from: Json, to: Json): boolean => {
    if (isJsonObject(from) && isJsonObject(to) && Object.keys(from).length > 0)
      return Object.entries(from).every(([key, member]) => grows(member as Json, to[key] ?? null));
    return from === to || JSON.stringify(normalText(from)) === JSON.stringify(normalText(to));
  };
  return grows(root, result) ? result : root;
}

function normalText(value: Json): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, member) => (typeof member === 'bigint' ? String(member) : member)),
  );
}
