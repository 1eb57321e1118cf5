import assert from 'node:assert/strict';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { compilePolicySet } from '../../../src/core/policy/compile.ts';
import { type Fact, type Facts, type SourceFact, sourceKey } from '../../../src/core/policy/facts.ts';
import { formatLocatedError } from '../../../src/core/policy/located-error.ts';
import type { PolicySet } from '../../../src/core/policy/policy-set.ts';
import type { Subject } from '../../../src/core/policy/subject.ts';

/** A set of one policy with these rules, and with more fields of its spec when given. */
export function policySet(rules: readonly JsonObject[], spec: JsonObject = {}): PolicySet {
  return policySets({ p: { ...spec, rules } });
}

/** A set of policies by name. JSON is YAML, so specs go in as they are. */
export function policySets(specs: Readonly<Record<string, JsonObject>>): PolicySet {
  const files = Object.entries(specs).map(([name, spec]) => ({
    path: `${name}.yaml`,
    text: JSON.stringify({ apiVersion: 'helmgate.dev/v1alpha1', kind: 'Policy', metadata: { name }, spec }),
  }));
  const compiled = compilePolicySet(files);
  assert.ok(compiled.ok, compiled.ok ? '' : compiled.errors.map(formatLocatedError).join('\n'));
  return compiled.set;
}

/** A HelmRelease flagger in namespace team, with these fields of spec in place of the usual ones. */
export function helmRelease(spec: JsonObject = {}, metadata: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: { name: 'flagger', namespace: 'team', ...metadata },
    spec: { interval: '5m', chart: chart('1.30.0'), ...spec },
  };
}

export function chart(version: string | undefined, source: JsonObject = {}): JsonObject {
  const sourceRef = { kind: 'HelmRepository', name: 'flagger', ...source };
  return { spec: { chart: 'flagger', ...(version === undefined ? {} : { version }), sourceRef } };
}

export function helmRepository(url: string, spec: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'HelmRepository',
    metadata: { name: 'flagger', namespace: 'team' },
    spec: { url, ...spec },
  };
}

/** The subject of a create, or of an update when the old object is given. */
export function subjectOf(object: JsonObject, oldObject?: JsonObject, more: Partial<Subject> = {}): Subject {
  const [group = '', version = ''] = String(object['apiVersion'] as string).split('/');
  const metadata = object['metadata'] as JsonObject;
  return {
    operation: oldObject === undefined ? 'CREATE' : 'UPDATE',
    group,
    version,
    kind: object['kind'] as string,
    namespace: metadata['namespace'] as string,
    name: (metadata['name'] ?? '') as string,
    object,
    dryRun: false,
    ...(oldObject === undefined ? {} : { oldObject }),
    ...more,
  };
}

export const UNKNOWN: Fact<never> = { known: false, why: 'NotFound' };

/** Facts in which the HelmRepository team/flagger has this URL. */
export function factsWith(
  url: string | Fact<SourceFact> = 'https://flagger.app',
  more: Partial<Facts> = {},
): Facts {
  const source = { kind: 'HelmRepository', namespace: 'team', name: 'flagger' };
  const fact: Fact<SourceFact> = typeof url === 'string' ? { known: true, value: { ...source, url } } : url;
  return {
    now: '2026-06-01T00:00:00Z',
    namespaceLabels: { known: true, value: {} },
    sources: new Map([[sourceKey(source.kind, source.namespace, source.name), fact]]),
    dependents: { known: true, value: [] },
    chart: UNKNOWN,
    values: UNKNOWN,
    ...more,
  };
}

/** A set of documents as they stand, policies and exceptions; `now` as the loader has it. */
export function documentSet(documents: readonly JsonObject[], now?: string): PolicySet {
  const text = documents
    .map((document) => JSON.stringify({ apiVersion: 'helmgate.dev/v1alpha1', ...document }))
    .join('\n---\n');
  const compiled = compilePolicySet([{ path: 'p.yaml', text }], now === undefined ? {} : { now });
  assert.ok(compiled.ok, compiled.ok ? '' : compiled.errors.map(formatLocatedError).join('\n'));
  return compiled.set;
}

/** A document of kind Exception about policy p, with these fields of its spec in place of the usual ones. */
export function exceptionDocument(spec: JsonObject = {}, name = 'legacy'): JsonObject {
  return {
    kind: 'Exception',
    metadata: { name },
    spec: {
      policy: 'p',
      match: { names: ['flagger'] },
      owner: 'team-a',
      reason: 'TICKET-12',
      expires: '2027-01-31',
      ...spec,
    },
  };
}
