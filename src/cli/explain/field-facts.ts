import { isJsonObject, type Json, type JsonObject } from '../../core/json/json.ts';
import { formatPath } from '../../core/json/path.ts';
import { formatPointer, valueAt } from '../../core/json/pointer.ts';
import { type FieldType, fieldPaths } from '../../core/policy/known-fields.ts';
import { RULE_DEFINITIONS } from '../../core/policy/rules/catalogue.ts';
import { effectiveObject, originAt } from '../../core/release/effective.ts';
import type { FieldOfKind } from './find-topic.ts';

/** What is known about one field of one kind. */
export interface FieldFacts {
  readonly kind: string;
  readonly path: string;
  readonly type: string;
  /** The API version that introduced it. */
  readonly since?: string;
  /** What stands for it when nobody writes it, and who fills that in. */
  readonly default?: { readonly value: Json; readonly by: 'api' | 'controller' };
  /** Fields of rules whose reference names it. */
  readonly rules: readonly string[];
  /** Of a group: the fields in it. */
  readonly fields: readonly string[];
}

export function factsOfField({ kind, tokens, field }: FieldOfKind): FieldFacts {
  const path = formatPath(tokens);
  const fallback = defaultOf(kind, tokens);
  return {
    kind,
    path,
    type: field === undefined ? 'group' : typeText(field.type),
    ...(field?.since === undefined ? {} : { since: field.since }),
    ...(fallback === undefined ? {} : { default: fallback }),
    rules: RULE_DEFINITIONS.filter(({ reads }) => reads.some((text) => names(text, path))).map(
      (definition) => definition.field,
    ),
    fields: field === undefined ? fieldPaths(kind).filter((other) => other.startsWith(`${path}.`)) : [],
  };
}

const TYPE_WORDS: Readonly<Record<Extract<FieldType, string>, string>> = {
  boolean: 'true or false',
  integer: 'whole number',
  string: 'text',
  duration: 'duration, such as 30s, 5m or 1h30m',
  durationWithoutHours: 'duration in minutes and seconds, such as 90m or 30s',
  list: 'list',
  strings: 'object of texts',
  json: 'any JSON object',
};

function typeText(type: FieldType): string {
  return typeof type === 'string' ? TYPE_WORDS[type] : `one of ${type.join(', ')}`;
}

/** What the controller sees in an object where all parents of the field are written and the field is not. */
function defaultOf(kind: string, tokens: readonly string[]): FieldFacts['default'] {
  const object = { spec: {}, ...parents(tokens.slice(0, -1)) };
  const version = kind === 'HelmRelease' ? 'v2' : 'v1';
  const effective = effectiveObject({ kind, version, namespace: '<namespace>', name: '<name>', object });
  const value = valueAt(effective.object, tokens);
  const origin = originAt(effective, formatPointer(tokens));
  if (value === undefined || isJsonObject(value) || (origin !== 'api' && origin !== 'controller'))
    return undefined;
  return { value, by: origin };
}

function parents([head, ...rest]: readonly string[]): JsonObject {
  return head === undefined ? {} : { [head]: parents(rest) };
}

/** Whether a text names exactly this path, not a longer one that begins or ends with it. */
function names(text: string, path: string): boolean {
  return text.split(/[^\w.[\]"-]+/).some((word) => word.replace(/\.$/, '') === path);
}
