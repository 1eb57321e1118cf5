import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FUNCTION_BY_CALL, FUNCTIONS } from '../../../src/core/cel/functions/function-catalogue.ts';
import type { Json } from '../../../src/core/json/json.ts';
import { HOSTILE_URLS } from '../policy/hostile-urls.ts';
import { readCorpus } from '../policy/url-corpus.ts';
import { said } from './evaluate-text.ts';

const OBJECT: Json = {
  text: 'Hello, World',
  faces: 'a\u{1f600}b\u{1f600}c',
  empty: '',
  blank: ' \t x \n',
  pattern: '^v[0-9]+$',
  list: [1, 2],
  texts: ['a', 'b'],
  three: 3,
  half: 0.5,
  version: '1.30.0',
  range: '>=1.28.0 <2.0.0',
  url: 'https://charts.example/stable',
  interval: '1h30m',
  spans: '1h'.repeat(60),
  moment: '2026-02-28T23:59:59.5Z',
};

/** Expressions that are true of OBJECT; the values are the Go implementation's. */
const TRUE: readonly string[] = [
  // Sizes count code points, not UTF-16 units.
  'size(object.text) == 12 && object.faces.size() == 5 && size(object.list) == 2 && size(object) == 15 && size("") == 0',
  'size({1: 2}) == 1 && [].size() == 0',
  // Searching and cutting.
  'object.text.contains("lo, W") && !object.text.contains("lo,W") && object.text.contains("")',
  'object.text.startsWith("Hell") && object.text.endsWith("World") && !object.text.startsWith("hell")',
  'object.text.indexOf("o") == 4 && object.text.indexOf("o", 5) == 8 && object.text.indexOf("z") == -1',
  'object.text.lastIndexOf("o") == 8 && object.text.lastIndexOf("z") == -1 && object.text.indexOf("") == 0',
  'object.faces.indexOf("b") == 2 && object.faces.indexOf("c", 3) == 4 && object.faces.lastIndexOf("\\U0001F600") == 3',
  'object.text.substring(7) == "World" && object.text.substring(0, 5) == "Hello" && object.text.substring(12) == ""',
  'object.faces.substring(2) == "b\\U0001F600c" && object.faces.substring(1, 2) == "\\U0001F600"',
  'object.text.split(", ") == ["Hello", "World"] && "a,b,c".split(",", 2) == ["a", "b,c"]',
  '"a,b,c".split(",", 0) == [] && "a,b,c".split(",", -1) == ["a", "b", "c"] && "a,b".split(",", 5) == ["a", "b"]',
  'object.faces.split("").size() == 5 && object.faces.split("")[1] == "\\U0001F600"',
  'object.texts.join() == "ab" && object.texts.join(", ") == "a, b" && [""].join("x") == "" && object.text.split("zz").join() == object.text',
  'object.text.lowerAscii() == "hello, world" && object.text.upperAscii() == "HELLO, WORLD"',
  '"\\u00c4A".lowerAscii() == "\\u00c4a" && "\\u0130I".lowerAscii() == "\\u0130i"',
  'object.blank.trim() == "x"',
  // Patterns fit anywhere unless they are anchored.
  'object.text.matches("o, W") && !object.text.matches("^o, W") && object.text.matches("^Hello, World$")',
  'matches(object.text, "[a-z]+") && "v12".matches(object.pattern) && !"v1x".matches(object.pattern)',
  'object.empty.matches("") && object.empty.matches("^$") && !object.empty.matches(".")',
  'object.faces.matches("^a.b.c$") && "\\u00e9".matches("^\\\\pL$")',
  // Conversions.
  'int("42") == 42 && int("-7") == -7 && int(2.9) == 2 && int(-2.9) == -2 && int(object.three) == 3',
  'int(timestamp("1970-01-01T00:01:00.9Z")) == 60 && int("9223372036854775807") == 9223372036854775807',
  'double("2.5") == 2.5 && double(object.three) == 3.0 && double("1e3") == 1000.0 && double(object.half) == 0.5',
  'string(42) == "42" && string(2.5) == "2.5" && string(true) == "true" && string(object.text) == object.text',
  'string(duration("1h")) == "3600s" && string(duration("-1500ms")) == "-1.5s" && string(duration("0s")) == "0s"',
  'string(timestamp(object.moment)) == "2026-02-28T23:59:59.5Z"',
  'string(1.0 / 0.0) == "+Inf" && string(-1.0 / 0.0) == "-Inf" && string(0.0 / 0.0) == "NaN"',
  'bool("true") && bool("1") && !bool("False") && bool(true)',
  'dyn(1) == 1 && type(dyn("a")) == string',
  // Durations are Go's, and Flux's.
  'duration(object.interval) == duration("90m") && duration("1.5h") == duration(object.interval)',
  'duration("1h") > duration("3599s") && duration("1us") < duration("1ms") && duration("0") == duration("0s")',
  'duration("1h1ns") > duration("1h") && duration("-1h") < duration("0s") && duration("1ms") == duration("1000us")',
  'duration("1h30m").getHours() == 1 && duration("1h30m").getMinutes() == 90 && duration("90s").getSeconds() == 90',
  'duration("1.5s").getMilliseconds() == 1500 && duration("-90m").getHours() == -1',
  // Moments.
  'timestamp("2026-06-01T12:30:00Z") == now && timestamp("2026-06-01T14:30:00+02:00") == now',
  'timestamp(1780317000) == now && timestamp("2026-06-01T12:30:00.000000001Z") > now',
  'now.getFullYear() == 2026 && now.getMonth() == 5 && now.getDate() == 1 && now.getDayOfMonth() == 0',
  'now.getDayOfWeek() == 1 && now.getDayOfYear() == 151 && now.getHours() == 12 && now.getMinutes() == 30',
  'now.getSeconds() == 0 && timestamp(object.moment).getMilliseconds() == 500',
  'now.getHours("Europe/Berlin") == 14 && now.getHours("+05:30") == 18 && now.getMinutes("+05:30") == 0',
  'now.getHours("-05:00") == 7 && now.getHours("UTC") == 12 && now.getHours("America/New_York") == 8',
  'timestamp(object.moment).getMonth("Asia/Tokyo") == 2 && timestamp(object.moment).getDate("Asia/Tokyo") == 1',
  'timestamp("2026-01-01T12:00:00Z").getHours("Europe/Berlin") == 13 && timestamp(object.moment).getDayOfYear("+00:01") == 59',
  'string(timestamp("1969-12-31T23:59:59.25Z")) == "1969-12-31T23:59:59.25Z" && timestamp(-1) < timestamp("1969-12-31T23:59:59.25Z")',
  'timestamp("0001-01-01T00:00:00Z").getFullYear() == 1 && timestamp("1969-12-31T23:59:59Z").getSeconds() == 59',
  'now - timestamp("2026-05-31T12:30:00Z") == duration("24h") && (now - now).getHours() == 0',
  // Versions and constraints are those of Masterminds, which Helm and Flux use.
  'semver.matches(object.range, object.version) && !semver.matches(object.range, "2.0.0")',
  'semver.matches(">=1.2, <2", "1.5.0") && semver.matches("!=1.2.3", "1.2.4") && semver.matches("=>1.2", "1.2.0")',
  '!semver.matches(object.range, "2.0.0-rc.1") && semver.matches(">=1.30.0-0 <2.0.0", "1.30.0-rc.1")',
  'semver.within(object.version, object.range) && semver.within("1.x", object.range + " || <1.28.0")',
  '!semver.within(">=1.28.0", object.range) && !semver.within("*", object.range) && !semver.within(">=1.30.0-0", object.range)',
  'semver.compare("1.2.3", "1.2.10") == -1 && semver.compare("v1.2", "1.2.0") == 0 && semver.compare("1.0.0", "1.0.0-rc.1") == 1',
  'semver.isVersion(object.version) && !semver.isVersion(object.range) && semver.isConstraint(object.range) && !semver.isConstraint("abc")',
  'semver.isPrerelease("1.2.3-rc.1") && !semver.isPrerelease(object.version)',
  'semver.major(object.version) == 1 && semver.minor(object.version) == 30 && semver.patch("1.2.3+build") == 3',
  // URLs have one spelling.
  'url.isCanonical(object.url) && !url.isCanonical("https://Charts.example/stable") && !url.isCanonical(object.text)',
  'url.canonical("HTTPS://Charts.Example:443/stable/") == object.url && url.canonical(object.url) == object.url',
  'url.covers("https://charts.example/stable", object.url) && url.covers("https://charts.example/stable", object.url + "/")',
  '!url.covers("https://charts.example", object.url) && url.coversBelow("https://charts.example", object.url)',
  '!url.coversBelow("https://charts.example/sta", object.url) && !url.coversBelow("https://charts.example", "http://charts.example/a")',
  'url.host(object.url) == "charts.example"',
  // Optionals.
  'optional.of(object.text).value() == object.text && !optional.none().hasValue()',
];

const ERRORS: readonly (readonly [string, string])[] = [
  ['object.text.substring(13) == ""', 'substring: an index lies outside of the text'],
  ['object.text.substring(3, 2) == ""', 'substring: an index lies outside of the text'],
  ['object.faces.substring(6) == ""', 'substring: an index lies outside of the text'],
  ['object.text.indexOf("o", -1) == 0', 'indexOf: index -1 lies outside of the text'],
  ['object.text.indexOf("o", 13) == 0', 'indexOf: index 13 lies outside of the text'],
  ['object.text.matches(object.text + "(")', 'the pattern is not RE2: missing closing ): `Hello, World(`'],
  ['size(object.three) == 1', 'no such overload: size(int)'],
  ['object.three.contains("a")', 'no such overload: contains(int, string)'],
  ['object.list.join() == ""', 'join: the list holds something else than texts'],
  ['object.three.join() == ""', 'no such overload: join(int)'],
  ['int(object.text) == 1', 'int: the value is no whole number'],
  ['int(object.empty) == 1', 'int: the value is no whole number'],
  ['int(double("1e300") * double(object.three)) == 1', 'the result does not fit an int of 64 bits'],
  ['double(object.text) == 1.0', 'double: the text is no number'],
  ['bool(object.text)', 'bool: the text is neither true nor false'],
  ['string(object.list) == ""', 'no such overload: string(list)'],
  ['duration(object.text) > duration("1s")', 'duration: the text is no duration such as 1h30m'],
  ['duration(object.spans) > duration("1s")', 'duration: the text is no duration such as 1h30m'],
  ['duration(object.empty + "1d") > duration("1s")', 'duration: the text is no duration such as 1h30m'],
  ['timestamp(object.text) > now', 'timestamp: the value is no RFC 3339 time of the years 1 to 9999'],
  [
    'timestamp(object.empty + "2026-06-01") > now',
    'timestamp: the value is no RFC 3339 time of the years 1 to 9999',
  ],
  ['now.getHours(object.text) == 1', 'getHours: there is no such time zone'],
  ['now.getHours("+24:00") == 1', 'getHours: there is no such time zone'],
  ['object.text.getHours() == 1', 'no such overload: getHours(string)'],
  [
    'semver.matches(object.text, "1.2.3")',
    'semver: the constraint cannot be read: found "H" where an operator (= != > < >= <= ~ ^), a version such as 1.2.3 or a space is expected',
  ],
  [
    'semver.matches("*", object.text)',
    'semver: the version cannot be read: a version begins with a number, such as 1.2.3',
  ],
  ['url.canonical(object.text) == ""', 'url.canonical: the text has no canonical spelling'],
  [
    'url.covers(object.text, object.url)',
    'url.covers: the allowed URL is not canonical: it holds a blank, a control character or a letter outside ASCII',
  ],
  [
    'url.host(object.text) == ""',
    'url.host: the URL is not canonical: it holds a blank, a control character or a letter outside ASCII',
  ],
  ['object.text.hasValue()', 'no such overload: hasValue(string)'],
];

describe('a function', () => {
  for (const text of TRUE) {
    it(`gives what CEL says: ${text}`, () => {
      assert.equal(said(text, OBJECT), true);
    });
  }
  for (const [text, message] of ERRORS) {
    it(`fails: ${text}`, () => {
      assert.equal(said(text, OBJECT), `error: ${message}`);
    });
  }

  it('is one for each way of calling it', () => {
    assert.equal(FUNCTION_BY_CALL.size, FUNCTIONS.length);
  });
});

describe('the functions of URLs', () => {
  it('take no hostile spelling for the allowed place', () => {
    for (const url of HOSTILE_URLS) {
      assert.equal(said('url.isCanonical(object)', url), false, url);
      assert.equal(said('url.coversBelow("https://flagger.app", object)', url), false, url);
    }
    for (const url of readCorpus('hostile')) {
      assert.equal(said('url.coversBelow("https://charts.example.com:8443/team", object)', url), false, url);
    }
  });
});

describe('a time zone', () => {
  it('comes from the moment, not from where this runs', () => {
    const before = process.env['TZ'];
    try {
      for (const zone of ['UTC', 'America/Los_Angeles', 'Pacific/Kiritimati']) {
        process.env['TZ'] = zone;
        assert.equal(
          said('now.getHours() == 12 && now.getDayOfYear() == 151 && now.getDate("Asia/Tokyo") == 1'),
          true,
          zone,
        );
      }
    } finally {
      if (before === undefined) delete process.env['TZ'];
      else process.env['TZ'] = before;
    }
  });
});
