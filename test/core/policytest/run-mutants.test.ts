import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { allMutants, fateOf, type MutableTest } from '../../../src/core/policytest/run-mutants.ts';
import { parsed, policy, testText } from './test-fixture.ts';

const repository = (url: string): JsonObject => ({
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  kind: 'HelmRepository',
  metadata: { name: 'r', namespace: 'team' },
  spec: { url },
});

const RULES: readonly JsonObject[] = [
  {
    id: 'sources',
    allowedSources: [{ url: 'https://flagger.app' }, { url: 'https://acme.example', subpaths: true }],
  },
];
const ALLOWED = { name: 'allowed', object: repository('https://flagger.app'), expect: { verdict: 'Allow' } };
const DENIED = { name: 'denied', object: repository('https://evil.example'), expect: { verdict: 'Deny' } };
const BELOW = { name: 'below', object: repository('https://acme.example/a'), expect: { verdict: 'Allow' } };

function mutable(cases: readonly JsonObject[]): MutableTest {
  const test = parsed(testText({ inline: [policy(RULES)], cases }));
  const objects = test.cases.map(({ object }) => ({ object: 'value' in object ? object.value : {} }));
  return { test, policies: test.inline, objects };
}

function fates(tests: readonly MutableTest[]): Readonly<Record<string, string>> {
  const entries = allMutants(tests).map((entry) => [entry.mutant.change, fateOf(entry, tests)] as const);
  return Object.fromEntries(entries);
}

describe('running mutants', () => {
  it('finds the ones that no case notices', () => {
    assert.deepEqual(fates([mutable([ALLOWED])]), {
      'the rule removed': 'Survived',
      'enforcement: Deny -> Warn': 'Survived',
      'the entry removed': 'Survived',
      'url removed': 'Invalid',
      'subpaths removed': 'Survived',
      'subpaths: true -> false': 'Survived',
    });
  });

  it('has a dropped rule and a flipped enforcement noticed by one denial', () => {
    const found = fates([mutable([DENIED])]);
    assert.deepEqual([found['the rule removed'], found['enforcement: Deny -> Warn']], ['Killed', 'Killed']);
    assert.equal(found['subpaths removed'], 'Survived');
  });

  it('has all of them noticed by cases on both sides of each option', () => {
    const found = Object.values(fates([mutable([ALLOWED, DENIED, BELOW])]));
    assert.deepEqual(new Set(found), new Set(['Killed', 'Invalid']));
  });

  it('counts a mutant once for all tests that share the policy, killed by any of them', () => {
    const first = mutable([DENIED]);
    const second = { ...mutable([BELOW]), policies: first.policies };
    const both = [first, second];
    assert.equal(allMutants(both).length, allMutants([first]).length);
    const found = fates(both);
    assert.deepEqual([found['the rule removed'], found['subpaths removed']], ['Killed', 'Killed']);
  });

  it('does not ask tests about other policies', () => {
    const own = mutable([ALLOWED]);
    const other = mutable([DENIED]);
    const [drop] = allMutants([own]);
    assert.ok(drop !== undefined);
    assert.equal(fateOf(drop, [own, other]), 'Survived');
  });

  it('changes one policy of a test and leaves the others in force', () => {
    const other = policy([{ id: 'range', chartVersion: { within: '>=1.28.0' } }]);
    const inline = [policy(RULES), { ...other, metadata: { name: 'q' } }];
    const test = parsed(testText({ inline, cases: [DENIED] }));
    const own: MutableTest = { test, policies: test.inline, objects: [{ object: DENIED.object }] };
    const [first, second] = allMutants([own]).filter(({ mutant }) => mutant.change === 'the rule removed');
    assert.ok(first !== undefined && second !== undefined);
    assert.notEqual(first.document, second.document);
    assert.deepEqual([fateOf(first, [own]), fateOf(second, [own])], ['Killed', 'Survived']);
  });

  it('keeps a mutant invalid that loads in no test, however many tests there are of other policies', () => {
    const own = mutable([ALLOWED]);
    const invalid = allMutants([own]).find(({ mutant }) => mutant.change === 'url removed');
    assert.ok(invalid !== undefined);
    assert.equal(fateOf(invalid, [mutable([ALLOWED]), own, mutable([DENIED])]), 'Invalid');
  });
});
