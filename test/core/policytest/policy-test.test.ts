import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatLocatedError } from '../../../src/core/policy/located-error.ts';
import { isPolicyTest, parsePolicyTest } from '../../../src/core/policytest/policy-test.ts';
import { documentOf, parsed } from './test-fixture.ts';

const HEAD = 'apiVersion: helmgate.dev/v1alpha1\nkind: PolicyTest\nmetadata: {name: t}\n';
const spec = (text: string) => `${HEAD}spec:\n${text}`;
const CASE = '  - {name: one, object: {}, expect: {verdict: Allow}}\n';

function problems(text: string): readonly string[] {
  const result = parsePolicyTest(documentOf(text));
  assert.ok(!result.ok);
  return result.errors.map((error) => formatLocatedError(error).split('\n')[0] ?? '');
}

describe('a PolicyTest document', () => {
  it('fills in what a case does not say: admission, CREATE, the time of the test, facts member by member', () => {
    const test = parsed(
      spec(`  policies: [p]
  now: 2026-06-01T00:00:00Z
  facts: {kubeVersion: v1.36.3, values: {a: 1}}
  cases:
  - {name: one, object: {a: 1}, facts: {values: NotFound}, expect: {verdict: Allow}}
  - {name: two, object: {}, oldObject: {}, now: 2026-07-01T00:00:00Z, user: {username: u}, expect: {findings: []}}
  - {name: three, phase: release, objectFile: a.yaml, expect: {warnings: []}}
  - {name: four, operation: DELETE, dryRun: true, object: {}, expect: {warnings: []}}
`),
    );
    const [one, two, three, four] = test.cases;
    assert.deepEqual([two?.oldObject, one?.oldObject], [{ value: {} }, undefined]);
    assert.deepEqual(one, {
      index: 0,
      name: 'one',
      phase: 'admission',
      operation: 'CREATE',
      now: '2026-06-01T00:00:00Z',
      dryRun: false,
      object: { value: { a: 1 } },
      facts: { kubeVersion: 'v1.36.3', values: 'NotFound' },
      expect: { verdict: 'Allow' },
    });
    assert.deepEqual(
      [two?.operation, two?.now, two?.user],
      ['UPDATE', '2026-07-01T00:00:00Z', { username: 'u', groups: [] }],
    );
    assert.deepEqual([three?.operation, three?.object], ['UPDATE', { file: 'a.yaml' }]);
    assert.deepEqual([four?.operation, four?.dryRun], ['DELETE', true]);
  });

  it('takes the same moment for cases that name none, in every run', () => {
    assert.equal(parsed(spec(`  policies: [p]\n  cases:\n${CASE}`)).cases[0]?.now, '2026-01-01T00:00:00Z');
  });

  it('gives inline policies their places in the file', () => {
    const test = parsed(spec(`  inline:\n  - kind: Policy\n    spec: {rules: []}\n  cases:\n${CASE}`));
    const [inline] = test.inline;
    assert.deepEqual(inline?.placeOf(['spec', 'rules']), { line: 7, column: 19 });
    assert.deepEqual(inline?.placeOf(['spec', 'rules'], 'key'), { line: 7, column: 12 });
    assert.equal(inline?.source.file, 't.yaml');
    assert.equal(inline?.writtenAt(['kind']), 'Policy');
  });

  const refused: readonly (readonly [string, string, readonly string[]])[] = [
    [
      'a misspelt member of a case',
      `  policies: [p]\n  cases:\n  - {name: one, objekt: {}, expect: {verdict: Allow}}\n`,
      ['t.yaml:7:17: unknown field "objekt" in spec.cases.0 (did you mean "object"?)'],
    ],
    [
      'a misspelt fact',
      `  policies: [p]\n  facts: {kubeversion: v1.2.3}\n  cases:\n${CASE}`,
      ['t.yaml:6:11: unknown field "kubeversion" in spec.facts (did you mean "kubeVersion"?)'],
    ],
    [
      'a misspelt reason for not knowing',
      `  policies: [p]\n  facts: {chart: Notfound}\n  cases:\n${CASE}`,
      [
        't.yaml:6:18: spec.facts.chart must be one of NotFound, Forbidden, Unavailable, Unsupported (did you mean "NotFound"?)',
      ],
    ],
    [
      'a misspelt verdict and an expectation of nothing, both at once',
      `  policies: [p]\n  cases:\n  - {name: a, object: {}, expect: {verdict: Denied}}\n  - {name: b, object: {}, expect: {}}\n`,
      [
        't.yaml:7:45: spec.cases.0.expect.verdict must be one of Allow, Deny, Hold',
        't.yaml:8:35: spec.cases.1.expect must NOT have fewer than 1 properties',
      ],
    ],
    [
      'no cases',
      '  policies: [p]\n  cases: []\n',
      ['t.yaml:6:10: spec.cases must NOT have fewer than 1 items'],
    ],
    [
      'an absolute path',
      `  policies: [/etc]\n  cases:\n${CASE}`,
      ['t.yaml:5:14: spec.policies.0 must match pattern'],
    ],
    [
      'neither policies nor inline',
      `  cases:\n${CASE}`,
      ['t.yaml:5:3: spec needs policies, inline or both: there is nothing to test'],
    ],
    [
      'no object, two objects, two old objects, two cases of one name, a path that is none',
      `  policies: [p]
  cases:
  - {name: a, expect: {verdict: Allow}}
  - {name: b, object: {}, objectFile: b.yaml, expect: {verdict: Allow}}
  - {name: c, object: {}, oldObject: {}, oldObjectFile: c.yaml, expect: {verdict: Allow}}
  - {name: c, object: {}, expect: {object: {spec..interval: 5m}}}
`,
      [
        't.yaml:7:5: a case has either object or objectFile',
        't.yaml:8:5: a case has either object or objectFile',
        't.yaml:9:5: a case has oldObject or oldObjectFile, not both',
        't.yaml:10:12: another case of this test has the same name',
        't.yaml:10:45: this is neither a dotted path nor a JSON pointer',
      ],
    ],
    [
      'a time that is none',
      `  policies: [p]\n  now: yesterday\n  cases:\n${CASE}`,
      ['t.yaml:6:8: spec.now must match pattern'],
    ],
  ];
  for (const [name, text, expected] of refused) {
    it(`is refused for ${name}`, () => {
      const found = problems(spec(text));
      assert.equal(found.length, expected.length, found.join('\n'));
      for (const [index, beginning] of expected.entries()) {
        assert.equal(found[index]?.slice(0, beginning.length), beginning);
      }
    });
  }

  it('of another version is ours, and refused for its version', () => {
    const text = HEAD.replace('v1alpha1', 'v9') + `spec:\n  policies: [p]\n  cases:\n${CASE}`;
    assert.ok(isPolicyTest(documentOf(text)));
    assert.deepEqual(problems(text), ['t.yaml:1:13: apiVersion must be "helmgate.dev/v1alpha1"']);
  });

  it('is told from policies, manifests and other data', () => {
    for (const text of [
      'kind: PolicyTest',
      'apiVersion: v1\nkind: PolicyTest',
      '[]',
      HEAD.replace('PolicyTest', 'Policy'),
    ]) {
      assert.equal(isPolicyTest(documentOf(text)), false);
    }
  });

  it('never throws, whatever stands in it', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.jsonValue({ maxDepth: 4 }), (cases, facts) => {
        const value = {
          apiVersion: 'helmgate.dev/v1alpha1',
          kind: 'PolicyTest',
          metadata: { name: 't' },
          spec: { policies: ['p'], facts, cases },
        };
        const result = parsePolicyTest(documentOf(JSON.stringify(value)));
        assert.equal(typeof result.ok, 'boolean');
      }),
    );
  });
});
