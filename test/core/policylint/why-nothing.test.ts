import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { compileMatch } from '../../../src/core/policy/compile-match.ts';
import { compileNamePattern, matchesName } from '../../../src/core/policy/name-pattern.ts';
import { whyNothing } from '../../../src/core/policylint/why-nothing.ts';

const nothing = (match: JsonObject) => whyNothing(compileMatch(match))?.tokens.join('.');
const labels = (...matchExpressions: readonly JsonObject[]) => ({ labels: { matchExpressions } });
const key = 'tier';

const EMPTY: readonly (readonly [JsonObject, string])[] = [
  [{ names: ['a', 'b'], exclude: { names: ['b', 'a'] } }, 'exclude.names'],
  [{ names: ['prod-x*'], exclude: { names: ['prod-*'] } }, 'exclude.names'],
  [{ exclude: { names: ['*'] } }, 'exclude.names'],
  [
    { namespaces: { names: ['prod-a'] }, exclude: { namespaces: { names: ['prod-*'] } } },
    'exclude.namespaces',
  ],
  [{ exclude: { namespaces: { names: ['*'] } } }, 'exclude.namespaces'],
  [
    {
      namespaces: { labels: { matchLabels: { tier: 'prod', zone: 'a' } } },
      exclude: { namespaces: { labels: { matchExpressions: [{ key, operator: 'In', values: ['prod'] }] } } },
    },
    'exclude.namespaces',
  ],
  [
    { labels: { matchLabels: { a: 'b' } }, exclude: { labels: { matchLabels: { a: 'b' } } } },
    'exclude.labels',
  ],
  [
    { subjects: [{ group: 'a' }], exclude: { subjects: [{ user: 'x' }, { group: 'a' }] } },
    'exclude.subjects',
  ],
  [{ kinds: ['HelmRepository'], kubeConfig: true }, 'kubeConfig'],
  [labels({ key, operator: 'Exists' }, { key, operator: 'DoesNotExist' }), 'labels'],
  [labels({ key, operator: 'In', values: ['a'] }, { key, operator: 'In', values: ['b'] }), 'labels'],
  [
    labels({ key, operator: 'In', values: ['a', 'b'] }, { key, operator: 'NotIn', values: ['b', 'a'] }),
    'labels',
  ],
  [
    {
      labels: {
        matchLabels: { tier: 'prod' },
        matchExpressions: [{ key, operator: 'NotIn', values: ['prod'] }],
      },
    },
    'labels',
  ],
  [
    { namespaces: labels({ key, operator: 'In', values: ['a'] }, { key, operator: 'DoesNotExist' }) },
    'namespaces.labels',
  ],
];

const FULL: readonly JsonObject[] = [
  {},
  { names: ['a', 'b'], exclude: { names: ['b'] } },
  { names: ['prod*'], exclude: { names: ['prod-*'] } },
  { names: ['a*'], exclude: { names: ['*b'] } },
  { exclude: { names: ['a*', '*b'] } },
  {
    namespaces: { names: ['a'] },
    exclude: { namespaces: { names: ['a'], labels: { matchLabels: { x: 'y' } } } },
  },
  { labels: { matchLabels: { a: 'b' } }, exclude: { labels: { matchLabels: { a: 'b', c: 'd' } } } },
  { exclude: { labels: { matchLabels: { a: 'b' } } } },
  { subjects: [{ group: 'a' }, { user: 'b' }], exclude: { subjects: [{ group: 'a' }] } },
  { exclude: { subjects: [{ group: 'a' }] } },
  { kubeConfig: true },
  { kinds: ['HelmRepository'], kubeConfig: false },
  labels({ key, operator: 'NotIn', values: ['a'] }, { key, operator: 'DoesNotExist' }),
  labels({ key, operator: 'In', values: ['a', 'b'] }, { key, operator: 'NotIn', values: ['b'] }),
  labels({ key, operator: 'In', values: ['a'] }, { key: 'zone', operator: 'DoesNotExist' }),
];

describe('why nothing fits a match', () => {
  for (const [match, expected] of EMPTY) {
    it(`is ${expected} of ${JSON.stringify(match)}`, () => assert.equal(nothing(match), expected));
  }

  for (const match of FULL) {
    it(`is not said of ${JSON.stringify(match)}`, () => assert.equal(nothing(match), undefined));
  }

  it('is never said of names while one of them is left', () => {
    const patterns = fc.array(fc.stringMatching(/^[ab*]{1,4}$/), { minLength: 1, maxLength: 3 });
    const name = fc.stringMatching(/^[ab]{1,6}$/);
    fc.assert(
      fc.property(patterns, patterns, name, (names, excluded, left) => {
        const fits = (list: readonly string[]) =>
          list.some((text) => matchesName(compileNamePattern(text), left));
        fc.pre(fits(names) && !fits(excluded));
        assert.equal(nothing({ names, exclude: { names: excluded } }), undefined);
      }),
    );
  });
});
