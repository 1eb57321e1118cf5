import type { Json } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';
import { textAt } from '../json/text-at.ts';
import { compilePolicy } from '../policy/compile-policy.ts';
import type { CompiledRule } from '../policy/rule.ts';
import { schemaErrors } from '../policy/schema-errors.ts';
import type { YamlDocument } from '../policy/yaml-file.ts';

/** A rule of a policy that could be compiled, with where it stands. */
export interface LintedRule {
  readonly rule: CompiledRule;
  readonly document: YamlDocument;
  /** `spec.rules[i]` */
  readonly tokens: readonly string[];
  /** The rule as it is written. */
  readonly written: Json;
}

/** Whether the document says that it is of this kind and ours. */
export function isOfKind(document: YamlDocument, kind: 'Policy' | 'Exception'): boolean {
  const ours = valueAt(document.value, ['apiVersion']) === 'helmgate.dev/v1alpha1';
  return ours && valueAt(document.value, ['kind']) === kind;
}

/** The rules of a policy document that can be read; errors are reported by `compile`, and not here once more. */
export function lintedRules(document: YamlDocument): readonly LintedRule[] {
  if (!isOfKind(document, 'Policy') || schemaErrors(document).length > 0) return [];
  const { rules } = compilePolicy(document, {
    placeOf: (tokens, at) => ({ file: document.source.file, ...document.placeOf(tokens, at) }),
    error: () => undefined,
    warn: () => undefined,
  });
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  const list = valueAt(document.value, ['spec', 'rules']);
  return (Array.isArray(list) ? (list as readonly Json[]) : []).flatMap((written, index) => {
    const rule = byId.get(textAt(written, ['id']) ?? '');
    return rule === undefined ? [] : [{ rule, document, written, tokens: ['spec', 'rules', String(index)] }];
  });
}
