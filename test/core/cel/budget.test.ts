import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MAX_COST } from '../../../src/core/cel/limits.ts';
import type { Json } from '../../../src/core/json/json.ts';
import { evaluateText } from './evaluate-text.ts';

const LONG = 'a'.repeat(500_000);
const NUMBERS = Array.from({ length: 2_000 }, (_, index) => index);
const KEYS = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`key-${index}`, index]));

const OBJECT: Json = {
  long: LONG,
  twin: `${'a'.repeat(499_999)}b`,
  short: 'aaaa',
  numbers: NUMBERS,
  many: Array.from({ length: 50_000 }, (_, index) => index),
  keys: KEYS,
  copy: structuredClone(KEYS),
  commas: ','.repeat(600_000),
  faces: '\u{1f600}'.repeat(32),
  wide: '\u{1f600}'.repeat(250_000),
};

/** Expressions that would take from a second to ages. */
const BOMBS: readonly string[] = [
  // Loops within loops.
  'object.numbers.all(a, object.numbers.all(b, object.numbers.all(c, true)))',
  'object.numbers.exists(a, object.numbers.exists(b, a + b < 0))',
  'object.numbers.map(a, object.numbers.map(b, object.numbers.map(c, a))).size() == 0',
  '[1,2,3,4,5,6,7,8,9].all(a, [1,2,3,4,5,6,7,8,9].all(b, [1,2,3,4,5,6,7,8,9].all(c, [1,2,3,4,5,6,7,8,9].all(d, [1,2,3,4,5,6,7,8,9].all(e, [1,2,3,4,5,6,7,8,9].all(f, true))))))',
  // Text that doubles, and lists that do.
  `${'cel.bind(x, '.repeat(20)}object.long${', x + x)'.repeat(20)} == ""`,
  `${'cel.bind(x, '.repeat(25)}object.numbers${', x + x)'.repeat(25)} == []`,
  '["a", "b", "c", "d", "e", "f", "g", "h"].map(x, object.long + object.long).join(object.long) == ""',
  'object.numbers.map(x, object.long).join() == ""',
  // Long lists and maps looked through again and again.
  'object.many.all(x, !(-1 in object.many))',
  'object.many.filter(x, x in object.many) == []',
  'object.numbers.all(x, object.keys == object.copy)',
  'object.numbers.all(x, size(object.keys) > 0)',
  'object.numbers.all(x, {} != object.keys)',
  'object.numbers.all(x, !object.keys.exists(k, k == ""))',
  // Text looked through again and again.
  'object.numbers.all(x, object.long.contains("b") || true)',
  'object.numbers.all(x, object.long == object.long + "b" || true)',
  'object.numbers.all(x, object.long != object.twin)',
  'object.numbers.all(x, object.long < object.long + "b")',
  'object.numbers.all(x, object.long.lowerAscii() != "")',
  'object.numbers.all(x, object.wide.size() > 0)',
  'object.numbers.all(x, object.wide.substring(100000) != "")',
  '(object.long + "b").contains("b" + object.long)',
  '(object.long + "b").indexOf("b" + object.long) == 1',
  'object.commas.split(",").size() == 1',
  'object.commas.split("").size() == 1',
  // Patterns: in time linear in the text, but not for nothing.
  'object.long.matches("(a+)+$") && object.long.matches("(a|aa)+$")',
  'object.long.matches("(?i)[a-z]{500}(\\\\w{400})z")',
  'object.numbers.all(x, object.short.matches(object.short + "{1000}") || true)',
  'object.numbers.all(x, object.short.matches("(" + object.short + "){" + string(x + 1) + "}") || true)',
  // Errors that are absorbed.
  'object.many.all(x, object.nothing || true)',
  'object.many.exists(x, x.y)',
  // Functions that take long for their size.
  'object.numbers.all(x, semver.within(">1||" + object.short.substring(4) + ">2||>3||>4||>5||>6||>7||>8||>9||>10||>11||>12||>13", ">=0") || true) && false',
  'object.numbers.all(x, now.getHours("Europe/Berlin") > 0)',
  'object.many.all(x, url.isCanonical("https://" + object.short + ".example"))',
];

describe('the budget', () => {
  for (const text of BOMBS) {
    it(`ends ${text.length > 120 ? `${text.slice(0, 117)}...` : text}`, () => {
      const outcome = evaluateText(text, OBJECT);
      assert.equal(
        outcome.kind,
        'overBudget',
        JSON.stringify(outcome.kind === 'error' ? outcome.message : outcome.cost),
      );
      assert.ok(outcome.kind === 'overBudget');
      assert.equal(outcome.message, `it needs more than ${MAX_COST} steps`);
      assert.ok(outcome.cost > MAX_COST);
    });
  }

  it('is not absorbed by what absorbs errors', () => {
    const bomb = 'object.numbers.all(a, object.numbers.all(b, object.numbers.all(c, true)))';
    for (const text of [
      `${bomb} || true`,
      `true && (${bomb} || true)`,
      `!(${bomb} && false)`,
      `[1].exists(x, ${bomb} || true)`,
      `![1, 2].all(x, x == 2 ? false : ${bomb})`,
      `optional.of(${bomb}).hasValue()`,
      `(${bomb} ? true : true) || true`,
      `object.nothing || ${bomb} || true`,
    ])
      assert.equal(evaluateText(text, OBJECT).kind, 'overBudget', text);
  });

  it('is spent to the same amount each time, whatever was computed before', () => {
    for (const text of [
      'object.short.matches("(" + object.short + ")+")',
      'url.isCanonical("https://" + object.short + ".example")',
      'now.getHours("Asia/" + "Tokyo") == 21',
      'object.keys == object.copy',
    ]) {
      const costs: readonly number[] = [1, 2, 3].map(() => evaluateText(text, OBJECT).cost);
      assert.equal(new Set(costs).size, 1, `${text}: ${costs.join(', ')}`);
    }
  });

  it('ends exactly where the limit says', () => {
    const text = 'object.numbers.all(x, x >= 0)';
    const { cost } = evaluateText(text, OBJECT);
    assert.equal(evaluateText(text, OBJECT, cost).kind, 'value');
    assert.equal(evaluateText(text, OBJECT, cost - 1).kind, 'overBudget');
    assert.equal(evaluateText('true', OBJECT, 0).kind, 'overBudget');
  });

  it('suffices for what people write about large objects', () => {
    for (const text of [
      'object.numbers.all(x, x >= 0 && x < 2000 && has(object.short))',
      'object.many.all(x, x >= 0)',
      'object.keys == object.copy',
      'object.keys.exists(k, k.startsWith("key-19999"))',
      'object.long.contains("b") || object.long.startsWith("a")',
      'object.long.size() == 500000',
      '19999 in object.many',
    ]) {
      const outcome = evaluateText(text, OBJECT);
      assert.equal(
        outcome.kind === 'value' && outcome.value,
        true,
        `${text}: ${JSON.stringify(outcome.kind)} ${outcome.cost}`,
      );
    }
  });
});

describe('the cost of an expression', () => {
  it('grows with the text that a pattern goes over by no more than its length', () => {
    const object = (length: number): Json => ({ text: `${'a'.repeat(length)}!` });
    const cost = (length: number): number =>
      evaluateText('object.text.matches("(a+)+$")', object(length), Number.MAX_SAFE_INTEGER).cost;
    assert.ok(cost(20_000) <= 2 * cost(10_000));
    assert.equal(
      evaluateText('object.text.matches("(a+)+$")', object(100_000), Number.MAX_SAFE_INTEGER).kind,
      'value',
    );
  });

  it('is one unit for each part of it, and more for what its operands are', () => {
    const rows: readonly (readonly [string, number])[] = [
      ['true', 1],
      ['true && false', 3],
      ['false && object.numbers.all(x, x > 0)', 2],
      ['object.short.contains("a")', 6],
      ['1 in [1, 2, 3]', 10],
      ['semver.compare("1.2.3", "1.2.4") < 0', 3],
      // Five characters and one are read at 10 each; their ranges take (25 + 1) / 8 + 5 / 4, rounded up.
      ['semver.within(object.short.substring(4) + ">=1.0", "*")', 10 + 50 + 10 + 5],
      ['url.isCanonical(object.short)', 203],
      // 64 units of UTF-16 are passed over (2 + 1) and, as they are surrogates, gone through one by one (8).
      ['object.faces.size() == 32', 6 + 3 + 8],
      ['object.faces.substring(32) == ""', 8 + 3 + 4],
    ];
    for (const [text, cost] of rows) assert.equal(evaluateText(text, OBJECT).cost, cost, text);
  });
});
