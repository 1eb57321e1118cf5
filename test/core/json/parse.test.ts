import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Json } from '../../../src/core/json/json.ts';
import { parseJson } from '../../../src/core/json/parse.ts';
import { parseExactly } from '../../../src/core/json/parse-exact.ts';
import { stringifyJson } from '../../../src/core/json/stringify.ts';

/** Characters that make escapes, keys that look alike, and a few that must be refused unescaped. */
const oddText = fc.string({
  unit: fc.constantFrom('\\', '"', '\n', 'n', 'u', '0', '5', 'c', '{', ':', 'é', '😀'),
});
const odd = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    oddText,
    fc.integer(),
    fc.double({ min: -1e15, max: 1e15, noNaN: true }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value')),
    fc.dictionary(oddText, tie('value')),
  ),
})).value;

/** JSON text of a value in which every character of every string is written as an escape. */
function escapeAll(value: unknown): string {
  if (typeof value === 'string') {
    const codes = Array.from({ length: value.length }, (_, at) => value.charCodeAt(at));
    return `"${codes.map((code) => `\\u${code.toString(16).padStart(4, '0')}`).join('')}"`;
  }
  if (Array.isArray(value)) return `[${value.map(escapeAll).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([key, member]) => `${escapeAll(key)} : ${escapeAll(member)}`)
    .join(' , ')} }`;
}

describe('parsing JSON', () => {
  it('gives back any value that was written, with keys and texts of every kind, in any order', () => {
    fc.assert(
      fc.property(odd, fc.boolean(), (value, escaped) => {
        const text = escaped ? escapeAll(value) : JSON.stringify(value);
        const parsed = parseJson(text);
        assert.ok(parsed.ok);
        assert.equal(stringifyJson(parsed.value), stringifyJson(value as Json));
      }),
      { numRuns: 500 },
    );
  });

  it('reads an escaped key right after a key that holds a backslash, which V8 alone does not', () => {
    for (const [first, second, keys] of [
      ['{"p":1,"\\\\":1}', '{"p":1,"\\n":1}', ['p', '\n']],
      ['{"q":1,"x\\u005c":1}', '{"q":1,"x\\n":1}', ['q', 'x\n']],
      ['{"r":1,"k:{\\\\":1}', '{"r":1,"k:{\\"name\\"}":1}', ['r', 'k:{"name"}']],
      ['{"s":1,"\\\\u006":1}', '{"s":1,"\\u0061bcde":1}', ['s', 'abcde']],
    ] as const) {
      assert.ok(parseJson(first).ok);
      const parsed = parseJson(second);
      assert.ok(parsed.ok);
      assert.deepEqual(Object.keys(parsed.value as object), keys);
    }
  });

  it('agrees with the platform on what is not JSON', () => {
    const pieces = [
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"\\\\":',
      '1',
      '-',
      '01',
      '1.',
      '1e',
      'tru',
      'null',
      ' ',
      '\t',
      '"\\x"',
      '"\n"',
      '"',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 8 }), (parts) => {
        const text = parts.join('');
        let valid = true;
        try {
          JSON.parse(text);
        } catch {
          valid = false;
        }
        let exact = true;
        try {
          parseExactly(text);
        } catch {
          exact = false;
        }
        assert.equal(exact, valid, text);
      }),
      { numRuns: 2_000 },
    );
  });

  it('keeps integers beyond 2^53 and takes __proto__ for a key, on both ways', () => {
    for (const key of ['plain', 'with\\\\backslash']) {
      const parsed = parseJson(`{"${key}":1,"n":9007199254740993,"__proto__":{"x":true}}`);
      assert.ok(parsed.ok);
      const value = parsed.value as Record<string, unknown>;
      assert.equal(value['n'], 9007199254740993n);
      assert.deepEqual(Object.keys(value).at(-1), '__proto__');
      assert.equal(({} as Record<string, unknown>)['x'], undefined);
    }
  });

  it('answers for a long text of backslashes in a time that grows with its length only', () => {
    const text = `{"a":"${'\\\\'.repeat(1_000_000)}"}`;
    assert.ok(parseJson(text).ok);
  });

  it('refuses nesting that no stack would hold', () => {
    assert.equal(parseJson(`{"\\\\":${'['.repeat(100_000)}`).ok, false);
  });
});
