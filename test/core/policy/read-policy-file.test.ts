import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compilePolicySet } from '../../../src/core/policy/compile.ts';
import { lintPolicies } from '../../../src/core/policylint/lint.ts';

const POLICY = `apiVersion: helmgate.dev/v1alpha1
kind: Policy
metadata: {name: p}
spec: {rules: [{id: a, chartVersion: {within: "1.x"}}]}
`;
const TEST = `apiVersion: helmgate.dev/v1alpha1
kind: PolicyTest
metadata: {name: t}
spec: {policies: [.], facts: &f {}, cases: [{name: a, facts: *f, object: {}, expect: {verdict: Allow}}]}
`;

describe('a file of a policy folder', () => {
  it('that holds nothing but tests may have anchors', () => {
    const files = [
      { path: 'p.yaml', text: POLICY },
      { path: 't.yaml', text: `${TEST}---\n${TEST}` },
    ];
    const compiled = compilePolicySet(files);
    assert.ok(compiled.ok, compiled.ok ? '' : JSON.stringify(compiled.errors));
    assert.equal(compiled.set.ruleCount, 1);
    const { findings } = lintPolicies(
      files.map(({ path, text }) => ({ file: path, text })),
      0,
    );
    assert.deepEqual(findings, []);
  });

  for (const [what, text] of [
    ['that holds a policy beside tests may not', `${TEST}---\n${POLICY}`],
    ['that only speaks of tests may not', `# PolicyTest\n${POLICY.replace('{name: p}', '&m {name: p}')}`],
    ['with tests of another program may not', TEST.replace('helmgate.dev/v1alpha1', 'other.example/v1')],
  ] as const) {
    it(what, () => {
      const compiled = compilePolicySet([{ path: 'p.yaml', text }]);
      assert.equal(compiled.ok, false);
      assert.match(compiled.ok ? '' : (compiled.errors[0]?.message ?? ''), /anchor|alias/);
    });
  }

  it('is no way around the limit on what is read of all policies together', () => {
    const many = (path: string) => ({
      path,
      text: `${TEST}# ${'x '.repeat(10)}\na: [${'1,'.repeat(190_000)}]\n`,
    });
    const compiled = compilePolicySet(['a.yaml', 'b.yaml', 'c.yaml'].map(many));
    assert.equal(compiled.ok, false);
  });
});
