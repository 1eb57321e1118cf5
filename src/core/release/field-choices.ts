/**
 * What only the author of an object may choose, by the tables of defaults: whether a release has a chart or a reference to one, goes to
 * another cluster, verifies signatures. A field below a group that is such a choice exists only where the group is written; adding it
 * elsewhere would make the choice, or an object that the API refuses.
 */
import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';
import { formatPath } from '../json/path.ts';
import { valueAt } from '../json/pointer.ts';
import { defaultsOf } from './effective.ts';
import type { FieldGroup, FieldNode } from './field-defaults.ts';

/** What must be written in an object before a field can be added to it: a group, or a field with this value. */
export interface FieldChoice {
  readonly tokens: readonly string[];
  readonly value?: string;
}

/** The choice on which a field of a kind depends, the innermost where one lies in another; undefined when a policy may add the field. */
export function choiceFor(kind: string, tokens: readonly string[]): FieldChoice | undefined {
  let choice: FieldChoice | undefined;
  let node: FieldNode | undefined = defaultsOf(kind);
  for (let length = 1; node?.is === 'group' && length < tokens.length; length += 1) {
    const at = tokens.slice(0, length);
    // The spec itself is always there.
    if (node.chosen && length > 1) choice = { tokens: at };
    node = fieldOf(node, tokens[length] ?? '');
    if (node?.is === 'field' && node.onlyBeside !== undefined)
      choice = { tokens: [...at, node.onlyBeside.field], value: node.onlyBeside.value };
  }
  return choice;
}

/** Whether an object has what was chosen, or nothing need be. */
export function isChosen(object: JsonObject, choice: FieldChoice | undefined): boolean {
  if (choice === undefined) return true;
  const { tokens, value } = choice;
  const written = valueAt(object, tokens);
  return value === undefined ? written !== undefined && written !== null : written === value;
}

/** `spec.kubeConfig is written`, `spec.upgrade.strategy.name is RetryOnFailure`. */
export function choiceText({ tokens, value }: FieldChoice): string {
  return `${formatPath(tokens)} is ${value ?? 'written'}`;
}

/** A field of an object that the API refuses for what stands beside it; undefined when there is none. */
export function misplacedField(
  kind: string,
  object: JsonObject,
): { readonly path: string; readonly message: string } | undefined {
  const group = defaultsOf(kind);
  return group === undefined ? undefined : misplacedIn(group, valueAt(object, ['spec']), ['spec']);
}

function misplacedIn(
  group: FieldGroup,
  value: Json | undefined,
  at: readonly string[],
): ReturnType<typeof misplacedField> {
  if (!isJsonObject(value)) return undefined;
  for (const [key, node] of Object.entries(group.fields)) {
    const tokens = [...at, key];
    if (node.is === 'group') {
      const found = misplacedIn(node, value[key], tokens);
      if (found !== undefined) return found;
    } else if (node.is === 'field' && node.onlyBeside !== undefined && (value[key] ?? null) !== null) {
      const { field, value: wanted } = node.onlyBeside;
      const path = formatPath(tokens);
      if (value[field] !== wanted)
        return {
          path,
          message: `${path} can only be set where ${choiceText({ tokens: [...at, field], value: wanted })}`,
        };
    }
  }
  return undefined;
}

function fieldOf({ fields }: FieldGroup, key: string): FieldNode | undefined {
  return Object.hasOwn(fields, key) ? fields[key] : undefined;
}
