import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeUtf8 } from '../../../src/core/chart/utf8.ts';

test('reads back every text, without a byte order mark at its start', () => {
  const isSurrogate = (code: number) => code >= 0xd800 && code <= 0xdfff;
  const codes = fc.integer({ min: 0, max: 0x10ffff }).filter((code) => !isSurrogate(code));
  const unit = codes.map((code) => String.fromCodePoint(code));
  fc.assert(
    fc.property(fc.string({ unit }), (text) => {
      assert.equal(decodeUtf8(Buffer.from(`\ufeff${text}`)), text);
    }),
  );
});

test('reads nothing from bytes that are not UTF-8, rather than other characters in their place', () => {
  for (const bytes of [[0xff], [0x61, 0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80]])
    assert.equal(decodeUtf8(Uint8Array.from(bytes)), undefined, String(bytes));
});
