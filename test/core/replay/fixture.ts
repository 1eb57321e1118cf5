import assert from 'node:assert/strict';
import { factsToJson } from '../../../src/core/audit/facts-json.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { compilePolicySet } from '../../../src/core/policy/compile.ts';
import type { Decision, Finding, Mutation } from '../../../src/core/policy/decision.ts';
import type { Facts } from '../../../src/core/policy/facts.ts';
import type { PolicySet } from '../../../src/core/policy/policy-set.ts';
import type { KeptInput } from '../../../src/core/replay/judge-again.ts';
import { type JudgedRow, readJudgedRow } from '../../../src/core/replay/judged-row.ts';

export const NOW = '2026-06-01T00:00:00Z';

/** Compiles one policy `p` of these rules, each a line of YAML without its dash. */
export function setOf(...rules: readonly string[]): PolicySet {
  const head = 'apiVersion: helmgate.dev/v1alpha1\nkind: Policy\nmetadata: {name: p}\nspec:\n  rules:\n';
  const compiled = compilePolicySet([
    { path: 'p.yaml', text: head + rules.map((rule) => `  - ${rule}\n`).join('') },
  ]);
  if (!compiled.ok) assert.fail(compiled.errors.map(({ message }) => message).join('\n'));
  return compiled.set;
}

/** A HelmRelease `a/one` of a chart of the HelmRepository `charts`. */
export function release(version: string, spec: JsonObject = {}, metadata: JsonObject = {}): JsonObject {
  const sourceRef = { kind: 'HelmRepository', name: 'charts' };
  return {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: { name: 'one', namespace: 'a', ...metadata },
    spec: { interval: '5m', chart: { spec: { chart: 'flagger', version, sourceRef } }, ...spec },
  };
}

export const ROW: JsonObject = {
  phase: 'admission',
  endpoint: 'validate',
  uid: 'u-1',
  time: '2026-05-01T00:00:00.000Z',
  operation: 'CREATE',
  apiVersion: 'helm.toolkit.fluxcd.io/v2',
  kind: 'HelmRelease',
  namespace: 'a',
  name: 'one',
  user: { username: 'alice', groups: ['devs'] },
  dryRun: false,
  verdict: 'Allow',
  findings: [],
  patchPaths: [],
  stored: { segment: 's', now: '2026-05-01T00:00:00Z', object: 'o', facts: 'f' },
};

export function rowOf(members: JsonObject = {}): JudgedRow {
  return readJudgedRow({ ...ROW, ...members }) ?? assert.fail('it is no row');
}

export const FACTS: Facts = {
  now: NOW,
  namespaceLabels: { known: true, value: {} },
  otherNamespaceLabels: new Map(),
  sources: new Map(),
  chart: { known: false, why: 'Unavailable' },
  values: { known: false, why: 'Unavailable' },
};

const stored = (value: JsonObject, redacted: readonly string[] = []) => ({ digest: 'd', redacted, value });

/** What was kept of an object and the facts about it, nothing redacted. */
export function keptOf(object: JsonObject, facts: Facts = FACTS, oldObject?: JsonObject): KeptInput {
  return {
    object: stored(object),
    facts: stored(factsToJson(facts)),
    ...(oldObject === undefined ? {} : { oldObject: stored(oldObject) }),
  };
}

export function findingOf(members: Partial<Finding> = {}): Finding {
  return {
    ...{ policy: 'p', rule: 'r', reason: 'RangeTooWide', enforcement: 'Deny', path: 'spec.a' },
    ...{ message: 'no', place: { file: 'p.yaml', line: 1, column: 1 } },
    ...members,
  } as Finding;
}

/** A decision with these findings, denied when one of them denies. */
export function decisionOf(findings: readonly Finding[] = [], members: Partial<Decision> = {}): Decision {
  return {
    allowed: findings.every(({ enforcement }) => enforcement !== 'Deny'),
    findings,
    mutations: [],
    patch: [],
    warnings: [],
    ruleResults: [],
    policySet: { digest: 'sha256:0' },
    ...members,
  };
}

export const mutationOf = (rule: string, pointer: string): Mutation => ({
  policy: 'p',
  rule,
  pointer,
  kind: 'default',
});
