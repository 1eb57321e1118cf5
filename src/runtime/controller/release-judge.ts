import type { HelmRelease } from '../../core/api/helm-release.ts';
import type { HelmRepository } from '../../core/api/helm-repository.ts';
import type { ObjectMeta } from '../../core/api/kube-object.ts';
import type { Json, JsonObject } from '../../core/json/json.ts';
import type { Decision } from '../../core/policy/decision.ts';
import { evaluate } from '../../core/policy/evaluate.ts';
import { type ChartFact, type Facts, type SourceFact, sourceKey } from '../../core/policy/facts.ts';
import type { Subject } from '../../core/policy/subject.ts';
import { releaseNamespaceOf, storageNamespaceOf } from '../../core/release/names.ts';
import type { PolicySource } from '../../io/contract.ts';
import { type Clock, kubeTime } from '../clock.ts';

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
  judgeSource(repository: HelmRepository): Decision | undefined;
  /** Undefined while no policy set is in force: then nothing may be released. */
  judgeRelease(release: HelmRelease, facts: ReleaseFacts): Decision | undefined;
}

export const NO_POLICIES = 'no policy set is in force; nothing is released until one is read';

/** Looks a namespace's labels up; undefined when the namespace is not known. */
export type FindNamespaceLabels = (namespace: string) => Readonly<Record<string, string>> | undefined;

export function createReleaseJudge(
  policies: Pick<PolicySource, 'inForce'>,
  findLabels: FindNamespaceLabels,
  clock: Pick<Clock, 'now'>,
): ReleaseJudge {
  const judge = (
    object: HelmRelease | HelmRepository,
    known: Pick<Facts, 'sources' | 'chart' | 'values'>,
  ): Decision | undefined => {
    const set = policies.inForce()?.current;
    if (set === undefined) return undefined;
    const factOf = (namespace: string): Facts['namespaceLabels'] => {
      const labels = findLabels(namespace);
      return labels === undefined ? { known: false, why: 'NotFound' } : { known: true, value: labels };
    };
    const others = [releaseNamespaceOf(object), storageNamespaceOf(object)];
    const facts: Facts = {
      now: kubeTime(clock.now()),
      namespaceLabels: factOf(object.metadata.namespace ?? ''),
      otherNamespaceLabels: new Map(others.map((namespace) => [namespace, factOf(namespace)])),
      ...known,
    };
    return evaluate(set, subjectOf(object), facts, 'release');
  };
  const judgeSource: ReleaseJudge['judgeSource'] = (repository) => {
    const unknown = { known: false, why: 'Unsupported' } as const;
    return judge(repository, { sources: new Map(), chart: unknown, values: unknown });
  };
  return {
    judgeSource,
    judgeRepository(repository) {
      const decision = judgeSource(repository);
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
