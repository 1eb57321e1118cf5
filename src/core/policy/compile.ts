/**
 * From policy files to a policy set: read, check the shape, compile each rule, check the rules against one another. All errors are
 * told at once, each with its place; a set with an error is no set at all.
 */

import { digestOfJson } from '../json/digest.ts';
import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';
import { compileMatch } from './compile-match.ts';
import { findContradictions } from './contradictions.ts';
import type { Enforcement, PolicyPlace } from './decision.ts';
import { type LocatedError, locatedError } from './located-error.ts';
import type { PolicySet } from './policy-set.ts';
import type { CompiledRule } from './rule.ts';
import type { RuleContext } from './rule-definition.ts';
import { RULE_CATALOGUE } from './rules/catalogue.ts';
import { schemaErrors } from './schema-errors.ts';
import { readYaml, type YamlDocument, type YamlSource } from './yaml-file.ts';

/** A file of a policy folder: its path relative to the folder, with `/` between the parts, and its text. */
export interface PolicyFile {
  readonly path: string;
  readonly text: string;
}

/** Files of one set: a folder of 1,000 files of 20 rules each is far above what one team can overlook. */
export const MAX_POLICY_FILES = 1000;
/** Characters of all files together: 16 MiB, what a git checkout of policies stays under by two orders of magnitude. */
export const MAX_POLICY_SET_LENGTH: number = 16 * 1_048_576;
/** Rules of one set; at 10 microseconds each a request stays under its budget of milliseconds. */
export const MAX_RULES = 5000;

export type CompileResult =
  | { readonly ok: true; readonly set: PolicySet; readonly warnings: readonly LocatedError[] }
  | {
      readonly ok: false;
      readonly errors: readonly LocatedError[];
      readonly warnings: readonly LocatedError[];
    };

interface Findings {
  readonly errors: LocatedError[];
  readonly warnings: LocatedError[];
}

/**
 * Compiles the files of a policy folder. No files, or files without rules, give a set with `ruleCount` 0: what that means is
 * the caller's to decide.
 */
export function compilePolicySet(
  files: readonly PolicyFile[],
  options: { readonly commit?: string } = {},
): CompileResult {
  const findings: Findings = { errors: [], warnings: [] };
  const sorted = files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const tooMuch = sizeError(sorted);
  if (tooMuch !== undefined) return { ok: false, errors: [tooMuch], warnings: [] };
  const documents: YamlDocument[] = [];
  for (const { path, text } of sorted) {
    const read = readYaml({ file: path, text });
    if (read.ok) documents.push(...read.documents);
    else findings.errors.push(...read.errors);
  }
  const policies = documents.filter((document) => isPolicy(document, findings));
  checkNames(policies, findings);
  const rules = policies.flatMap((document) => compilePolicy(document, options.commit, findings));
  const sources = new Map<string, YamlSource>(sorted.map(({ path, text }) => [path, { file: path, text }]));
  for (const { place, message } of findContradictions(rules)) {
    findings.errors.push(
      locatedError(sources.get(place.file) ?? { file: place.file, text: '' }, place, message),
    );
  }
  if (rules.length > MAX_RULES) {
    const last = rules[MAX_RULES]?.place ?? { file: '', line: 1, column: 1 };
    const source = sources.get(last.file) ?? { file: last.file, text: '' };
    findings.errors.push(locatedError(source, last, `a set may have at most ${MAX_RULES} rules`));
  }
  if (findings.errors.length > 0) return { ok: false, ...findings };
  const { commit } = options;
  const set: PolicySet = Object.freeze({
    digest: digestOfJson(sorted.map(({ path, text }) => [path, text])),
    ...(commit === undefined ? {} : { commit }),
    ruleCount: rules.length,
    rulesByKind: indexByKind(rules),
  });
  return { ok: true, set, warnings: findings.warnings };
}

function sizeError(files: readonly PolicyFile[]): LocatedError | undefined {
  const place = { line: 1, column: 1 };
  if (files.length > MAX_POLICY_FILES) {
    return locatedError(
      { file: '.', text: '' },
      place,
      `there are ${files.length} policy files; at most ${MAX_POLICY_FILES} are read`,
    );
  }
  const length = files.reduce((sum, { text }) => sum + text.length, 0);
  if (length <= MAX_POLICY_SET_LENGTH) return undefined;
  return locatedError(
    { file: '.', text: '' },
    place,
    `the policy files have ${length} characters; at most ${MAX_POLICY_SET_LENGTH} are read`,
  );
}

function isPolicy(document: YamlDocument, findings: Findings): boolean {
  const kind = valueAt(document.value, ['kind']);
  if (kind === 'Exception' && valueAt(document.value, ['apiVersion']) === 'helmgate.dev/v1alpha1') {
    const message = 'kind Exception is not supported yet';
    findings.errors.push(
      locatedError(
        document.source,
        document.placeOf(['kind']),
        message,
        'remove it; it would not be honoured',
      ),
    );
    return false;
  }
  const errors = schemaErrors(document);
  findings.errors.push(...errors);
  return errors.length === 0;
}

function checkNames(policies: readonly YamlDocument[], { errors }: Findings): void {
  const seen = new Map<string, YamlDocument>();
  for (const document of policies) {
    const name = textOf(valueAt(document.value, ['metadata', 'name']));
    const first = seen.get(name);
    if (first === undefined) seen.set(name, document);
    else {
      const at = `${first.source.file}:${first.placeOf(['metadata', 'name']).line}`;
      errors.push(
        locatedError(
          document.source,
          document.placeOf(['metadata', 'name']),
          `the policy name ${name} is taken by ${at}`,
        ),
      );
    }
  }
}

function compilePolicy(
  document: YamlDocument,
  commit: string | undefined,
  findings: Findings,
): readonly CompiledRule[] {
  const policy = textOf(valueAt(document.value, ['metadata', 'name']));
  const written = valueAt(document.value, ['spec', 'match']);
  const match = compileMatch(isJsonObject(written) ? written : undefined);
  const enforcement = (valueAt(document.value, ['spec', 'enforcement']) ?? 'Deny') as Enforcement;
  const rules = valueAt(document.value, ['spec', 'rules']) as readonly JsonObject[];
  const ids = new Set<string>();
  return rules.flatMap((rule, index) => {
    const at = ['spec', 'rules', String(index)];
    const context = contextOf(document, commit, findings);
    const id = textOf(rule['id']);
    if (ids.has(id)) context.error([...at, 'id'], `the rule id ${id} occurs twice in this policy`);
    ids.add(id);
    const body = compileBody(rule, at, context);
    if (body === undefined) return [];
    const own = (rule['enforcement'] ?? enforcement) as Enforcement;
    return [{ policy, id, enforcement: own, place: context.placeOf(at), match, body }];
  });
}

function compileBody(
  rule: JsonObject,
  at: readonly string[],
  context: RuleContext,
): CompiledRule['body'] | undefined {
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

function contextOf(
  document: YamlDocument,
  commit: string | undefined,
  { errors, warnings }: Findings,
): RuleContext {
  return {
    placeOf(tokens, at = 'value'): PolicyPlace {
      const place = { file: document.source.file, ...document.placeOf(tokens, at) };
      return commit === undefined ? place : { ...place, commit };
    },
    error(tokens, message, hint) {
      errors.push(locatedError(document.source, document.placeOf(tokens), message, hint));
    },
    warn(tokens, message) {
      warnings.push(locatedError(document.source, document.placeOf(tokens, 'key'), message));
    },
  };
}

function indexByKind(rules: readonly CompiledRule[]): ReadonlyMap<string, readonly CompiledRule[]> {
  const index = new Map<string, CompiledRule[]>();
  for (const rule of rules) {
    for (const kind of rule.body.kinds) {
      if (rule.match.kinds !== undefined && !rule.match.kinds.has(kind)) continue;
      const list = index.get(kind);
      if (list === undefined) index.set(kind, [rule]);
      else list.push(rule);
    }
  }
  return index;
}

/** A field that the schema says is a text. */
function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
