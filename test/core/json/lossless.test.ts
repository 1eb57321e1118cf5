import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';

import { canonicalJson } from '../../../src/core/json/canonical.ts';
import type { Json } from '../../../src/core/json/json.ts';
import { parseJson } from '../../../src/core/json/parse.ts';
import { stringifyJson } from '../../../src/core/json/stringify.ts';

function parsed(text: string): Json {
  const result = parseJson(text);
  assert.ok(result.ok, text);
  return result.value;
}

describe('parsing JSON without loss', () => {
  it('gives integers back digit for digit, whatever their size and place', () => {
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 80n), 2n ** 80n), (integer) => {
        const text = `{"values":{"list":[${integer},{"n":${integer}}],"text":"${integer}"}}`;
        assert.equal(stringifyJson(parsed(text)), text);
        assert.equal(canonicalJson(parsed(`[${integer}]`)), `[${integer}]`);
      }),
    );
  });

  it('takes bigint for what a double cannot hold, and for nothing else', () => {
    assert.deepEqual(parsed('[9007199254740991,9007199254740992,9007199254740993,-9007199254740993]'), [
      9007199254740991,
      9007199254740992n,
      9007199254740993n,
      -9007199254740993n,
    ]);
    assert.deepEqual(parsed('[1.2345678901234567890,1e20,12345678901234567e1,1]'), [
      1.2345678901234567,
      1e20,
      Number('12345678901234567e1'),
      1,
    ]);
  });

  it('keeps apart what overflows and null', () => {
    assert.equal(stringifyJson(parsed('[1e400,-1e400,null]')), '[1e999,-1e999,null]');
    assert.equal(canonicalJson(parsed('[1e400,-1e400,null]')), '[1e999,-1e999,null]');
    assert.deepEqual(parsed('[1e999]'), parsed('[1e400]'));
  });

  it('agrees with JSON.parse and JSON.stringify on everything else', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        fc.pre(!/[0-9]{16}/.test(text));
        const plain = JSON.parse(text) as Json;
        assert.deepEqual(parsed(text), plain);
        assert.equal(stringifyJson(plain), JSON.stringify(plain));
        assert.deepEqual(JSON.parse(canonicalJson(plain)), JSON.parse(JSON.stringify(plain)));
      }),
    );
  });

  it('holds __proto__ and constructor as data, on both ways through the parser', () => {
    for (const number of ['1', '9007199254740993']) {
      const value = parsed(`{"__proto__":{"polluted":${number}},"constructor":1}`) as object;
      assert.deepEqual(Object.keys(value), ['__proto__', 'constructor']);
      assert.equal(({} as { polluted?: unknown }).polluted, undefined);
      assert.match(canonicalJson(value as Json), /^\{"__proto__":\{"polluted":/);
    }
  });

  it('says where a text stops being JSON without quoting it', () => {
    for (const text of [
      '',
      ' ',
      '{"password":"hunter2",}',
      '{"password": hunter2}',
      '{"a":1',
      '[1,]',
      'nul',
    ]) {
      const result = parseJson(text);
      assert.ok(!result.ok);
      assert.doesNotMatch(result.message, /hunter2|password/);
    }
    const broken = parseJson('{"a":1}x');
    assert.ok(!broken.ok);
    assert.match(broken.message, /offset 7/);
  });
});

describe('canonical JSON', () => {
  it('is one text for one value, whatever the order of its keys', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.infiniteStream(fc.nat()),
        (object, order) => {
          const shuffled = Object.entries(object)
            .map((entry) => [order.next().value as number, entry] as const)
            .sort(([a], [b]) => a - b)
            .map(([, entry]) => entry);
          assert.equal(canonicalJson(Object.fromEntries(shuffled) as Json), canonicalJson(object as Json));
        },
      ),
    );
  });

  it('sorts by UTF-16 code units and prints numbers as RFC 8785 has them', () => {
    assert.equal(
      canonicalJson({ b: 1, '\u{1f600}': 2, '\ufb33': 3, a: 1e21, 10: -0, 9: 0.000001 }),
      '{"10":0,"9":0.000001,"a":1e+21,"b":1,"😀":2,"\ufb33":3}',
    );
  });

  it('leaves absent members out', () => {
    assert.equal(canonicalJson({ a: undefined, b: null }), '{"b":null}');
  });
});
