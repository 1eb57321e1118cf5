/** From one policy document that fits the schema to its rules. */
import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';
import { compileEnforcement } from './compile-enforcement.ts';
import { compileMatch } from './compile-match.ts';
import type { CompiledRule, RuleBody } from './rule.ts';
import type { RuleContext } from './rule-definition.ts';
import { RULE_CATALOGUE } from './rules/catalogue.ts';
import type { YamlDocument } from './yaml-file.ts';

/** The rules that could be compiled, and the ids of all that are written. */
export interface PolicyRules {
  readonly ids: readonly string[];
  readonly rules: readonly CompiledRule[];
}

/** Compiles a policy; what is wrong with it goes to the context. */
export function compilePolicy(document: YamlDocument, context: RuleContext): PolicyRules {
  const policy = textOf(valueAt(document.value, ['metadata', 'name']));
  const writtenMatch = valueAt(document.value, ['spec', 'match']);
  const match = compileMatch(isJsonObject(writtenMatch) ? writtenMatch : undefined);
  const ofPolicy = valueAt(document.value, ['spec', 'enforcement']);
  const enforcement =
    ofPolicy === undefined ? 'Deny' : compileEnforcement(ofPolicy, ['spec', 'enforcement'], context);
  const written = valueAt(document.value, ['spec', 'rules']) as readonly JsonObject[];
  const ids = new Set<string>();
  const rules = written.flatMap((rule, index): readonly CompiledRule[] => {
    const at = ['spec', 'rules', String(index)];
    const id = textOf(rule['id']);
    if (ids.has(id)) context.error([...at, 'id'], `the rule id ${id} occurs twice in this policy`);
    ids.add(id);
    const body = compileBody(rule, at, context);
    const own =
      rule['enforcement'] === undefined
        ? enforcement
        : compileEnforcement(rule['enforcement'], [...at, 'enforcement'], context);
    if (body === undefined) return [];
    const ratchet = rule['ratchet'] === true ? { ratchet: true } : {};
    return [{ policy, id, enforcement: own, ...ratchet, place: context.placeOf(at), match, body }];
  });
  return { ids: [...ids], rules };
}

function compileBody(rule: JsonObject, at: readonly string[], context: RuleContext): RuleBody | undefined {
  const fields = Object.keys(rule).filter((field) => RULE_CATALOGUE.has(field));
  const [field, second] = fields;
  const known = [...RULE_CATALOGUE.keys()].join(', ');
  if (field === undefined) {
    context.error(at, `a rule needs one of ${known}`);
    return undefined;
  }
  if (second !== undefined) {
    context.error(
      [...at, second],
      `a rule has one of ${known}, this one has ${fields.join(' and ')}`,
      'make it two rules',
    );
    return undefined;
  }
  return RULE_CATALOGUE.get(field)?.compile(rule[field] as Json, [...at, field], context);
}

/** A field that the schema says is a text. */
function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
