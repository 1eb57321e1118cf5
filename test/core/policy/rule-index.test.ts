import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PolicySet } from '../../../src/core/policy/policy-set.ts';
import { ruleIndex } from '../../../src/core/policy/rule-index.ts';
import type { Operation } from '../../../src/core/policy/subject.ts';
import { documentSet, exceptionDocument, policySets } from './policy-fixture.ts';

const sources = { id: 'sources', allowedSources: [{ url: 'https://flagger.app' }] };
const timeout = { id: 'timeout', defaults: { HelmRelease: { 'spec.timeout': '5m' } } };
const set = policySets({
  a: { match: { operations: ['CREATE'] }, rules: [sources, timeout] },
  b: { rules: [sources, timeout] },
  c: { match: { operations: ['UPDATE'], kinds: ['HelmRepository'] }, rules: [sources] },
});

const idsOf = (policies: PolicySet, kind: string, operation?: Operation) =>
  ruleIndex(policies)
    .groupsFor(kind, operation)
    .map(({ rules }) => rules.map(({ policy, id }) => `${policy}/${id}`));

describe('the index of a set', () => {
  it('gives the rules of a kind in groups that share a match, in the order of the files', () => {
    assert.deepEqual(idsOf(set, 'HelmRelease'), [
      ['a/sources', 'a/timeout'],
      ['b/sources', 'b/timeout'],
    ]);
    assert.deepEqual(idsOf(set, 'HelmRepository'), [['a/sources'], ['b/sources'], ['c/sources']]);
    assert.deepEqual(idsOf(set, 'Deployment'), []);
  });

  it('leaves out what an operation does not ask, but not what fills in and must be kept', () => {
    assert.deepEqual(idsOf(set, 'HelmRelease', 'CREATE'), idsOf(set, 'HelmRelease'));
    assert.deepEqual(idsOf(set, 'HelmRelease', 'UPDATE'), [['a/timeout'], ['b/sources', 'b/timeout']]);
    assert.deepEqual(idsOf(set, 'HelmRepository', 'CREATE'), [['a/sources'], ['b/sources']]);
  });

  it('leaves out kinds that a rule judges on request only, unless a match names them', () => {
    const named = policySets({ a: { match: { kinds: ['GitRepository'] }, rules: [sources] } });
    assert.deepEqual(idsOf(set, 'GitRepository'), []);
    assert.deepEqual(idsOf(named, 'GitRepository'), [['a/sources']]);
  });

  it('is made once for each set', () => {
    assert.equal(ruleIndex(set), ruleIndex(set));
    assert.notEqual(ruleIndex(set), ruleIndex({ ...set }));
  });

  it('knows the metadata by which rules, matches and exceptions decide', () => {
    const labels = { matchLabels: { tier: 'prod' } };
    const policy = { kind: 'Policy', metadata: { name: 'p' }, spec: { rules: [sources] } };
    const reads = (policies: PolicySet) => ruleIndex(policies).metadataReads;
    assert.deepEqual(reads(set), []);
    assert.deepEqual(reads(policySets({ a: { match: { labels }, rules: [sources] } })), [
      ['metadata', 'labels'],
    ]);
    assert.deepEqual(reads(documentSet([policy, exceptionDocument({ match: { labels } })])), [
      ['metadata', 'labels'],
    ]);
  });

  it('knows whether time alone can change a verdict', () => {
    const policy = { kind: 'Policy', metadata: { name: 'p' }, spec: { rules: [sources] } };
    const staged = policySets({
      a: { enforcement: { action: 'Deny', from: '2026-12-01' }, rules: [sources] },
    });
    assert.equal(ruleIndex(set).timed, false);
    assert.equal(ruleIndex(staged).timed, true);
    assert.equal(ruleIndex(documentSet([policy, exceptionDocument()])).timed, true);
  });
});
