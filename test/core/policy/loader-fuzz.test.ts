import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isJsonObject, type Json, type JsonObject } from '../../../src/core/json/json.ts';
import { stringifyJson } from '../../../src/core/json/stringify.ts';
import { compilePolicySet } from '../../../src/core/policy/compile.ts';
import { evaluate } from '../../../src/core/policy/evaluate.ts';
import { readYaml } from '../../../src/core/policy/yaml-file.ts';
import { factsWith, helmRelease, helmRepository, subjectOf } from './policy-fixture.ts';

const numRuns = Number(process.env['PROPERTY_RUNS'] ?? 400);
const POLICIES = join(import.meta.dirname, '../../../policies');

/** The shipped policies, which use every kind of rule but overrides. */
const TEXTS = ['baseline', 'strict', 'supply-chain'].flatMap((set) =>
  readdirSync(join(POLICIES, set)).map((file) => readFileSync(join(POLICIES, set, file), 'utf8')),
);
const SUBJECTS = [
  subjectOf(helmRelease({ suspend: true, valuesFrom: [{ kind: 'Secret', name: 'x' }] })),
  subjectOf(helmRepository('https://Flagger.app:443')),
  subjectOf(helmRelease({ interval: '1s' }), helmRelease({ releaseName: 'x' })),
];

interface Outcome {
  loaded: number;
  refused: number;
}

/** A set that loads judges without throwing; one that does not says why, at places that are in the file. */
function assertLoads(text: string, outcome: Outcome): void {
  const result = compilePolicySet([{ path: 'p.yaml', text }], {
    commit: 'c0ffee',
    now: '2026-06-01T00:00:00Z',
  });
  const lines = text.split('\n');
  const assertInside = (line: number, column: number): void => {
    const length = lines[line - 1]?.length;
    assert.ok(length !== undefined, `line ${line} of ${lines.length}`);
    assert.ok(column >= 1 && column <= length + 1, `column ${column} of ${length} in line ${line}`);
  };
  for (const { file, line, column, message, hint = '', frame } of [
    ...result.warnings,
    ...(result.ok ? [] : result.errors),
  ]) {
    assert.equal(file, 'p.yaml');
    assertInside(line, column);
    assert.doesNotMatch(message + hint, /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/);
    assert.ok(message.length + hint.length <= 4_000);
    assert.match(frame, /^ *\d+ \| [^\n]*\n +\| +\^$/);
  }
  if (!result.ok) {
    outcome.refused += 1;
    assert.ok(result.errors.length > 0 && result.errors.length <= 120);
    return;
  }
  outcome.loaded += 1;
  for (const subject of SUBJECTS) {
    for (const phase of ['admission', 'release'] as const) {
      const { findings } = evaluate(result.set, subject, factsWith(), phase);
      for (const { place } of findings) if (place.file === 'p.yaml') assertInside(place.line, place.column);
    }
  }
}

// Edits of a text, at places that are a part of its length, so that they shrink.
const at = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
const pieces = fc.oneof(
  fc.constantFrom(
    ...': |- |? |, |[|]|{|}|"|\'|&a |*a |!t |<<: |#|%|@|`|---\n|...\n|\t|\r|\0|\u0085|\u2028|\ufeff|\ud800|\u{1f600}'.split(
      '|',
    ),
  ),
  fc.constantFrom(
    '|\n',
    '>\n',
    '\n',
    '  ',
    '- ',
    'null',
    '1.10',
    '0x1f',
    '.nan',
    '2026-02-30',
    '__proto__: 1\n',
    '(a+)+$',
  ),
  fc.string({ unit: 'binary', maxLength: 6 }),
);
type Edit = (text: string) => string;
const edits: fc.Arbitrary<Edit> = fc.oneof(
  fc.tuple(at, pieces).map(
    ([where, piece]): Edit =>
      (text) =>
        splice(text, where, 0, piece),
  ),
  fc.tuple(at, at, pieces).map(
    ([where, much, piece]): Edit =>
      (text) =>
        splice(text, where, much ** 4, piece),
  ),
  fc.tuple(at, at).map(
    ([where, much]): Edit =>
      (text) =>
        splice(text, where, much ** 2, ''),
  ),
  fc.tuple(at, at).map(
    ([from, to]): Edit =>
      (text) =>
        moveLine(text, from, to, false),
  ),
  fc.tuple(at, at).map(
    ([from, to]): Edit =>
      (text) =>
        moveLine(text, from, to, true),
  ),
  fc.tuple(at, fc.nat(3)).map(
    ([where, depth]): Edit =>
      (text) =>
        indent(text, where, depth),
  ),
  fc.tuple(at, fc.constantFrom(...TEXTS)).map(
    ([where, other]): Edit =>
      (text) =>
        splice(text, where, 1, other),
  ),
);

function splice(text: string, where: number, part: number, piece: string): string {
  const start = Math.floor(where * text.length);
  return text.slice(0, start) + piece + text.slice(start + Math.floor(part * (text.length - start)));
}

function moveLine(text: string, from: number, to: number, keep: boolean): string {
  const lines = text.split('\n');
  const line = lines[Math.floor(from * lines.length)] ?? '';
  const left = keep ? lines : lines.toSpliced(Math.floor(from * lines.length), 1);
  return left.toSpliced(Math.floor(to * left.length), 0, line).join('\n');
}

function indent(text: string, where: number, depth: number): string {
  const lines = text.split('\n');
  const index = Math.floor(where * lines.length);
  return lines.with(index, ' '.repeat(depth) + (lines[index] ?? '').trimStart()).join('\n');
}

/** Values that stand where others were meant. */
const values: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(
    null,
    true,
    0,
    -1,
    1e308,
    2n ** 70n,
    '',
    '*',
    [],
    {},
    '__proto__',
    'constructor',
    '(a+)+$',
  ),
  fc.constantFrom<Json>(
    '>=1.0.0 <2.0.0',
    '^',
    'https://Flagger.app',
    'spec',
    'spec..x',
    '/spec/~2',
    '1h',
    '-1h',
    '2026-02-30',
  ),
  fc.constantFrom<Json>(
    { HelmRelease: 1 },
    { 'spec.timeout': null },
    [null],
    [[]],
    { a: { b: { c: [] } } },
    'x'.repeat(5_000),
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
);
const DOCUMENTS = TEXTS.flatMap((text) => {
  const read = readYaml({ file: 'p.yaml', text });
  return read.ok ? read.documents.map(({ value }) => value) : [];
});

/** A value in a tree, another one or none put where the numbers lead: down by each, or there. */
function graft(value: Json, path: readonly number[], other: Json | undefined): Json | undefined {
  const [step, ...rest] = path;
  if (Array.isArray(value)) {
    const list = value as readonly Json[];
    if (step === undefined || list.length === 0) return other;
    const index = Math.floor(step * list.length);
    const grafted = graft(list[index] ?? null, rest, other);
    return grafted === undefined ? list.toSpliced(index, 1) : list.with(index, grafted);
  }
  if (!isJsonObject(value) || step === undefined || Object.keys(value).length === 0) return other;
  const entries = Object.entries(value);
  const index = Math.floor(step * entries.length);
  const [key, own = null] = entries[index] ?? [''];
  const grafted = graft(own, rest, other);
  return Object.fromEntries(
    grafted === undefined ? entries.toSpliced(index, 1) : entries.with(index, [key, grafted]),
  ) as JsonObject;
}

describe('the loader', () => {
  it('takes or refuses, at places in the file, whatever became of the text of a shipped policy', () => {
    const outcome = { loaded: 0, refused: 0 };
    const mutated = fc
      .tuple(fc.constantFrom(...TEXTS), fc.array(edits, { minLength: 1, maxLength: 4 }))
      .map(([text, list]) => list.reduce((edited, edit) => edit(edited), text));
    fc.assert(
      fc.property(mutated, (text) => assertLoads(text, outcome)),
      { numRuns },
    );
    assert.ok(outcome.loaded * 20 > numRuns && outcome.refused * 4 > numRuns, JSON.stringify(outcome));
  });

  it('takes or refuses, at places in the file, whatever became of its bytes', () => {
    const outcome = { loaded: 0, refused: 0 };
    const flips = fc.array(fc.tuple(at, fc.nat(255)), { minLength: 1, maxLength: 6 });
    const mutated = fc.tuple(fc.constantFrom(...TEXTS), flips).map(([text, list]) => {
      const bytes = Buffer.from(text);
      for (const [where, byte] of list) bytes[Math.floor(where * bytes.length)] = byte;
      return bytes.toString('utf8');
    });
    fc.assert(
      fc.property(mutated, (text) => assertLoads(text, outcome)),
      { numRuns },
    );
    assert.ok(outcome.refused * 4 > numRuns, JSON.stringify(outcome));
  });

  it('takes or refuses, at places in the file, whatever stands where something else was meant', () => {
    const outcome = { loaded: 0, refused: 0 };
    const mutated = fc
      .tuple(
        fc.constantFrom(...DOCUMENTS),
        fc.array(fc.tuple(fc.array(at, { maxLength: 7 }), fc.option(values, { nil: undefined })), {
          minLength: 1,
          maxLength: 2,
        }),
      )
      .map(([document, list]) =>
        list.reduce<Json>((edited, [path, other]) => graft(edited, path, other) ?? null, document),
      );
    fc.assert(
      fc.property(mutated, (value) => assertLoads(stringifyJson(value).replaceAll('","', '",\n"'), outcome)),
      { numRuns },
    );
    assert.ok(outcome.loaded * 100 > numRuns && outcome.refused * 4 > numRuns, JSON.stringify(outcome));
  });
});
