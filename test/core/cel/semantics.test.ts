import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Json } from '../../../src/core/json/json.ts';
import { said } from './evaluate-text.ts';

const OBJECT: Json = {
  metadata: {
    name: 'flagger',
    labels: { team: 'a', 'app.kubernetes.io/name': 'flagger' },
    annotations: null,
  },
  spec: {
    interval: '5m',
    retries: 3,
    ratio: 0.5,
    half: 2.0,
    big: 9_007_199_254_740_993n,
    huge: 99_999_999_999_999_999_999n,
    minus: -9_223_372_036_854_775_808n,
    suspend: false,
    list: [1, 2, 3],
    mixed: [1, 'a', null, { constructor: 'x' }],
    items: [
      { name: 'a', n: 1 },
      { name: 'b', n: 2 },
    ],
    constructor: 'own',
    '5': 'five',
  },
};

/** Expressions that are true of OBJECT. */
const TRUE: readonly string[] = [
  // Numbers of JSON: whole ones are ints, exactly, up to 64 bits.
  'object.spec.retries == 3',
  'object.spec.retries + 1 == 4',
  'object.spec.retries / 2 == 1',
  '-object.spec.retries % 2 == -1',
  'type(object.spec.retries) == int',
  'type(object.spec.ratio) == double',
  'type(object.spec.half) == int',
  'object.spec.ratio + 0.5 == 1.0',
  'object.spec.big - 1 == 9007199254740992',
  'object.spec.big != 9007199254740992',
  'object.spec.minus == -9223372036854775808',
  'type(object.spec.huge) == double && object.spec.huge > 9.9e19',
  'object.spec.retries == 3.0 && 3.0 == object.spec.retries && object.spec.retries < 3.5',
  'object.spec.retries in [1, 2, 3] && object.spec.retries in [3.0]',
  // Equality of different types is false, not an error.
  'object.spec.interval != object.spec.retries',
  'dyn("5") != 5 && dyn(5) != "5"',
  'object.metadata.annotations == null && object.metadata.name != null',
  'object.spec.list == [1, 2, 3] && object.spec.list != [1, 2] && [1, 2, 3] == object.spec.list',
  'object.spec.items == [{"name": dyn("a"), "n": dyn(1)}, {"n": dyn(2), "name": dyn("b")}]',
  'object.spec.items[0] != {"name": "a"} && {"name": "a"} != object.spec.items[0]',
  'object.spec.mixed == dyn([dyn(1), dyn("a"), dyn(null), dyn({"constructor": "x"})])',
  '0.0 / 0.0 != 0.0 / 0.0 && !(0.0 / 0.0 < 1.0) && !(0.0 / 0.0 >= 1.0)',
  'type(3) == int && type("") == string && type(null) == null_type && type(type(1)) == type',
  'type(object) == map && type(object.spec.list) == list && type(now) == google.protobuf.Timestamp',
  'type(duration("1s")) == google.protobuf.Duration && type(1.5) == double && type(true) == bool',
  // Keys.
  'object.spec.constructor == "own" && object.spec["5"] == "five"',
  'object.metadata.labels["app.kubernetes.io/name"] == "flagger"',
  '"team" in object.metadata.labels && !("toString" in object.metadata.labels) && !(5 in object.spec)',
  'object.spec.mixed[3].constructor == "x"',
  'object.spec.list[0] == 1 && object.spec.list[2.0] == 3',
  '{dyn(1): "a", dyn("1"): "b", dyn(true): "c"}[1] == "a"',
  '{1: "a"}[1.0] == "a" && !(dyn("1") in {1: "a"})',
  // has() and optionals.
  'has(object.spec.suspend) && !has(object.spec.timeout) && has(object.metadata.annotations)',
  'object.spec.?timeout.orValue("1m") == "1m" && object.spec.?interval.orValue("1m") == "5m"',
  'object.?status.conditions[0].type.orValue("none") == "none"',
  'object.metadata.?annotations.x.orValue("none") == "none"',
  'object.spec.list[?7].orValue(0) == 0 && object.spec.list[?0].orValue(0) == 1',
  '!object.spec.?timeout.hasValue() && object.spec.?interval.value() == "5m"',
  'object.spec.?timeout.or(object.spec.?interval).value() == "5m"',
  'object.spec.?interval.orValue(object.nothing) == "5m"',
  'optional.none().orValue(1) == 1 && optional.of(2).orValue(1) == 2',
  // && and || decide over errors on either side; so do all and exists over the items.
  'object.nothing || true',
  'true || object.nothing',
  '!(object.nothing && false)',
  '!(false && object.nothing)',
  'object.nothing && false || true',
  '1 / 0 > 1 || object.nothing || true',
  'object.spec.interval || true',
  '!(object.spec.interval && false)',
  'object.spec.list.exists(x, 6 / (x - 1) == 6)',
  '!object.spec.list.all(x, 6 / (x - 1) == 3)',
  'object.spec.mixed.exists(x, x == "a")',
  '[].all(x, false) && ![].exists(x, true) && ![].exists_one(x, true)',
  'object.spec.list.all(x, x > 0) && object.spec.list.exists_one(x, x == 2)',
  'object.metadata.labels.exists(key, key.startsWith("app.")) && {"k": 1}.all(k, k == "k")',
  'object.spec.list.filter(x, x % 2 == 1) == [1, 3]',
  'object.spec.list.map(x, x * x) == [1, 4, 9]',
  'object.spec.list.map(x, x > 1, x * 10) == [20, 30]',
  'object.spec.list.map(x, object.spec.list.map(y, x * y)) == [[1, 2, 3], [2, 4, 6], [3, 6, 9]]',
  'object.spec.list.map(x, object.spec.list.filter(x, x > 2).size() + x) == [2, 3, 4]',
  'cel.bind(x, object.spec.retries, x * x) == 9',
  'cel.bind(object, 1, object == 1) && object.spec.retries == 3',
  '[1].all(semver, semver == 1) && ["a1"].all(semver, semver.contains("1"))',
  '[{"protobuf": {"Timestamp": 1}}].all(google, google.protobuf.Timestamp == 1)',
  // Conditionals evaluate one branch only.
  '(object.spec.suspend ? object.nothing : "ok") == "ok"',
  // Order.
  '"a" < "b" && "a" <= "a" && "B" < "a" && !("a" > "b") && "ab" > "a"',
  // U+FF5E is below U+1F600, which JavaScript writes with two units that are below it.
  '"\\uFF5E" < "\\U0001F600" && "a\\U0001F600" > "a\\uFF5E"',
  'false < true && duration("1h") > duration("59m") && timestamp("2026-01-01T00:00:00Z") < now',
  // Joining.
  '"a" + "b" == "ab" && [1] + [2] == [1, 2] && object.spec.list + [4] == [1, 2, 3, 4]',
  '[1.0][0] + 0.5 == 1.5 && type([1.0][0]) == double',
  // Time.
  'now - timestamp("2026-06-01T12:00:00Z") == duration("30m")',
  'now + duration("1h30m") == timestamp("2026-06-01T14:00:00Z")',
  'duration("1h") - duration("90m") == duration("-30m")',
  'duration(object.spec.interval) >= duration("1m")',
  // The raw string and the escapes.
  'r"\\d" == "\\\\d" && "\\x41\\101\\u0041" == "AAA"',
  // Comments and line ends.
  'true // why\n && true',
];

/** Expressions that cannot be evaluated on OBJECT, and why. */
const ERRORS: readonly (readonly [string, string])[] = [
  ['object.spec.timeout == "1m"', 'object.spec has no key "timeout" (ask for it with has() or .?)'],
  ['object.spec["time out"] == "1m"', 'object.spec has no key "time out" (ask for it with has() or .?)'],
  ['has(object.status.conditions)', 'object has no key "status" (ask for it with has() or .?)'],
  ['has(object.metadata.annotations.x)', 'object.metadata.annotations is null, so it has no key "x"'],
  ['has(object.metadata.name.x)', 'object.metadata.name is a string, so it has no key "x"'],
  ['object.spec.list[3] == 1', 'index 3 is outside of object.spec.list, which has 3 items'],
  ['object.spec.list[-1] == 1', 'index -1 is outside of object.spec.list, which has 3 items'],
  ['object.spec.list["a"] == 1', 'object.spec.list is a list; "a" is no index of it'],
  ['object.spec.list[0.5] == 1', 'object.spec.list is a list; 0.5 is no index of it'],
  ['object.spec.retries.x == 1', 'object.spec.retries is an int, so it has no key "x"'],
  ['object.spec.retries + 1.0 == 4.0', 'no such overload: int + double'],
  ['object.spec.retries + "1" == "31"', 'no such overload: int + string'],
  ['object.spec.interval * 2 == 1', 'no such overload: string * int'],
  ['object.spec.interval < 2', 'no such overload: string < int'],
  ['object.spec.ratio % object.spec.ratio == 1', 'no such overload: double % double'],
  ['-object.spec.interval == 1', 'no such overload: -string'],
  ['object.spec.retries / (object.spec.retries - 3) == 1', 'division by zero'],
  ['object.spec.retries % (object.spec.retries - 3) == 1', 'modulus by zero'],
  ['object.spec.minus - 1 < 0', 'the result does not fit an int of 64 bits'],
  ['-object.spec.minus < 0', 'the result does not fit an int of 64 bits'],
  ['object.spec.minus * 2 < 0', 'the result does not fit an int of 64 bits'],
  ['!object.spec.retries', 'object.spec.retries is an int, not true or false'],
  ['object.spec.retries ? true : false', 'object.spec.retries is an int, not true or false'],
  ['object.spec.retries && true', 'object.spec.retries is an int, not true or false'],
  ['false || object.spec.interval', 'object.spec.interval is a string, not true or false'],
  ['false || object.nothing', 'object has no key "nothing" (ask for it with has() or .?)'],
  ['object.nothing || false', 'object has no key "nothing" (ask for it with has() or .?)'],
  ['object.nothing && true', 'object has no key "nothing" (ask for it with has() or .?)'],
  ['object.spec.list.all(x, x.a == 1)', 'x is an int, so it has no key "a"'],
  ['object.spec.list.exists(x, object.spec.interval)', 'object.spec.interval is a string, not true or false'],
  ['object.spec.list.exists_one(x, 6 / (x - 1) == 6)', 'division by zero'],
  ['object.spec.list.filter(x, 6 / (x - 1) == 6) == []', 'division by zero'],
  ['object.spec.list.map(x, 6 / (x - 1)) == []', 'division by zero'],
  ['object.spec.list.filter(x, x) == []', 'x is an int, not true or false'],
  ['object.spec.interval.all(x, true)', 'object.spec.interval is a string, not a list or a map'],
  ['1 in object.spec.interval', 'no such overload: int in string'],
  ['object.spec.orValue(1) == 1', 'object.spec is a map, not an optional; read it with .?'],
  ['object.spec.?timeout.value() == 1', 'value: the optional has none'],
  ['{object.spec.ratio: 1} == {}', 'a key of a map must be a string, an int or a bool'],
  ['{object.spec.retries: 1, dyn(3): 2} == {}', 'the key 3 occurs twice in a map'],
  [
    'timestamp("9999-12-31T00:00:00Z") + duration("48h") > now',
    'the result lies outside of the times that CEL can hold',
  ],
  [
    'timestamp("0001-01-01T00:00:00Z") - duration("1ns") < now',
    'the result lies outside of the times that CEL can hold',
  ],
  [
    'timestamp("2400-01-01T00:00:00Z") - timestamp("2000-01-01T00:00:00Z") > duration("1s")',
    'the result lies outside of the times that CEL can hold',
  ],
  [
    'duration("2562047h") + duration("1h") > duration("1s")',
    'the result lies outside of the times that CEL can hold',
  ],
];

describe('an expression', () => {
  for (const text of TRUE) {
    it(`gives true: ${text}`, () => {
      assert.equal(said(text, OBJECT), true);
    });
  }
  for (const [text, message] of ERRORS) {
    it(`cannot be evaluated: ${text}`, () => {
      assert.equal(said(text, OBJECT), `error: ${message}`);
    });
  }

  it('tells the first error of several items', () => {
    for (const macro of ['all', 'exists'])
      assert.equal(
        said(`object.spec.list.${macro}(x, object["k" + string(x)])`, OBJECT),
        'error: object has no key "k1" (ask for it with has() or .?)',
      );
  });

  it('leaves no prototype to be read', () => {
    for (const key of ['toString', '__proto__', 'hasOwnProperty', 'length'])
      assert.equal(
        said(`"${key}" in object || has(object.${key === '__proto__' ? 'x' : key})`, {}),
        false,
        key,
      );
    assert.equal(said('object.__proto__ == 1', JSON.parse('{"__proto__": 1}') as Json), true);
    assert.equal(said('size(object.list) == 1 && !has(object.x)', { list: [1] }), true);
  });

  it('reads a key that is undefined as absent', () => {
    const object = { a: undefined, b: 1 } as unknown as Json;
    assert.equal(said('!has(object.a) && size(object) == 1 && object == {"b": 1}', object), true);
    assert.equal(said('object == other && other == object', object, { b: 1 }), true);
  });
});

describe('what is not known', () => {
  it('is absorbed where the rest decides, and otherwise is the outcome', () => {
    for (const text of [
      'unknown || true',
      'true || unknown',
      '!(unknown && false)',
      '[1, 2].exists(x, x == 2 || unknown)',
    ])
      assert.equal(said(text), true, text);
    for (const text of [
      'unknown',
      'unknown || false',
      'unknown.x == 1',
      'unknown == 1',
      'has(unknown.x)',
      '[1].all(x, unknown)',
    ])
      assert.equal(said(text), 'unknown: the fact is not known (Unavailable)', text);
  });

  it('goes before an error, whichever comes first', () => {
    for (const text of ['object.x || unknown', 'unknown && object.x'])
      assert.equal(said(text), 'unknown: the fact is not known (Unavailable)', text);
  });

  it('may be a part of a value: the rest can be read', () => {
    assert.equal(said('spaces.map(s, s.name) == ["a", "b"] && spaces[0].labels.tier == "prod"'), true);
    assert.equal(said('spaces.exists(s, s.labels.tier == "prod")'), true);
    for (const text of [
      'spaces.all(s, s.labels.tier == "prod")',
      'spaces[1].labels == {}',
      'dyn(spaces[1]) == dyn(spaces[1])',
      'dyn(spaces) == dyn([spaces[0], spaces[1]])',
      'dyn(spaces[1]) in dyn(spaces)',
      'spaces[1].?labels.hasValue()',
      '{"name": dyn("b"), "labels": dyn(1)} == dyn(spaces[1])',
    ])
      assert.equal(said(text), 'unknown: the fact is not known (Unavailable)', text);
  });
});
