/** From one policy document that fits the schema to its rules. */
import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';
import { compileEnforcement } from './compile-enforcement.ts';
import { compileMatch } from './compile-match.ts';
import { MAX_LEAVES } from './expand-defaults.ts';
import type { CompiledRule } from './rule.ts';
import { defaultEnforcement, type RuleContext, type RuleDefinition } from './rule-definition.ts';
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
    ofPolicy === undefined ? undefined : compileEnforcement(ofPolicy, ['spec', 'enforcement'], context);
  const written = valueAt(document.value, ['spec', 'rules']) as readonly JsonObject[];
  const ofKinds = match.kinds === undefined ? context : { ...context, kinds: match.kinds };
  const ids = new Set<string>();
  let leaves = 0;
  const rules = written.flatMap((rule, index): readonly CompiledRule[] => {
    const at = ['spec', 'rules', String(index)];
    const id = textOf(rule['id']);
    if (ids.has(id)) context.error([...at, 'id'], `the rule id ${id} occurs twice in this policy`);
    ids.add(id);
    const definition = definitionOf(rule, at, context);
    const body = definition?.compile(rule[definition.field] as Json, [...at, definition.field], ofKinds);
    const own =
      rule['enforcement'] === undefined
        ? (enforcement ?? defaultEnforcement(definition))
        : compileEnforcement(rule['enforcement'], [...at, 'enforcement'], context);
    if (body === undefined) return [];
    const set = (body.defaults?.length ?? 0) + (body.overrides?.length ?? 0);
    if (leaves <= MAX_LEAVES && set <= MAX_LEAVES && leaves + set > MAX_LEAVES) {
      const message = `the rules of a policy may set ${MAX_LEAVES} fields, and with this one they set ${leaves + set}`;
      context.error(at, message);
    }
    leaves += set;
    const ratchet = rule['ratchet'] === true ? { ratchet: true } : {};
    return [{ policy, id, enforcement: own, ...ratchet, place: context.placeOf(at), match, body }];
  });
  return { ids: [...ids], rules };
}

/** The kind of rule that it is; undefined after an error was reported. */
function definitionOf(
  rule: JsonObject,
  at: readonly string[],
  context: RuleContext,
): RuleDefinition | undefined {
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
  return RULE_CATALOGUE.get(field);
}

/** A field that the schema says is a text. */
function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
