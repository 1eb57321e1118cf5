/**
 * Values that Flux fills in after it has built a Kustomization (`postBuild.substitute`). What is written in their place is no value that can
 * be judged, or changed.
 */
import { isJsonObject, type Json, type JsonObject } from '../../core/json/json.ts';
import { formatPath } from '../../core/json/path.ts';
import { parsePointer, valueAt } from '../../core/json/pointer.ts';
import type { Decision } from '../../core/policy/decision.ts';
import { tokensOfPath } from './manifest-place.ts';

/** A text with variables in it. */
export interface Substitution {
  readonly tokens: readonly string[];
  /** Their names, each once. */
  readonly variables: readonly string[];
}

/** As Flux reads it: `${name}` and `${name:=default}`, while `$${name}` stands for itself. */
const VARIABLE = /(?<!\$)\$\{#?([A-Za-z_][A-Za-z0-9_]*)[^{}]*\}/g;
/** A label or an annotation that switches the substitution off for its object. */
const SWITCH = 'kustomize.toolkit.fluxcd.io/substitute';

/** The texts of an object that Flux would fill in. */
export function findSubstitutions(object: JsonObject): readonly Substitution[] {
  const isOff = ['labels', 'annotations'].some(
    (field) => valueAt(object, ['metadata', field, SWITCH]) === 'disabled',
  );
  return isOff ? [] : substitutionsIn(object, []);
}

function substitutionsIn(value: Json | undefined, tokens: readonly string[]): readonly Substitution[] {
  if (typeof value === 'string') {
    const variables = [...value.matchAll(VARIABLE)].map(([, name = '']) => name);
    return variables.length === 0 ? [] : [{ tokens, variables: [...new Set(variables)] }];
  }
  if (Array.isArray(value))
    return (value as readonly Json[]).flatMap((item, index) =>
      substitutionsIn(item, [...tokens, String(index)]),
    );
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => substitutionsIn(item, [...tokens, key]));
}

/** Whether Flux would fill in something at the tokens, below or above. */
export function isSubstituted(object: JsonObject, tokens: readonly string[]): boolean {
  return findSubstitutions(object).some(
    (each) => isBelow(tokens, each.tokens) || isBelow(each.tokens, tokens),
  );
}

/** A decision without what it says about the texts: findings, changes and warnings of them. */
export function withoutSubstituted(decision: Decision, substitutions: readonly Substitution[]): Decision {
  if (substitutions.length === 0) return decision;
  const dropped = decision.findings.filter(({ path }) => isAbout(tokensOfPath(path), substitutions));
  const findings = decision.findings.filter((finding) => !dropped.includes(finding));
  const isChanged = (pointer: string): boolean => {
    const tokens = parsePointer(pointer) ?? [];
    return substitutions.some((each) => isBelow(tokens, each.tokens) || isBelow(each.tokens, tokens));
  };
  const paths = substitutions.map(({ tokens }) => formatPath(tokens));
  return {
    ...decision,
    allowed: !findings.some(({ enforcement }) => enforcement === 'Deny'),
    findings,
    mutations: decision.mutations.filter(({ pointer }) => !isChanged(pointer)),
    patch: decision.patch.filter(({ path }) => !isChanged(path)),
    warnings: decision.warnings.filter(
      (text) =>
        !dropped.some(({ message }) => text.includes(message)) &&
        !paths.some((path) => text.startsWith(`${path} `)),
    ),
  };
}

/**
 * Whether a finding is about such a text: it is at it, below it, or at what the text is a part of, as the name is of a reference. A
 * finding about the whole spec or the values as a whole is not: most of these hold whatever is filled in.
 */
function isAbout(path: readonly string[], substitutions: readonly Substitution[]): boolean {
  const isWhole = path.length < 2 || path[1] === 'values';
  return substitutions.some(({ tokens }) => isBelow(path, tokens) || (!isWhole && isBelow(tokens, path)));
}

function isBelow(tokens: readonly string[], parent: readonly string[]): boolean {
  return parent.every((token, index) => tokens[index] === token);
}
