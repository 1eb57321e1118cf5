/** What must be gathered before an object can be judged by a set. */
import { isEqualJson } from '../json/equal.ts';
import { valueAt } from '../json/pointer.ts';
import type { PolicySet } from '../policy/policy-set.ts';
import type { FactNeed, SourceNeed } from '../policy/rule.ts';
import { SOURCE_KINDS, sourceBehindChart, sourceFactOf } from '../policy/source-fact.ts';
import type { Subject } from '../policy/subject.ts';

/** The facts about other objects that the rules of a set for the subject's kind ask for. */
export function requiredNeeds(set: PolicySet, subject: Subject): ReadonlySet<FactNeed> {
  return new Set((set.rulesByKind.get(subject.kind) ?? []).flatMap(({ body }) => body.needs ?? []));
}

/**
 * Whether an edit of a source can change what a set says about the releases that use it: it is a create, or changes the spec, and
 * some rule for HelmReleases follows their sources.
 */
export function concernsReleases(set: PolicySet, { kind, operation, object, oldObject }: Subject): boolean {
  if (!SOURCE_KINDS.has(kind) || (operation !== 'CREATE' && operation !== 'UPDATE')) return false;
  if (oldObject !== undefined && isEqualJson(valueAt(object, ['spec']), valueAt(oldObject, ['spec'])))
    return false;
  return (set.rulesByKind.get('HelmRelease') ?? []).some(({ body }) => body.sources !== undefined);
}

/** For an edit of a HelmChart: the sources that it referred to and will refer to. */
export function sourcesBehindEdit(subject: Subject): readonly SourceNeed[] {
  if (subject.kind !== 'HelmChart') return [];
  return [subject.object, subject.oldObject].flatMap((chart) => {
    const fact = sourceFactOf(subject, valueAt(chart, ['spec']));
    return sourceBehindChart(fact) ?? [];
  });
}
