import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { emitGoYaml } from '../../../src/core/json/go-yaml.ts';
import { resolveGoYamlScalar } from '../../../src/core/json/go-yaml-resolve.ts';
import type { Json } from '../../../src/core/json/json.ts';

/** Rows `[value, natural, bytewise]` written by go-yaml 2.4.5; `bytewise` is empty where the value is no map. */
function oracleRows(): readonly (readonly [Json, string, string])[] {
  const path = new URL('../../fixtures/oracles/go-yaml.jsonl.gz', import.meta.url);
  const lines = gunzipSync(readFileSync(path)).toString('utf8').trimEnd().split('\n');
  return lines.map((line) => parseExact(line) as unknown as readonly [Json, string, string]);
}

function parseExact(text: string): Json {
  return JSON.parse(text, (_key, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' && /^-?\d{16,}$/.test(context?.source ?? '')
      ? BigInt(context?.source ?? '')
      : value,
  ) as Json;
}

describe('emitGoYaml', () => {
  const rows = oracleRows();

  it('has an oracle of some thousand rows', () => {
    assert.ok(rows.length > 4000, `${rows.length} rows`);
  });

  it('writes every row of the oracle as go-yaml does, in both key orders', () => {
    for (const [value, natural, bytewise] of rows) {
      assert.equal(emitGoYaml(value), natural);
      if (bytewise !== '') assert.equal(emitGoYaml(value, { keyOrder: 'bytewise' }), bytewise);
    }
  });

  it('leaves out members that are undefined', () => {
    assert.equal(emitGoYaml({ a: undefined, b: { c: undefined } }), 'b: {}\n');
  });

  it('replaces a lone surrogate, which no UTF-8 text can hold', () => {
    assert.equal(emitGoYaml({ a: '\ud800' }), 'a: \ufffd\n');
  });

  it('sorts bytewise by code point where UTF-16 order differs', () => {
    const value = { '\u{1f600}': 1, '\ufffd': 2 };
    assert.equal(emitGoYaml(value, { keyOrder: 'bytewise' }), '\ufffd: 2\n"\\U0001F600": 1\n');
  });

  it('never writes a string plainly that would read back as something else', () => {
    const numberLike = fc.string({ unit: fc.constantFrom(...Array.from('0123456789.eExob_+-:TZ yn~')) });
    fc.assert(
      fc.property(numberLike, (text) => {
        const written = emitGoYaml([text]).slice(2, -1);
        if (written === text) assert.equal(resolveGoYamlScalar(text).kind, 'string');
      }),
    );
  });
});

describe('resolveGoYamlScalar', () => {
  for (const [text, expected] of [
    ['yes', true],
    ['Off', false],
    ['yEs', 'yEs'],
    ['', null],
    ['0777', 511n],
    ['0o17', 15n],
    ['089', 89],
    ['0x1F', 31n],
    ['0b-1', -1n],
    ['1_000', 1000n],
    ['18446744073709551615', 18446744073709551615n],
    ['18446744073709551616', 18446744073709552000],
    ['1e400', '1e400'],
    ['.5', 0.5],
    ['1:30', '1:30'],
    ['2001-02-29', '2001-02-29'],
    ['-.inf', -Infinity],
  ] as const) {
    it(`reads ${JSON.stringify(text)} as Go does`, () => {
      assert.equal(resolveGoYamlScalar(text).value, expected);
    });
  }

  it('tells a calendar date from text that only looks like one', () => {
    assert.equal(resolveGoYamlScalar('2000-02-29').kind, 'timestamp');
    assert.equal(resolveGoYamlScalar('1900-02-29').kind, 'string');
  });
});
