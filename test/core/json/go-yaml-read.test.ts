import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { emitGoYaml } from '../../../src/core/json/go-yaml.ts';
import { readGoYaml } from '../../../src/core/json/go-yaml-read.ts';
import type { Json } from '../../../src/core/json/json.ts';
import { canonical } from './go-canonical.ts';

/** Rows `[YAML text, JSON]` from sigs.k8s.io/yaml 1.6.0. */
const rows = gunzipSync(
  readFileSync(new URL('../../fixtures/oracles/go-yaml-read.jsonl.gz', import.meta.url)),
)
  .toString('utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as readonly [string, unknown]);

function read(text: string): Json {
  const reading = readGoYaml(text);
  assert.ok(reading.ok, `${JSON.stringify(text)}: ${reading.ok ? '' : reading.message}`);
  return reading.value;
}

function refusal(text: string): string {
  const reading = readGoYaml(text);
  assert.ok(!reading.ok, `${JSON.stringify(text.slice(0, 80))} was read`);
  return reading.message;
}

describe('readGoYaml', () => {
  it('reads every row of the oracle as Go does', () => {
    assert.ok(rows.length > 1500);
    for (const [text, expected] of rows) {
      assert.equal(canonical(read(text)), canonical(expected), JSON.stringify(text));
    }
  });

  it('reads back what emitGoYaml writes', () => {
    const text = fc.string({ unit: fc.constantFrom(...Array.from('ab01.-:#\'"\n\\ yYnN~{}[]é')) });
    const leaf = fc.oneof(
      text,
      fc.boolean(),
      fc.constant(null),
      fc.integer(),
      fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n }),
    );
    const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
      tree: fc.oneof({ depthSize: 'small' }, leaf, fc.array(tie('tree')), fc.dictionary(text, tie('tree'))),
    }));
    fc.assert(
      fc.property(tree, (value) => assert.equal(canonical(read(emitGoYaml(value))), canonical(value))),
    );
  });

  it('keeps integers exact beyond 2^53', () => {
    assert.deepEqual(read('a: 9007199254740993\n'), { a: 9007199254740993n });
  });

  it('gives an alias the anchor that stands before it, also when the name is used again', () => {
    assert.deepEqual(read('a: &x 1\nb: *x\nc: &x 2\nd: *x\n'), { a: 1, b: 1, c: 2, d: 2 });
  });

  it('takes __proto__ for a key like any other', () => {
    const value = read('__proto__: {polluted: true}\n');
    assert.deepEqual(Object.keys(value as object), ['__proto__']);
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  });

  for (const [what, text, message] of [
    ['a key that stands twice', 'a: 1\nb: 2\na: 3\n', /^line 3: duplicate key$/],
    ['a second document', 'a: 1\n---\nb: 1\n', /^more than one YAML document$/],
    ['infinity', 'a: .inf\n', /^line 1: JSON has no infinity/],
    ['a null key', '~: 1\n', /^line 1: a key must not be null$/],
    ['an unknown tag', 'a: !custom 1\n', /^line 1: a tag/],
    ['an alias without anchor', 'a: *x\n', /^line 1: /],
    ['an anchor inside itself', 'a: &x [*x]\n', /nested deeper|alias/],
    ['a control character', 'a: "\u0001"\n', /^line 1: a control character/],
    [
      'flow collections nested by the thousand',
      '['.repeat(100_000),
      /^line 1: nested deeper than 200 levels$/,
    ],
    [
      'block collections nested by the thousand',
      '- '.repeat(100_000),
      /^line 1: nested deeper than 200 levels$/,
    ],
    ['a text that could never be stored', 'a'.repeat(1_600_000), /^longer than/],
    [
      'an alias bomb',
      `a: &a [${'x,'.repeat(100)}]\nb: &b [${'*a,'.repeat(100)}]\nc: &c [${'*b,'.repeat(100)}]\nd: [${'*c,'.repeat(100)}]\n`,
      /more than 500000 nodes/,
    ],
  ] as const) {
    it(`refuses ${what} and says where`, () => {
      assert.match(refusal(text), message);
    });
  }

  it('never quotes the content in a refusal', () => {
    assert.ok(!refusal('password: "s3cret\n').includes('s3cret'));
    assert.ok(!refusal('s3cret: 1\ns3cret: 2\n').includes('s3cret'));
  });
});
