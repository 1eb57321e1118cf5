import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Json, JsonObject } from '../../../../src/core/json/json.ts';
import { compilePolicySet } from '../../../../src/core/policy/compile.ts';
import { evaluate } from '../../../../src/core/policy/evaluate.ts';
import { values } from '../../../../src/core/policy/rules/values.ts';
import { factsWith, helmRelease, policySet, subjectOf } from '../policy-fixture.ts';
import { anyObject, assertRepairsCure, compileRule, judge, ruleOf, said } from './rule-under-test.ts';

const SCHEMA: JsonObject = {
  properties: {
    replicas: { type: 'integer', minimum: 2, maximum: 9 },
    mode: { enum: ['a', 'b', 'c', 'd'] },
    net: { additionalProperties: false, properties: { host: { const: false } } },
    list: { type: 'array', items: { type: 'string' } },
  },
  patternProperties: { '^x-': false },
};
const rule = (written: JsonObject) => ruleOf(values, written);
const withValues = (inline: Json, spec: JsonObject = {}) => helmRelease({ values: inline, ...spec });
const found = (written: JsonObject, inline: Json, spec?: JsonObject) =>
  said(judge(rule(written), withValues(inline, spec)).findings);

describe('the configuration of values', () => {
  const wrong: readonly (readonly [Json, string])[] = [
    [{ unknown: 'Deny' }, ': a rule about values needs schema, forbidden or secrets'],
    [{ schema: {}, except: ['a'] }, 'except: except has no effect without secrets (add secrets: Deny)'],
    [{ forbidden: ['a..b'] }, 'forbidden 0: "a..b" is no path in values'],
    [{ secrets: 'Deny', except: ['ok', '/a/~2'] }, 'except 1: "/a/~2" is no path in values'],
    [
      { schema: { properties: { a: { typ: 'x' } } } },
      'schema properties a typ: there is no keyword "typ" in a JSON Schema (did you mean "type"?)',
    ],
    [{ schema: true }, '/schema: must be object'],
    [{ secrets: 'Warn' }, '/secrets: must be equal to one of the allowed values'],
  ];
  for (const [written, expected] of wrong) {
    it(`is refused: ${JSON.stringify(written)}`, () => {
      const { errors } = compileRule(values, written);
      assert.ok(errors.includes(expected), errors.join('\n'));
    });
  }

  it('shows the place of an error in a schema', () => {
    const text = [
      'apiVersion: helmgate.dev/v1alpha1',
      'kind: Policy',
      'metadata: {name: p}',
      'spec:',
      '  rules:',
      '  - id: values',
      '    values:',
      '      schema:',
      '        properties:',
      '          host: {pattern: "^(?!www)"}',
    ].join('\n');
    const compiled = compilePolicySet([{ path: 'p.yaml', text }]);
    assert.ok(!compiled.ok);
    assert.deepEqual(
      compiled.errors.map(({ line, column, message }) => `${line}:${column} ${message}`),
      ['10:27 RE2 does not read the pattern: invalid or unsupported Perl syntax: `(?!`'],
    );
  });
});

describe('values', () => {
  it('are told by their path, with what would pass, and never shown', () => {
    assert.deepEqual(
      found(
        { schema: SCHEMA },
        { replicas: 1, mode: 'hunter2', net: { host: true, guest: 1 }, list: ['a', 5], 'x-y': 1 },
      ),
      [
        'spec.values.replicas: values.replicas must be >= 2 -> 2',
        'spec.values.mode: values.mode is none of the values allowed -> "a", "b", "c", "d"',
        'spec.values.net.guest: values.net.guest may not be set -> leaving it out',
        'spec.values.net.host: values.net.host is not the value allowed -> false',
        'spec.values.list.1: values.list.1 must be string',
        'spec.values.x-y: values.x-y may not be set -> leaving it out',
      ],
    );
  });

  it('are cured by each edit that is proposed', () => {
    const body = rule({ schema: SCHEMA, forbidden: ['a.*.b'], secrets: 'Deny' });
    const object = withValues({
      replicas: 1,
      mode: 'x',
      net: { host: true, guest: 1 },
      'x-y': 1,
      a: { c: { b: 1 } },
      db: { password: 'x' },
    });
    const { findings } = judge(body, object);
    assert.equal(findings.length, 7);
    assert.deepEqual(
      findings.map(({ repairs }) => repairs?.length),
      [1, 3, 1, 1, 1, 1, 1],
    );
    assertRepairsCure(body, object);
  });

  it('propose no edit within a list', () => {
    const { findings } = judge(
      rule({ schema: SCHEMA, secrets: 'Deny' }),
      withValues({ list: [5], env: [{ password: 'x' }] }),
    );
    assert.deepEqual(
      findings.map(({ repairs }) => repairs),
      [undefined, undefined],
    );
  });

  it('are doubles, so that an integer over 2^53 is an integer', () => {
    assert.deepEqual(
      found({ schema: { properties: { a: { type: 'integer', minimum: 2 } } } }, { a: 2n ** 70n }),
      [],
    );
  });

  it('are an empty object when there are none, or null', () => {
    const schema = { required: ['a'] };
    const missing = ['spec.values.a: values.a is missing'];
    assert.deepEqual(said(judge(rule({ schema }), helmRelease()).findings), missing);
    for (const inline of [null, {}, [], 5]) assert.deepEqual(found({ schema }, inline), missing);
  });

  it('are judged in part when valuesFrom adds more, also where it may be absent', () => {
    const schema = { required: ['a'], properties: { b: { type: 'string' } } };
    const from = [{ kind: 'ConfigMap', name: 'c', optional: true }];
    assert.deepEqual(found({ schema }, { b: 5 }, { valuesFrom: from }), [
      'spec.values.b: values.b must be string',
    ]);
    assert.equal(found({ schema }, { b: 5 }, { valuesFrom: [] }).length, 2);
    assert.deepEqual(
      found({ schema }, { b: 5 }, { valuesFrom: [...from, { kind: 'Secret', name: 's', targetPath: 'b' }] }),
      [],
    );
    assert.equal(found({ schema }, { b: 5 }, { valuesFrom: [{ ...from[0], targetPath: '' }] }).length, 1);
  });

  it('are forbidden wherever they are set, with valuesFrom too', () => {
    const written = { forbidden: ['image.tag', '/a.b', 'list.0'] };
    assert.deepEqual(
      found(
        written,
        { image: { tag: null }, 'a.b': {}, list: [1] },
        { valuesFrom: [{ kind: 'ConfigMap', name: 'c', targetPath: 'z' }] },
      ),
      [
        'spec.values.image.tag: values.image.tag may not be set -> leaving it out',
        'spec.values["a.b"]: values["a.b"] may not be set -> leaving it out',
        'spec.values.list.0: values.list.0 may not be set -> leaving it out',
      ],
    );
    assert.deepEqual(found(written, { image: 'tag', list: [], tag: 1 }), []);
  });

  it('are told in twenty findings of each sort, and how many more there are', () => {
    const inline = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`password${index}`, 'x']));
    const texts = found(
      { schema: { additionalProperties: { type: 'number' } }, forbidden: ['*'], secrets: 'Deny' },
      inline,
    );
    assert.equal(texts.length, 3 * 21);
    assert.deepEqual(
      texts.filter((text) => text.startsWith('spec.values: ')),
      Array.from({ length: 3 }, () => 'spec.values: and more in the values'),
    );
  });

  it('say each verdict when the merged ones are not known', () => {
    const answer = (unknown: 'Deny' | 'Warn' | 'Allow') => {
      const body = rule({ schema: {}, secrets: 'Deny', unknown });
      const { findings, warnings } = judge(body, withValues({ password: 'x' }), { phase: 'release' });
      return [...findings.map(({ reason }) => reason), ...warnings];
    };
    assert.deepEqual(answer('Deny'), ['FactUnknown', 'PlainSecret']);
    assert.deepEqual(answer('Warn'), [
      'PlainSecret',
      'what the values merge to is not known: it was not found',
    ]);
    assert.deepEqual(answer('Allow'), ['PlainSecret']);
  });

  it('need not be known when only the object is looked through', () => {
    assert.deepEqual(
      judge(rule({ secrets: 'Deny' }), withValues({ a: 1 }), { phase: 'release' }).findings,
      [],
    );
  });

  it('deny, naming the rule, when matching them takes too much work', () => {
    const schema = {
      properties: {
        a: { allOf: Array.from({ length: 90 }, (_, index) => ({ pattern: `^[a-z]{0,${index + 1}}` })) },
      },
    };
    const set = policySet([{ id: 'values', values: { schema } }]);
    const { allowed, findings } = evaluate(
      set,
      subjectOf(withValues({ a: '0'.repeat(1_400_000) })),
      factsWith(),
      'admission',
    );
    assert.equal(allowed, false);
    assert.equal(findings[0]?.reason, 'PolicyError');
    assert.match(
      findings[0]?.message ?? '',
      /the values take more work to judge by the schema than is allowed$/,
    );
  });

  it('never show a secret in any text of a decision', () => {
    const set = policySet([
      {
        id: 'values',
        values: { schema: { additionalProperties: { enum: [1] } }, forbidden: ['*'], secrets: 'Deny' },
      },
    ]);
    const inline = {
      password: 'hunter2',
      token: 'hunter2hunter2',
      deep: { apiKey: 'hunter2' },
      list: ['AKIAIOSFODNNEXAMPLE2'],
    };
    const decision = evaluate(set, subjectOf(withValues(inline)), factsWith(), 'admission');
    assert.ok(decision.findings.length > 5);
    const shown = JSON.stringify(decision);
    assert.doesNotMatch(shown, /hunter2|AKIAIOSF/);
  });

  it('say something about every object, and never throw', () => {
    const body = rule({ schema: SCHEMA, forbidden: ['*.a', 'b'], secrets: 'Deny' });
    fc.assert(
      fc.property(anyObject('HelmRelease'), fc.jsonValue({ maxDepth: 4 }), (object, inline) => {
        const spec = (object['spec'] ?? {}) as JsonObject;
        for (const phase of ['admission', 'release', 'request'] as const) {
          judge(
            body,
            { ...object, spec: { ...spec, values: inline as Json } },
            { phase, facts: factsWith(undefined, { values: { known: true, value: inline as Json } }) },
          );
        }
      }),
    );
  });
});
