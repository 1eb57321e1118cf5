/** From `defaults:` or `overrides:` as written to one leaf per field, checked against the fields that the API has. */
import { isEqualJson } from '../json/equal.ts';
import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';
import { formatPath, parsePath } from '../json/path.ts';
import { formatPointer } from '../json/pointer.ts';
import { didYouMean } from './did-you-mean.ts';
import { fieldPaths, findField, isFieldGroup, typeProblem } from './known-fields.ts';
import type { DefaultLeaf } from './rule.ts';
import type { RuleContext } from './rule-definition.ts';

/** The leaves of a map by kind and path whose tokens in the document are `at`; `what` they are called in messages. */
export function expandDefaults(
  written: JsonObject,
  at: readonly string[],
  report: RuleContext,
  what: 'default' | 'override' = 'default',
): readonly DefaultLeaf[] {
  return Object.entries(written).flatMap(([kind, fields]) =>
    isJsonObject(fields)
      ? expandFields(kind, fields, [...at, kind], { leaves: new Map(), report, what })
      : [],
  );
}

function expandFields(
  kind: string,
  fields: JsonObject,
  at: readonly string[],
  expansion: Expansion,
): readonly DefaultLeaf[] {
  const { leaves, report, what } = expansion;
  for (const [path, value] of Object.entries(fields)) {
    const tokens = parsePath(path);
    const place = [...at, path];
    if (tokens === undefined) {
      report.error(place, `${JSON.stringify(path)} is neither a dotted path nor a JSON pointer`);
    } else if (tokens[0] !== 'spec' || tokens.length < 2) {
      report.error(place, `${ARTICLE[what]} can only be set below spec, not at ${formatPath(tokens)}`);
    } else if (value !== undefined) {
      expand(kind, tokens, value, place, expansion);
    }
  }
  return [...leaves.values()];
}

const ARTICLE = { default: 'a default', override: 'an override' } as const;

/**
 * Fields that the rules of one policy set of one kind, each below a group counted: four times the defaults that an object can remember, and
 * of overrides more than an author oversees. Each is a place in a file and is looked at for each object, at a microsecond.
 */
export const MAX_LEAVES = 1000;

interface Expansion {
  /** Those of one kind, by pointer. */
  readonly leaves: Map<string, DefaultLeaf>;
  readonly report: RuleContext;
  readonly what: 'default' | 'override';
}

function expand(
  kind: string,
  tokens: readonly string[],
  value: Json,
  at: readonly string[],
  expansion: Expansion,
): void {
  const { leaves, report, what } = expansion;
  if (leaves.size > MAX_LEAVES) return;
  const found = findField(kind, tokens);
  const open = found?.inside === true || found?.field.type === 'json' || found?.field.type === 'strings';
  if (
    isJsonObject(value) &&
    Object.keys(value).length > 0 &&
    (open || (found === undefined && isFieldGroup(kind, tokens)))
  ) {
    for (const [key, item] of Object.entries(value)) {
      if (item !== undefined) expand(kind, [...tokens, key], item, [...at, key], expansion);
    }
    return;
  }
  const path = formatPath(tokens);
  if (found === undefined) {
    if (isFieldGroup(kind, tokens))
      report.error(at, `${path} is a group of fields: its ${what} must name them`);
    else
      report.error(
        at,
        `${kind} has no field ${path} that can have ${ARTICLE[what]}`,
        didYouMean(path, fieldPaths(kind)),
      );
    return;
  }
  const problem = value === null ? 'must not be null' : typeProblem(found, value);
  if (problem !== undefined) return report.error(at, `the ${what} of ${path} ${problem}`);
  if (what === 'default' && found.field.schemaDefault !== undefined && !found.inside) {
    report.warn(
      at,
      `${path} is set to ${found.field.schemaDefault} by the API's own schema first, so this default acts only offline`,
    );
  }
  const pointer = formatPointer(tokens);
  const same = leaves.get(pointer);
  if (same !== undefined) {
    if (!isEqualJson(same.value, value)) report.error(at, `${path} already has another ${what} in this rule`);
    return;
  }
  leaves.set(pointer, { kind, tokens, value, place: report.placeOf(at, 'key') });
  if (leaves.size > MAX_LEAVES)
    report.error(at, `a rule may have ${MAX_LEAVES} ${what}s for ${kind}, each field below a group counted`);
}
