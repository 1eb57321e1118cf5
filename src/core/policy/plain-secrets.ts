import { namesSecret } from '../audit/redact.ts';
import { isJsonObject, type Json } from '../json/json.ts';
import { isPlaceholder, type SecretShape, secretShapeOf } from './secret-shape.ts';
import { coversPlace, type ValuePath } from './value-path.ts';

/** A value that looks like a secret. What it is stays out: messages and logs must not hold it. */
export interface PlainSecret {
  readonly tokens: readonly string[];
  readonly why: SecretShape | 'named';
}

export interface SecretScan {
  readonly secrets: readonly PlainSecret[];
  /** False when the scan ended early, with as many secrets as were asked for. */
  readonly complete: boolean;
  /** Values looked at: each one once. */
  readonly visited: number;
}

/** Names besides those that the audit log redacts. */
const SECRET_NAME = /(?:jwt|shared|webhook|signing|hmac|session|app)[-_]?secret$/i;
/**
 * Behind a name of a secret these say something about it, or where it is: `passwordKey` and `tokenSecretName` lead to a Secret,
 * `tokenTTL` is a time.
 */
const ABOUT_SECRET =
  /[-_]?(?:name|ref|key|file|path|dir|secret|secretname|env|field|header|type|kind|id|prefix|provider|policy|version|mode|issuer|audience|length|size|ttl|expiry|expiration|duration|seconds|minutes|hours|lifetime|timeout|interval|enabled|disabled|required|domain|host|url|uri|endpoint|role|user|username|namespace|annotations|labels)s?$/i;
const PASSWORD_NAME = /pass(?:word|wd|phrase)s?$/i;

/** A value still to be looked at, linked to its parent: paths are written out for findings only. */
interface Pending {
  readonly value: Json;
  readonly key: string;
  readonly parent: Pending | undefined;
  /** The key by which it is judged: an item of a list, and the value of a `{name, value}`, have another's. */
  readonly name: string;
}

/**
 * Looks through values for what should be in a Secret: texts below a key that names one, also as `{name: DB_PASSWORD, value: ...}`, and texts
 * that look like one. Empty values, placeholders, true and false pass, and so does what lies at or below `except`. Linear in the
 * values, without recursion; ends after `limit` finds.
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
      const name = key === 'value' && typeof named === 'string' ? named : key;
      if (child !== undefined) pending.push({ value: child, key, parent: item, name });
    }
  }
}

function tokensOf(item: Pending): readonly string[] {
  const tokens: string[] = [];
  for (let at = item; at.parent !== undefined; at = at.parent) tokens.push(at.key);
  return tokens.reverse();
}

function whySecret(value: Json, name: string): PlainSecret['why'] | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') {
    return PASSWORD_NAME.test(name) ? 'named' : undefined;
  }
  if (typeof value !== 'string' || isHarmless(value)) return undefined;
  return isSecretName(name) ? 'named' : secretShapeOf(value);
}

function isHarmless(text: string): boolean {
  return text.trim() === '' || text === 'true' || text === 'false' || isPlaceholder(text);
}

function isSecretName(name: string): boolean {
  const last = name.slice(-MAX_NAME_LENGTH);
  const about = ABOUT_SECRET.exec(last);
  if (about !== null && about.index > 0 && namesItself(last.slice(0, about.index))) return false;
  return namesItself(last);
}

/** A name longer than this is no name; its end decides. */
const MAX_NAME_LENGTH = 256;

function namesItself(name: string): boolean {
  return namesSecret(name) || SECRET_NAME.test(name);
}
