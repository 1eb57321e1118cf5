/**
 * As much of the API server as ownership needs: server-side apply, client-side apply (kubectl's three-way merge) and plain updates of
 * one object, with managedFields computed before the mutating webhook is called, as the real one does it. Lists are atomic.
 */
import { applyPatch } from '../../../src/core/json/apply.ts';
import { isEqualJson } from '../../../src/core/json/equal.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../src/core/json/json.ts';
import type { PatchOperation } from '../../../src/core/json/patch.ts';
import { valueAt, withoutKeyAt, withValueAt } from '../../../src/core/json/pointer.ts';

/** The webhook: the object that came, and the stored one. */
export type Webhook = (object: JsonObject, oldObject: JsonObject | undefined) => readonly PatchOperation[];

interface Manager {
  readonly operation: 'Apply' | 'Update';
  readonly fields: ReadonlyMap<string, readonly string[]>;
}

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

export class FakeApiServer {
  stored: JsonObject | undefined;
  generation = 0;
  /** Raised by each write that changes the object in any way. */
  resourceVersion = 0;
  /** Requests that reached the webhook. */
  calls = 0;
  webhook: Webhook;
  readonly #managers = new Map<string, Manager>();

  constructor(webhook: Webhook) {
    this.webhook = webhook;
  }

  serverSideApply(manager: string, config: JsonObject): void {
    const wanted = leavesOf(config);
    let merged = this.stored ?? {};
    const mine = this.#managers.get(`${manager}/Apply`)?.fields ?? new Map<string, readonly string[]>();
    for (const [key, tokens] of mine) {
      if (!wanted.has(key) && !this.#ownedByOther(key, `${manager}/Apply`)) merged = prune(merged, tokens);
    }
    for (const tokens of wanted.values()) {
      const value = valueAt(config, tokens) ?? null;
      const there = valueAt(merged, tokens);
      if (isEmptyObject(value) && isJsonObject(there)) continue;
      merged = withValueAt(merged, tokens, value);
    }
    this.#managers.set(`${manager}/Apply`, { operation: 'Apply', fields: wanted });
    this.#write(merged);
  }

  /** False when kubectl would have nothing to send. */
  clientSideApply(config: JsonObject): boolean {
    const annotated = withValueAt(config, ['metadata', 'annotations', LAST_APPLIED], JSON.stringify(config));
    if (this.stored === undefined) {
      this.update('kubectl-client-side-apply', () => annotated);
      return true;
    }
    const last = JSON.parse(
      String(valueAt(this.stored, ['metadata', 'annotations', LAST_APPLIED]) as string),
    ) as JsonObject;
    const modified = threeWay(last, annotated, this.stored);
    if (isEqualJson(modified, this.stored)) return false;
    this.update('kubectl-client-side-apply', () => modified);
    return true;
  }

  update(manager: string, change: (object: JsonObject) => JsonObject): void {
    const before = withoutKeyAt(this.stored ?? {}, ['metadata', 'managedFields']);
    const after = withoutKeyAt(change(before), ['metadata', 'managedFields']);
    const owned = new Map(this.#managers.get(`${manager}/Update`)?.fields);
    const was = leavesOf(before);
    const is = leavesOf(after);
    for (const [key, tokens] of is) {
      if (was.has(key) && isEqualJson(valueAt(before, tokens), valueAt(after, tokens))) continue;
      owned.set(key, tokens);
      for (const parent of newParents(before, tokens)) owned.set(keyOf([...parent, '.']), [...parent, '.']);
      this.#dropFromOthers(key, `${manager}/Update`);
    }
    for (const [key] of was) if (!is.has(key)) this.#dropFromOthers(key, '');
    for (const [key] of was) if (!is.has(key)) owned.delete(key);
    this.#managers.set(`${manager}/Update`, { operation: 'Update', fields: owned });
    this.#write(after);
  }

  #write(incoming: JsonObject): void {
    this.calls += 1;
    const request = withValueAt(incoming, ['metadata', 'managedFields'], this.#managedFields());
    const patched = applyPatch(request, this.webhook(request, this.stored)) as JsonObject;
    const before = this.stored;
    this.stored = patched;
    if (before === undefined || !isEqualJson(before['spec'], patched['spec'])) this.generation += 1;
    if (!isEqualJson(before, patched)) this.resourceVersion += 1;
  }

  #managedFields(): readonly JsonObject[] {
    return [...this.#managers]
      .filter(([, { fields }]) => fields.size > 0)
      .map(([name, { operation, fields }]) => {
        let fieldsV1: JsonObject = {};
        for (const tokens of fields.values()) {
          const path = tokens.map((token) => (token === '.' ? '.' : `f:${token}`));
          if (valueAt(fieldsV1, path) === undefined) fieldsV1 = withValueAt(fieldsV1, path, {});
        }
        return { manager: name.split('/')[0] ?? '', operation, fieldsType: 'FieldsV1', fieldsV1 };
      });
  }

  #ownedByOther(key: string, self: string): boolean {
    return [...this.#managers].some(([name, { fields }]) => name !== self && fields.has(key));
  }

  #dropFromOthers(key: string, self: string): void {
    for (const [name, { operation, fields }] of this.#managers) {
      if (name === self || !fields.has(key)) continue;
      this.#managers.set(name, {
        operation,
        fields: new Map([...fields].filter(([other]) => other !== key)),
      });
    }
  }
}

/** Leaf fields: scalars, lists and empty objects. apiVersion, kind and identity are owned by nobody. */
function leavesOf(object: JsonObject): ReadonlyMap<string, readonly string[]> {
  const leaves = new Map<string, readonly string[]>();
  const walk = (value: Json | undefined, tokens: readonly string[]) => {
    if (isJsonObject(value) && !isEmptyObject(value)) {
      for (const [key, item] of Object.entries(value)) walk(item, [...tokens, key]);
    } else if (value !== undefined) leaves.set(keyOf(tokens), tokens);
  };
  walk(object['spec'], ['spec']);
  walk(valueAt(object, ['metadata', 'labels']), ['metadata', 'labels']);
  walk(valueAt(object, ['metadata', 'annotations']), ['metadata', 'annotations']);
  return new Map([...leaves].filter(([, tokens]) => tokens.length > 2 || tokens[0] === 'spec')).set(
    keyOf(['apiVersion']),
    ['apiVersion'],
  );
}

function newParents(before: JsonObject, tokens: readonly string[]): readonly (readonly string[])[] {
  return tokens
    .slice(1, -1)
    .map((_token, index) => tokens.slice(0, index + 2))
    .filter((parent) => valueAt(before, parent) === undefined);
}

function prune(object: JsonObject, tokens: readonly string[]): JsonObject {
  let result = withoutKeyAt(object, tokens);
  for (let length = tokens.length - 1; length > 1; length -= 1) {
    const value = valueAt(result, tokens.slice(0, length));
    if (value === undefined || !isEmptyObject(value)) break;
    result = withoutKeyAt(result, tokens.slice(0, length));
  }
  return result;
}

/** kubectl's JSON merge patch for kinds that it has no schema of, applied to the live object. */
function threeWay(last: JsonObject, wanted: JsonObject, live: JsonObject): JsonObject {
  const result = new Map(Object.entries(live));
  for (const key of Object.keys(last)) if (!Object.hasOwn(wanted, key)) result.delete(key);
  for (const [key, value] of Object.entries(wanted)) {
    const [before, now] = [last[key], live[key]];
    if (isJsonObject(value) && isJsonObject(now)) {
      result.set(key, threeWay(isJsonObject(before) ? before : {}, value, now));
    } else result.set(key, value);
  }
  return Object.fromEntries(result);
}

function isEmptyObject(value: Json): boolean {
  return isJsonObject(value) && Object.keys(value).length === 0;
}

function keyOf(tokens: readonly string[]): string {
  return tokens.join('\u0000');
}
