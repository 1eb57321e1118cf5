import { type ExemptionKey, exemptedRules } from '../../core/admission/exemption.ts';
import { relatedReleases } from '../../core/admission/related-releases.ts';
import { requiredNeeds } from '../../core/admission/required-facts.ts';
import type { HelmRelease } from '../../core/api/helm-release.ts';
import type { HelmRepository } from '../../core/api/helm-repository.ts';
import type { KubeObject, ObjectMeta } from '../../core/api/kube-object.ts';
import type { JudgedInput } from '../../core/audit/judged-input.ts';
import type { Json, JsonObject } from '../../core/json/json.ts';
import type { Decision } from '../../core/policy/decision.ts';
import { evaluate } from '../../core/policy/evaluate.ts';
import {
  type ChartFact,
  type Fact,
  type Facts,
  type SourceFact,
  sourceKey,
} from '../../core/policy/facts.ts';
import { formatInstant } from '../../core/policy/instant.ts';
import type { Subject } from '../../core/policy/subject.ts';
import { releaseNamespaceOf, storageNamespaceOf } from '../../core/release/names.ts';
import type { PolicySource } from '../../io/contract.ts';
import type { Clock } from '../clock.ts';

/** What is known of a release once its chart and its values are. */
export interface ReleaseFacts {
  readonly source: SourceFact;
  readonly chart: ChartFact;
  readonly values: Json;
}

/** The second judgement: the same engine as at admission, on what only the loop knows. */
export interface ReleaseJudge {
  /** Undefined when a repository may be read, else one line that says why not. */
  judgeRepository(repository: HelmRepository): string | undefined;
  /** The decision on a repository itself, which counts for every release from it; undefined while no set is in force. */
  judgeSource(repository: HelmRepository): Judged | undefined;
  /** Undefined while no policy set is in force: then nothing may be released. */
  judgeRelease(release: HelmRelease, facts: ReleaseFacts): Judged | undefined;
}

/** A decision, and what it was made of. */
export interface Judged {
  readonly decision: Decision;
  readonly input: JudgedInput;
}

export const NO_POLICIES = 'no policy set is in force; nothing is released until one is read';

/** What the loop has at hand about the cluster. */
export interface ClusterView {
  /** Undefined when the namespace is not known. */
  namespaceLabels(namespace: string): Readonly<Record<string, string>> | undefined;
  /** All HelmReleases. */
  releases(): readonly KubeObject[];
  /** Version of the API server; undefined while it is not known. */
  kubeVersion(): string | undefined;
}

export function createReleaseJudge(
  policies: Pick<PolicySource, 'inForce'>,
  cluster: ClusterView,
  clock: Pick<Clock, 'now'>,
  exemptionKey?: ExemptionKey,
): ReleaseJudge {
  const judge = (
    object: HelmRelease | HelmRepository,
    known: Pick<Facts, 'sources' | 'chart' | 'values'>,
  ): Judged | undefined => {
    const set = policies.inForce()?.current;
    if (set === undefined) return undefined;
    const subject = subjectOf(object);
    const needs = requiredNeeds(set, subject);
    const exempted = exemptionKey === undefined ? [] : exemptedRules(subject, exemptionKey);
    const factOf = (namespace: string): Facts['namespaceLabels'] => {
      const labels = cluster.namespaceLabels(namespace);
      return labels === undefined ? { known: false, why: 'NotFound' } : { known: true, value: labels };
    };
    const others = [releaseNamespaceOf(object), storageNamespaceOf(object)];
    const facts: Facts = {
      now: formatInstant(clock.now()),
      namespaceLabels: factOf(object.metadata.namespace ?? ''),
      otherNamespaceLabels: new Map(others.map((namespace) => [namespace, factOf(namespace)])),
      ...(needs.has('releases')
        ? { releases: relatedReleases(subject, cluster.releases() as unknown as readonly JsonObject[]) }
        : {}),
      ...(needs.has('kubeVersion') ? { kubeVersion: versionFact(cluster.kubeVersion()) } : {}),
      ...(exempted.length === 0 ? {} : { exempted }),
      ...known,
    };
    return { decision: evaluate(set, subject, facts, 'release'), input: { object: subject.object, facts } };
  };
  const judgeSource: ReleaseJudge['judgeSource'] = (repository) => {
    const unknown = { known: false, why: 'Unsupported' } as const;
    return judge(repository, { sources: new Map(), chart: unknown, values: unknown });
  };
  return {
    judgeSource,
    judgeRepository(repository) {
      const decision = judgeSource(repository)?.decision;
      if (decision === undefined) return NO_POLICIES;
      return decision.allowed ? undefined : denialLine(decision);
    },
    judgeRelease(release, { source, chart, values }) {
      const key = sourceKey(source.kind, source.namespace, source.name);
      return judge(release, {
        sources: new Map([[key, { known: true, value: source }]]),
        chart: { known: true, value: chart },
        values: { known: true, value: values },
      });
    },
  };
}

function versionFact(version: string | undefined): Fact<string> {
  return version === undefined ? { known: false, why: 'Unavailable' } : { known: true, value: version };
}

/** The first denying finding in one line, and how many more there are. */
export function denialLine(decision: Decision): string {
  const denying = decision.findings.filter((finding) => finding.enforcement === 'Deny');
  const [first] = denying;
  if (first === undefined) return 'denied by policy';
  const { policy, rule, place, message, wouldPass } = first;
  const more = denying.length > 1 ? ` (and ${denying.length - 1} more)` : '';
  const hint = wouldPass === undefined ? '' : `; would pass: ${wouldPass}`;
  return `policy ${policy}, rule ${rule} (${place.file}:${place.line}): ${message}${hint}${more}`;
}

function subjectOf(object: HelmRelease | HelmRepository): Subject {
  const [group = '', version = ''] = object.apiVersion.split('/');
  const { namespace = '', name }: ObjectMeta = object.metadata;
  return {
    operation: 'UPDATE',
    group,
    version,
    kind: object.kind,
    namespace,
    name,
    object: object as unknown as JsonObject,
    dryRun: false,
  };
}
