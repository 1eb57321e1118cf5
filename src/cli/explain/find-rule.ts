import { isJsonObject, type Json } from '../../core/json/json.ts';
import { valueAt } from '../../core/json/pointer.ts';
import { textAt } from '../../core/json/text-at.ts';
import type { RuleDefinition } from '../../core/policy/rule-definition.ts';
import { RULE_DEFINITIONS } from '../../core/policy/rules/catalogue.ts';
import { readYaml, type YamlSource } from '../../core/policy/yaml-file.ts';

/** A rule of a policy, with the definition of its kind. */
export interface RuleOfPolicy {
  /** `policy/rule`, as findings name it. */
  readonly rule: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly definition: RuleDefinition;
  /** What stands under the definition's field. */
  readonly written: Json;
}

/** The rules of the policies in some files. Files and rules that cannot be read are passed over. */
export function rulesOfPolicies(sources: readonly YamlSource[]): readonly RuleOfPolicy[] {
  const documents = sources.flatMap((source) => {
    const read = readYaml(source);
    return read.ok ? read.documents : [];
  });
  return documents
    .filter((document) => valueAt(document.value, ['kind']) === 'Policy')
    .flatMap((document) => {
      const policy = textAt(document.value, ['metadata', 'name']) ?? '';
      const rules = valueAt(document.value, ['spec', 'rules']);
      return (Array.isArray(rules) ? (rules as readonly Json[]) : []).flatMap((rule, index) => {
        const definition = RULE_DEFINITIONS.find(({ field }) => valueAt(rule, [field]) !== undefined);
        const id = textAt(rule, ['id']);
        if (definition === undefined || id === undefined || !isJsonObject(rule)) return [];
        const { line, column } = document.placeOf(['spec', 'rules', String(index), 'id']);
        const place = { file: document.source.file, line, column };
        return [{ rule: `${policy}/${id}`, ...place, definition, written: rule[definition.field] ?? null }];
      });
    });
}
