import { sourceKey } from '../policy/facts.ts';
import type { PolicySet } from '../policy/policy-set.ts';
import type { SourceNeed } from '../policy/rule.ts';
import type { Subject } from '../policy/subject.ts';

/** The source objects whose facts the rules of a set need to judge a subject, each once. */
export function requiredSources(set: PolicySet, subject: Subject): readonly SourceNeed[] {
  const needs = new Map<string, SourceNeed>();
  for (const rule of set.rulesByKind.get(subject.kind) ?? []) {
    for (const { kind, namespace, name } of rule.body.sources?.(subject) ?? []) {
      needs.set(sourceKey(kind, namespace, name), { kind, namespace, name });
    }
  }
  return [...needs.values()];
}
