import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { factsFromJson, factsToJson } from '../../../src/core/audit/facts-json.ts';
import { storedInput } from '../../../src/core/audit/judged-input.ts';
import { looksSecret, namesSecret } from '../../../src/core/audit/redact.ts';
import { redactJudged, redactMerged } from '../../../src/core/audit/redact-judged.ts';
import { digestOfJson } from '../../../src/core/json/digest.ts';
import type { Json, JsonObject } from '../../../src/core/json/json.ts';
import { parsePointer, valueAt } from '../../../src/core/json/pointer.ts';
import type { Facts } from '../../../src/core/policy/facts.ts';
import { factsWith, helmRelease } from '../policy/policy-fixture.ts';

const hash = (secret: string) => `[hash of ${secret}]`;
/** Put together here, so that no scan takes this file for one that holds a key. */
const privateKey = `-----BEGIN ${['EC', 'PRIVATE', 'KEY'].join(' ')}-----\nabc`;
const NOW = '2026-06-01T00:00:00Z';

const labels = { known: true, value: { tier: 'prod' } } as const;
const dependent = {
  object: helmRelease({}),
  version: 'v2',
  namespaceLabels: labels,
  otherNamespaceLabels: new Map([['b', { known: false, why: 'NotFound' } as const]]),
};
const FACTS: readonly (readonly [what: string, facts: Facts])[] = [
  ['what every judgement has', factsWith('https://flagger.app')],
  [
    'labels of other namespaces',
    factsWith('https://flagger.app', { otherNamespaceLabels: new Map([['a', labels]]) }),
  ],
  [
    'dependents with labels of their own',
    factsWith('https://flagger.app', { dependents: { known: true, value: [dependent] } }),
  ],
  [
    'dependents that are not known',
    factsWith('https://flagger.app', { dependents: { known: false, why: 'Unavailable' } }),
  ],
  [
    'releases and a version of Kubernetes',
    factsWith('https://flagger.app', {
      releases: { known: true, value: [] },
      kubeVersion: { known: true, value: 'v1.36.0' },
    }),
  ],
];

describe('facts in a store', () => {
  for (const [what, facts] of FACTS) {
    it(`come back as they were, without the moment, which is given: ${what}`, () => {
      const json = factsToJson(facts);
      assert.equal('now' in json, false);
      assert.deepEqual(factsFromJson(JSON.parse(JSON.stringify(json)), NOW), { ...facts, now: NOW });
    });
  }

  it('leave out what was not gathered', () => {
    const json = factsToJson(factsWith());
    for (const name of ['otherNamespaceLabels', 'releases']) assert.equal(name in json, false);
  });

  const broken: readonly (readonly [what: string, json: Json])[] = [
    ['a text', 'facts'],
    ['a list', []],
    ['nothing', null],
    ['an object without sources', { ...factsToJson(factsWith()), sources: [] }],
    ...['namespaceLabels', 'chart', 'values'].map(
      (name) => [`an object whose ${name} is none`, { ...factsToJson(factsWith()), [name]: 'x' }] as const,
    ),
  ];
  for (const [what, json] of broken) {
    it(`are not read from ${what}`, () => {
      assert.equal(factsFromJson(json, NOW), undefined);
    });
  }
});

const leaf = fc.oneof(
  fc.string({ maxLength: 4 }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.constantFrom('https://user:word@host', `Basic ${'abc'.repeat(4)}`, privateKey, ''),
);
const key = fc.oneof(
  fc.constantFrom('password', 'token', 'name', 'apiKey', 'a.b', '__proto__'),
  fc.string({ maxLength: 3 }),
);
const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    leaf as fc.Arbitrary<Json>,
    fc.array(tie('tree'), { maxLength: 3 }) as fc.Arbitrary<Json>,
    fc.dictionary(key, tie('tree'), { maxKeys: 3, noNullPrototype: true }) as fc.Arbitrary<Json>,
  ),
}));

/** All leaves with where they stand. */
function leavesOf(
  value: Json,
  tokens: readonly string[] = [],
): readonly (readonly [readonly string[], Json])[] {
  if (typeof value !== 'object' || value === null) return [[tokens, value]];
  return Object.entries(value).flatMap(([name, member]) => leavesOf(member as Json, [...tokens, name]));
}

describe('a judged object in a store', () => {
  it('has a hash in the place of each secret, and nothing else changed', () => {
    let replaced = 0;
    fc.assert(
      fc.property(tree, (value) => {
        const clean = redactJudged(value, hash);
        assert.ok(clean !== undefined);
        const places = new Set(clean.redacted);
        for (const [tokens, before] of leavesOf(value)) {
          const after = valueAt(clean.value, tokens);
          const named = namesSecret(tokens.at(-1) ?? '') && before !== '';
          const told = typeof before === 'string' || typeof before === 'number';
          const secret = told && (named || (typeof before === 'string' && looksSecret(before)));
          assert.equal(after, secret ? hash(String(before)) : before);
          if (secret) replaced += 1;
        }
        for (const pointer of places)
          assert.match(String(valueAt(clean.value, parsePointer(pointer) ?? [])), /^\[hash of /);
        if (places.size === 0) assert.equal(clean.value, value);
      }),
    );
    assert.ok(replaced > 20, String(replaced));
  });

  it('hides what a rule about plain secrets would find', () => {
    const value = { SECRET_KEY_BASE: 'x', db_pass: 'y', encryptionKey: 'z', existingSecret: 'web' };
    assert.deepEqual(redactJudged(value, hash)?.redacted, ['/SECRET_KEY_BASE', '/db_pass', '/encryptionKey']);
  });

  it('shares the parts that hold no secret', () => {
    const value = { a: { b: ['x', { token: 't' }] }, c: { d: 1 } };
    const clean = redactJudged(value, hash);
    assert.deepEqual(clean, {
      value: { a: { b: ['x', { token: '[hash of t]' }] }, c: { d: 1 } },
      redacted: ['/a/b/1/token'],
    });
    assert.equal(valueAt(clean?.value, ['c']), value.c);
  });

  for (const [count, kept] of [
    [1_000, true],
    [1_001, false],
  ] as const) {
    it(`with ${count} secrets is ${kept ? 'kept' : 'not kept'}`, () => {
      const value = Array.from({ length: count }, (_, at) => ({ password: `p${at}` }));
      assert.equal(redactJudged(value, hash) !== undefined, kept);
      assert.equal(
        redactMerged(
          value.map(({ password }) => password),
          undefined,
          hash,
        ) !== undefined,
        kept,
      );
    });
  }
});

describe('merged values in a store', () => {
  const rows: readonly (readonly [what: string, values: Json, inline: Json | undefined, kept: Json])[] = [
    ['text of the object itself', { a: 'x' }, { a: 'x' }, { a: 'x' }],
    ['text from elsewhere', { a: 'x' }, { a: 'y' }, { a: '[hash of x]' }],
    ['text where the object says nothing', { a: 'x' }, undefined, { a: '[hash of x]' }],
    ['a number from elsewhere', { a: 8080 }, {}, { a: '[hash of 8080]' }],
    ['booleans, null and empty text', { a: true, b: null, c: '' }, {}, { a: true, b: null, c: '' }],
    [
      'a secret by its key, though the object holds it',
      { password: 'x' },
      { password: 'x' },
      { password: '[hash of x]' },
    ],
    [
      'a credential by its text, though the object holds it',
      { a: 'https://u:p@host' },
      { a: 'https://u:p@host' },
      { a: '[hash of https://u:p@host]' },
    ],
    ['items of lists by their place', ['x', 'y'], ['x', 'z'], ['x', '[hash of y]']],
  ];
  for (const [what, values, inline, kept] of rows) {
    it(`are kept or replaced: ${what}`, () => {
      assert.deepEqual(redactMerged(values, inline, hash)?.value, kept);
    });
  }
});

describe('what a row refers to', () => {
  const object = helmRelease({ values: { a: 'inline', url: 'x' } });
  const values = { known: true, value: { a: 'inline', b: 'from a Secret' } } as const;

  it('is named by the digests of what was judged, in a segment, with its moment', () => {
    const facts = factsWith('https://flagger.app', { values });
    const oldObject = helmRelease({ suspend: true });
    const { stored, values: kept } = storedInput({ object, oldObject, facts }, 's1');
    assert.deepEqual(stored, {
      segment: 's1',
      now: facts.now,
      object: digestOfJson(object),
      oldObject: digestOfJson(oldObject),
      facts: digestOfJson(factsToJson(facts)),
    });
    assert.deepEqual(
      kept.map(({ digest }) => digest),
      [stored.object, stored.facts, stored.oldObject],
    );
    assert.equal(storedInput({ object, facts }, 's1', 'sha256:known').stored.object, 'sha256:known');
    assert.equal('oldObject' in storedInput({ object, facts }, 's1').stored, false);
  });

  it('holds merged values without what only Secrets held, and says where that stood', () => {
    const facts = factsWith('https://flagger.app', { values });
    const [kept, keptFacts] = storedInput({ object, facts }, 's1').values.map((value) => value.prepare(hash));
    assert.deepEqual(kept?.value, object);
    assert.deepEqual(valueAt(keptFacts?.value, ['values']), {
      known: true,
      value: { a: 'inline', b: '[hash of from a Secret]' },
    });
    assert.deepEqual(keptFacts?.redacted, ['/values/value/b']);
  });

  it('holds values that are not known as they are', () => {
    const [, facts] = storedInput({ object, facts: factsWith() }, 's1').values.map((value) =>
      value.prepare(hash),
    );
    assert.deepEqual(valueAt(facts?.value, ['values']), factsWith().values);
    assert.deepEqual(facts?.redacted, []);
  });

  it('is not kept when it holds too many secrets', () => {
    const many = Object.fromEntries(Array.from({ length: 1_001 }, (_, at) => [`k${at}`, { token: 't' }]));
    const full: JsonObject = helmRelease({ values: many });
    const facts = factsWith('https://flagger.app', { values: { known: true, value: many } });
    const prepared = storedInput({ object: full, oldObject: full, facts }, 's1').values.map((value) =>
      value.prepare(hash),
    );
    assert.deepEqual(prepared, [undefined, undefined, undefined]);
  });
});
