import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MAX_EXPRESSION_LENGTH, MAX_NODES } from '../../../src/core/cel/limits.ts';
import { LANGUAGE, problemsOf } from './evaluate-text.ts';

const KNOWN = 'known are object, other, now, request, source, spaces, unknown';

/** Expressions that are refused when they are loaded: the offset, the message and the hint. */
const REFUSED: readonly (readonly [string, ...(readonly string[])])[] = [
  // Syntax.
  ['', '0: the expression ends too early'],
  ['object.spec ==', '14: the expression ends too early'],
  ['object spec', "7: unexpected character: 'c'"],
  ['(true', '5: expected ), got the end'],
  ['[1, 2', '5: expected ], got the end'],
  ['object.(1)', '7: expected a name, got ('],
  ['true &&& false', '7: unexpected character: &'],
  ['"abc', '0: unterminated string'],
  ['"\\q" == ""', '1: invalid escape sequence: \\q'],
  ['true ? 1', '8: expected :, got the end'],
  ['`a` == 1', '0: unexpected character: `'],
  ['object.list.all(1, true)', '16: all(var, predicate) invalid predicate iteration variable'],
  ['cel.bind(1, 2, true)', '9: invalid variable argument'],
  // Names.
  ['objct.spec', '0: there is no variable objct (did you mean "object"?)'],
  ['true && zzz', `8: there is no variable zzz (${KNOWN})`],
  [
    'namespace.name == ""',
    '0: namespace is no variable (it is a reserved word of CEL; write namespaceObject, as in Kubernetes)',
  ],
  ['for == 1', '0: reserved identifier: for'],
  ['object.list.all(x, x > 0) && x', `29: there is no variable x (${KNOWN})`],
  ['object.list.all(item, itm > 0)', '22: there is no variable itm (did you mean "item"?)'],
  ['semver == 1', '0: semver is a group of functions, no value'],
  ['request.operatoin == "CREATE"', '8: request has no field operatoin (did you mean "operation"?)'],
  [
    'has(request.userInfo.user)',
    '21: request.userInfo has no field user (known are username, groups)'.replace(
      'did you mean "username"?',
      'known are username, groups',
    ),
  ],
  ['request.?usr.hasValue()', '9: request has no field usr (known are operation, userInfo)'],
  ['request["operatoin"] == ""', '8: request has no field operatoin (did you mean "operation"?)'],
  ['source != null && source.uri == ""', '25: source has no field uri (did you mean "url"?)'],
  ['spaces.all(s, s.nam == "")', '16: s has no field nam (did you mean "name"?)'],
  ['spaces.all(s, !has(s.labls))', '21: s has no field labls (did you mean "labels"?)'],
  ['spaces.all(s, s.?labls.orValue({}) == {})', '17: s has no field labls (did you mean "labels"?)'],
  ['spaces.exists_one(s, has(s.labls))', '27: s has no field labls (did you mean "labels"?)'],
  ['spaces.filter(s, true).exists(t, !has(t.nam))', '40: t has no field nam (did you mean "name"?)'],
  ['spaces.map(s, s).all(t, !has(t.nam))', '31: t has no field nam (did you mean "name"?)'],
  ['spaces.map(s, true, s).all(t, !has(t.nam))', '37: t has no field nam (did you mean "name"?)'],
  ['spaces.map(s, s.nam).size() > 0', '16: s has no field nam (did you mean "name"?)'],
  ['spaces[0].nam == ""', '10: spaces[0] has no field nam (did you mean "name"?)'],
  ['spaces[object.a].?nam.hasValue()', '18: spaces[...] has no field nam (did you mean "name"?)'],
  ['spaces[?0].?nam.hasValue()', '12: spaces[0] has no field nam (did you mean "name"?)'],
  ['[request][0].?operatoin.hasValue()', '14: request has no field operatoin (did you mean "operation"?)'],
  ['[source][0].?uri.hasValue()', '13: source has no field uri (did you mean "url"?)'],
  ['[source, source].all(s, !has(s.uri))', '31: s has no field uri (did you mean "url"?)'],
  ['cel.bind(r, source, !has(r.uri))', '27: r has no field uri (did you mean "url"?)'],
  ['cel.bind(r, source, r.?uri.orValue("") == "")', '23: r has no field uri (did you mean "url"?)'],
  ['cel.bind(r, source, cel.bind(s, r, !has(s.uri)))', '42: s has no field uri (did you mean "url"?)'],
  ['cel.bind(u, request.userInfo, has(u.groop))', '36: u has no field groop (known are username, groups)'],
  ['cel.bind(r, spaces, r.all(s, !has(s.nam)))', '36: s has no field nam (did you mean "name"?)'],
  ['(true ? source : source).?uri.hasValue()', '26: source has no field uri (did you mean "url"?)'],
  ['optional.of(source).?uri.hasValue()', '21: source has no field uri (did you mean "url"?)'],
  ['optional.of(source).value().?uri.hasValue()', '29: source has no field uri (did you mean "url"?)'],
  // Functions.
  ['object.a.startswith("b")', '9: there is no method startswith() (did you mean "startsWith"?)'],
  ['contains(object.a, "b")', '0: there is no function contains()'],
  ['object.a.zzz()', '9: there is no method zzz()'],
  ['semver.matchs("1", "2")', '7: there is no function semver.matchs() (did you mean "semver.matches"?)'],
  ['object.a.contains("a", "b")', '9: contains takes 1 argument, not 2'],
  ['size() == 1', '0: size takes 1 argument, not 0'],
  ['object.a.substring() == ""', '9: substring takes 1 or 2 arguments, not 0'],
  ['object.list.all(x)', '12: all takes 2 arguments, not 1'],
  ['bytes(object.a) == object.b', '0: there is no function bytes()'],
  [
    'has(object)',
    '4: has() takes fields only, such as has(object.spec.suspend) (ask for other keys with: "key" in map)',
  ],
  [
    'has(object["a"].b)',
    '4: has() takes fields only, such as has(object.spec.suspend) (ask for other keys with: "key" in map)',
  ],
  // Literals that can never work.
  ['object.a.matches("(a")', '17: the pattern is not RE2: missing closing ): `(a`'],
  ['object.a.matches("(?=a)")', '17: the pattern is not RE2: invalid or unsupported Perl syntax: `(?=`'],
  ['matches(object.a, "[")', '18: the pattern is not RE2: missing closing ]: `[`'],
  [
    'object.a.matches("a{1000}a{1000}a{1000}a{1000}a{1000}a{1000}")',
    '17: the pattern repeats too much: it expands to 6002 steps',
  ],
  [
    'semver.matches(">=1.2 <<2", object.a)',
    '15: the constraint cannot be read: found "<" after <, where a version such as 1.2.3 or 1.x is expected',
  ],
  [
    'semver.within(object.a, "zzz")',
    '24: the constraint cannot be read: found "z" where an operator (= != > < >= <= ~ ^), a version such as 1.2.3 or a space is expected',
  ],
  [
    'url.covers("https://Example.com", object.a)',
    '11: the allowed URL is not canonical: its host is not in lower case; its canonical form is https://example.com',
  ],
  ['duration("1d") > duration("1h")', '0: duration: the text is no duration such as 1h30m'],
  [
    'now > timestamp("2026-02-30T00:00:00Z")',
    '6: timestamp: the value is no RFC 3339 time of the years 1 to 9999',
  ],
  ['int("x") == 1', '0: int: the value is no whole number'],
  ['9223372036854775808 > 1', '0: the number does not fit an int of 64 bits'],
  ['1u == 1u', '0: bytes and unsigned integers are not supported (no variable holds one)'],
  ['b"a" == b"a"', '0: bytes and unsigned integers are not supported (no variable holds one)'],
  // Types.
  ['1 + 1', '0: the expression gives int, not true or false'],
  ['"true"', '0: the expression gives string, not true or false'],
  ['null', '0: the expression gives null, not true or false'],
  ['1 == "1"', '0: no such overload: int == string'],
  ['now > "2026-01-01T00:00:00Z"', '0: no such overload: google.protobuf.Timestamp > string'],
  ['request.operation == 1', '0: no such overload: string == int'],
  ['!request.operation', '0: no such overload: !string'],
  ['request.operation && true', "0: logical operator requires bool operands, got 'string'"],
  [
    'object.a in ["a", 1]',
    "18: list elements must have the same type, expected type 'string' but found 'int'",
  ],
  ['(object.a ? "a" : 1) == "a"', "1: ternary branches must have the same type, got 'string' and 'int'"],
  ["object.a.size('') == 1", '9: size takes 0 arguments, not 1'],
  ['now.startsWith("a")', "0: found no matching overload for 'google.protobuf.Timestamp.startsWith(string)'"],
  ['duration(1) > duration("1s")', '0: no such overload: duration(int)'],
];

describe('an expression that cannot work', () => {
  for (const [text, ...problems] of REFUSED) {
    it(`is refused with its place: ${text === '' ? 'the empty text' : text}`, () => {
      assert.deepEqual(problemsOf(text), problems);
    });
  }

  it('is told all names that are wrong at once', () => {
    assert.deepEqual(problemsOf('objct.a == 1 && object.b.startswith("a") || has(request.usr)'), [
      '0: there is no variable objct (did you mean "object"?)',
      '25: there is no method startswith() (did you mean "startsWith"?)',
      '56: request has no field usr (known are operation, userInfo)',
    ]);
  });

  it('must give a text where a text is wanted', () => {
    assert.deepEqual(problemsOf('"a" + request.operation', 'string'), []);
    assert.deepEqual(problemsOf('object.a', 'string'), []);
    assert.deepEqual(problemsOf('true', 'string'), ['0: the expression gives bool, not a text']);
  });
});

/** What looks like a wrong field and is none: another thing of the name, or a type that nobody can tell. */
const ACCEPTED = [
  'cel.bind(source, object, !has(source.uri))',
  'object.list.all(request, !has(request.operatoin))',
  'dyn(source).uri == ""',
  'spaces.all(s, s.labels.anything == "")',
  'spaces.all(s, "anything" in s.labels)',
  'cel.bind(r, {"uri": 1}, has(r.uri))',
  '(true ? dyn(object) : dyn(source)).?uri.hasValue()',
  'object.all(key, has(object.other))',
  'cel.bind(s, spaces.size(), s > 0)',
  'spaces.all(s, cel.bind(s, object, has(s.nam)))',
];

describe('a field that may be there', () => {
  for (const text of ACCEPTED)
    it(`is no problem: ${text}`, () => {
      assert.deepEqual(problemsOf(text), []);
    });
});

describe('the fields that an expression reads of an object', () => {
  const read = (text: string) => {
    const result = LANGUAGE.compile(text, 'bool');
    assert.ok(result.ok, text);
    return result.expression.fieldReads.map(({ variable, path }) => [variable, ...path].join('.'));
  };

  it('are told through bound names, has() and .?, and not behind what is computed', () => {
    assert.deepEqual(read('has(object.spec.suspend)'), ['object.spec', 'object.spec.suspend']);
    assert.deepEqual(read('object.?spec["a"].b.orValue(1) == 1'), [
      'object.spec',
      'object.spec.a',
      'object.spec.a.b',
    ]);
    assert.deepEqual(read('cel.bind(o, object, !has(o.spec))'), ['object.spec']);
    assert.deepEqual(read('cel.bind(s, object.spec, s.?a.orValue(1) == 1)'), [
      'object.spec',
      'object.spec.a',
    ]);
    assert.deepEqual(read('(true ? object : other).spec == 1'), []);
    assert.deepEqual(read('object.list.all(x, x.a == 1) && object[other.key].a == 1'), [
      'object.list',
      'other.key',
    ]);
  });
});

describe('the size of an expression', () => {
  const chain = (length: number): string => Array.from({ length }, () => 'true').join('||');

  it('is bounded in characters', () => {
    const text = `"${'a'.repeat(MAX_EXPRESSION_LENGTH)}" == ""`;
    assert.deepEqual(problemsOf(text), [
      `0: the expression has ${text.length} characters; at most ${MAX_EXPRESSION_LENGTH} are read`,
    ]);
    assert.deepEqual(problemsOf(text.replace('aaaaaaaa', '')), []);
  });

  it('is bounded in parts', () => {
    const list = (length: number): string => `1 in [${Array.from({ length }, () => '1').join(',')}]`;
    assert.deepEqual(problemsOf(list(900)), []);
    assert.deepEqual(problemsOf(list(1_200)), [
      '2006: the expression has a list with more than 1000 entries',
    ]);
    const call = `size(${Array.from({ length: 40 }, () => '1').join(',')})`;
    assert.deepEqual(problemsOf(call), ['69: the expression has a call with more than 32 entries']);
    assert.match(problemsOf(`${list(900)}||${list(900)}||${list(900)}`)[0] ?? '', /: the expression has/);
    assert.deepEqual(problemsOf(`${'!'.repeat(3_000)}true`), [
      `1000: the expression has more than ${MAX_NODES} parts`,
    ]);
  });

  it('is bounded in depth, of brackets and of operators', () => {
    assert.deepEqual(problemsOf(`${'('.repeat(55)}true${')'.repeat(55)}`), []);
    assert.deepEqual(problemsOf(`${'('.repeat(100)}true${')'.repeat(100)}`), [
      '60: the expression is nested more than 60 deep',
    ]);
    assert.deepEqual(problemsOf(`${'['.repeat(100)}${']'.repeat(100)} == []`), [
      '60: the expression is nested more than 60 deep',
    ]);
    assert.match(problemsOf(`object${'.a'.repeat(100)}`)[0] ?? '', /nested more than 60 deep$/);
    assert.deepEqual(problemsOf(chain(199)), []);
    assert.deepEqual(problemsOf(chain(300)), [
      '0: the expression is more than 200 operators deep (a long chain of || can be a list: x in ["a", "b"])',
    ]);
    assert.match(problemsOf(`${'-'.repeat(300)}1 == 1`)[0] ?? '', /operators deep/);
    assert.match(problemsOf(`${'!'.repeat(1_500)}true`)[0] ?? '', /operators deep/);
  });

  it('never makes the compiler throw, whatever is nested', () => {
    for (const unit of [
      '(',
      '[',
      '{',
      '!',
      '-',
      'a.',
      'a[',
      'f(',
      'a?',
      '{1:',
      'has(',
      'a||',
      'a.map(x,',
      '"',
      "'''",
      '\\',
    ]) {
      for (const repeat of [10, 100, 1_000, 4_000]) {
        const text = unit.repeat(repeat).slice(0, MAX_EXPRESSION_LENGTH);
        assert.doesNotThrow(() => LANGUAGE.compile(text, 'bool'), unit);
      }
    }
  });
});
