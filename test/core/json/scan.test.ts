import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';

import { MAX_JSON_DEPTH, MAX_JSON_KEYS, scanJson } from '../../../src/core/json/scan.ts';

const scan = (text: string): ReturnType<typeof scanJson> => scanJson(Buffer.from(text));
const problemOf = (text: string | Uint8Array): string | undefined => {
  const result = scanJson(typeof text === 'string' ? Buffer.from(text) : text);
  return result.ok ? undefined : result.error.problem;
};

describe('scanning a JSON text', () => {
  it('lets through and decodes whatever JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.json({ depthSize: 'medium' }), (text) => {
        // Generated keys may differ in case only, which is refused at struct levels on purpose: below a free map they may.
        const result = scan(`{"values":${text}}`);
        assert.ok(result.ok);
        assert.equal(result.text, `{"values":${text}}`);
      }),
    );
  });

  const refused: readonly (readonly [string, string | Uint8Array, string])[] = [
    ['a byte order mark', '\ufeff{}', 'ByteOrderMark'],
    ['a byte that is no UTF-8', new Uint8Array([0x22, 0xc3, 0x28, 0x22]), 'InvalidUtf8'],
    ['a cut UTF-8 sequence', new Uint8Array([0x22, 0xe2, 0x82]), 'InvalidUtf8'],
    ['an encoded surrogate', new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22]), 'InvalidUtf8'],
    ['an overlong encoding', new Uint8Array([0x22, 0xc0, 0xaf, 0x22]), 'InvalidUtf8'],
    ['lists one level too deep', '['.repeat(MAX_JSON_DEPTH + 1) + ']'.repeat(MAX_JSON_DEPTH + 1), 'TooDeep'],
    ['objects one level too deep', '{"a":'.repeat(MAX_JSON_DEPTH + 1), 'TooDeep'],
    ['a key twice', '{"a":1,"b":2,"a":3}', 'DuplicateKey'],
    ['a key twice, once written with an escape', '{"a":1,"\\u0061":2}', 'DuplicateKey'],
    ['a key twice in a free map', '{"labels":{"a":"1","a":"2"}}', 'DuplicateKey'],
    ['__proto__ twice', '{"__proto__":1,"__proto__":2}', 'DuplicateKey'],
    ['a key twice behind a nested object', '{"a":{"x":[1,{"y":2}]},"a":1}', 'DuplicateKey'],
    ['request and Request', '{"request":1,"Request":2}', 'CaseVariantKey'],
    ['spec and SPEC within the object', '{"request":{"object":{"spec":{},"SPEC":{}}}}', 'CaseVariantKey'],
    [
      'fields deep in the spec',
      '{"spec":{"chart":{"spec":{"version":"1","Version":"2"}}}}',
      'CaseVariantKey',
    ],
    ['fields within a list', '{"spec":{"dependsOn":[{"name":"a","NAME":"b"}]}}', 'CaseVariantKey'],
    ['the long s and the Kelvin sign, as Go folds them', '{"spec":1,"\u017fpec":2}', 'CaseVariantKey'],
    ['the Kelvin sign', '{"kind":1,"\u212aind":2}', 'CaseVariantKey'],
  ];
  for (const [what, text, problem] of refused) {
    it(`refuses ${what} as ${problem}`, () => assert.equal(problemOf(text), problem));
  }

  const passed: readonly (readonly [string, string])[] = [
    ['keys that differ in case in labels', '{"metadata":{"labels":{"App":"1","app":"2"}}}'],
    [
      'keys that differ in case anywhere below values',
      '{"spec":{"values":{"a":{"B":1,"b":[{"C":1,"c":2}]}}}}',
    ],
    ['the same key in two objects', '{"a":{"x":1},"b":{"x":2},"c":[{"x":1},{"x":2}]}'],
    ['braces, quotes and keys within strings', '{"a":"{\\"a\\":[[[","b":"\\\\"}'],
    ['strings in a list that look like keys', '{"a":["x","x",":","x"]}'],
    ['a value that equals its key', '{"a":"a","b":"a"}'],
    ['the deepest nesting allowed', '['.repeat(MAX_JSON_DEPTH) + ']'.repeat(MAX_JSON_DEPTH)],
    ['brackets that close too often, which is left to the parser', ']]]}}}{'],
  ];
  for (const [what, text] of passed) {
    it(`lets ${what} pass`, () => assert.equal(problemOf(text), undefined));
  }

  it('holds case variants against each other in objects of many keys too', () => {
    const keys = Array.from({ length: 40 }, (_, n) => `"key${n}":1`).join(',');
    assert.equal(problemOf(`{${keys},"KEY7":1}`), 'CaseVariantKey');
    assert.equal(problemOf(`{${keys},"key39":1}`), 'DuplicateKey');
    assert.equal(problemOf(`{${keys},"key40":1}`), undefined);
  });

  it('is bounded on 100,000 levels, on a million keys and on seven megabytes of quotes', () => {
    assert.equal(problemOf('['.repeat(100_000)), 'TooDeep');
    assert.equal(
      problemOf(`{${Array.from({ length: MAX_JSON_KEYS + 1 }, (_, n) => `"${n}":1`).join(',')}}`),
      'TooManyKeys',
    );
    assert.equal(problemOf(`{"a":"${'\\"'.repeat(3_500_000)}`), undefined);
  });

  it('shows a key in its message without control characters, cut', () => {
    const key = `\\u001b[31m\\n${'x'.repeat(200)}`;
    const result = scan(`{"${key}":1,"${key}":2}`);
    assert.ok(!result.ok);
    assert.match(result.error.message, /^[\x20-\x7e]{1,200}$/);
  });

  it('notices sixteen digits in a row', () => {
    const flags = ['{"a":999999999999999}', '{"a":9007199254740993}'].map((text) => {
      const result = scan(text);
      return result.ok && result.longDigits;
    });
    assert.deepEqual(flags, [false, true]);
  });
});
