import { isJsonObject, type Json } from '../json/json.ts';
import { type SecretLine, secretLineOf } from './secret-line.ts';
import { isFolderName, isKeyBeside, isPasswordName, isSecretName } from './secret-name.ts';
import { isPlaceholder, type SecretShape, secretShapeOf } from './secret-shape.ts';
import { coversPlace, type ValuePath } from './value-path.ts';

/** A value that looks like a secret. What it is stays out: messages and logs must not hold it. */
export interface PlainSecret {
  readonly tokens: readonly string[];
  readonly why: SecretShape | SecretLine | 'named';
}

export interface SecretScan {
  readonly secrets: readonly PlainSecret[];
  /** False when the scan ended early, with as many secrets as were asked for. */
  readonly complete: boolean;
  /** Values looked at: each one once. */
  readonly visited: number;
}

/** A value still to be looked at, linked to its parent: paths are written out for findings only. */
interface Pending {
  readonly value: Json;
  readonly key: string;
  readonly parent: Pending | undefined;
  /** The key by which it is judged: an item of a list, and the value of a `{name, value}`, have another's. */
  readonly name: string;
}

/**
 * Looks through values for what should be in a Secret: texts below a key that names one, also as `{name: DB_PASSWORD, value: ...}` and
 * `password: {value: ...}`, texts that look like one, and texts with a line that names one. Empty values, placeholders, true and false
 * pass, and so does what lies at or below `except`. Linear in the values, without recursion; ends after `limit` finds.
 */
export function findPlainSecrets(values: Json, except: readonly ValuePath[], limit: number): SecretScan {
  const secrets: PlainSecret[] = [];
  const pending: Pending[] = [{ value: values, key: '', parent: undefined, name: '' }];
  let visited = 0;
  for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
    visited += 1;
    const { value } = item;
    if (typeof value === 'object' && value !== null) {
      pushChildren(item, pending);
      continue;
    }
    const why = whySecret(value, item.name);
    if (why === undefined) continue;
    const tokens = tokensOf(item);
    if (except.some((path) => coversPlace(path, tokens))) continue;
    if (secrets.length === limit) return { secrets, complete: false, visited };
    secrets.push({ tokens, why });
  }
  return { secrets, complete: true, visited };
}

/** Adds the children of a list or an object, last first: the stack gives them back in order. */
function pushChildren(item: Pending, pending: Pending[]): void {
  const { value } = item;
  if (Array.isArray(value)) {
    const items = value as readonly Json[];
    for (let at = items.length - 1; at >= 0; at -= 1)
      pending.push({ value: items[at] ?? null, key: String(at), parent: item, name: item.name });
  } else if (isJsonObject(value)) {
    const keys = Object.keys(value);
    const named = value['name'] ?? value['key'];
    for (let at = keys.length - 1; at >= 0; at -= 1) {
      const key = keys[at] ?? '';
      const child = value[key];
      if (child !== undefined)
        pending.push({ value: child, key, parent: item, name: nameOf(key, keys, named, item.name) });
    }
  }
}

/** The name by which a member is judged: the value of a `{name, value}` has the name's, or that of the whole. */
function nameOf(key: string, keys: readonly string[], named: Json | undefined, above: string): string {
  if (key !== 'value') return isKeyBeside(key, keys) ? '' : key;
  return typeof named === 'string' && (isSecretName(named) || !isSecretName(above)) ? named : above;
}

function tokensOf(item: Pending): readonly string[] {
  const tokens: string[] = [];
  for (let at = item; at.parent !== undefined; at = at.parent) tokens.push(at.key);
  return tokens.reverse();
}

function whySecret(value: Json, name: string): PlainSecret['why'] | undefined {
  if (typeof value === 'number' || typeof value === 'bigint')
    return isPasswordName(name) ? 'named' : undefined;
  if (typeof value !== 'string' || isHarmless(value)) return undefined;
  if (isSecretName(name) && !(isFolderName(name) && value.startsWith('/'))) return 'named';
  return secretShapeOf(value) ?? secretLineOf(value);
}

function isHarmless(text: string): boolean {
  return text.trim() === '' || text === 'true' || text === 'false' || isPlaceholder(text);
}
