import type { Json } from '../json/json.ts';

/** What stands in the place of a secret. */
export const REDACTED = '[redacted]';

/** A row's strings are names, messages and command lines; a longer one is somebody's attempt to fill the log. */
export const MAX_STRING_LENGTH = 4_096;

/** Keys whose text value is taken for a secret, whatever it is. References (`secretRef: {name}`) hold objects and pass. */
const SECRET_KEY =
  /^secret$|pass(?:word|wd|phrase)|token|api[-_]?key|private[-_]?key|access[-_]?key|client[-_]?secret|authorization|credential|cookie/i;
/** Credentials in a URL (RFC 3986, 3.2.1). */
const URL_USERINFO = /\/\/[^/?#\s@]*@/g;
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g;
/** `Bearer`/`Basic` and what follows, as an HTTP header or an error text quotes it. */
const HTTP_CREDENTIAL = /\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi;

/**
 * A copy of a value without what looks like a secret: credentials in URLs and headers, private keys, and the text below keys
 * that name one. It is the second line: records are made of names, paths and digests in the first place.
 */
export function redact(value: Json): Json {
  if (typeof value === 'string') return redactText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(redact);
  const entries = Object.entries(value).flatMap(([key, member]): [string, Json][] =>
    member === undefined ? [] : [[key, isSecret(key, member) ? REDACTED : redact(member)]],
  );
  return withJudgedPath(Object.fromEntries(entries));
}

/** Whether a key, or the last part of a dotted path, names a secret. */
export function namesSecret(path: string): boolean {
  return SECRET_KEY.test(path.slice(path.lastIndexOf('.') + 1));
}

/** Whether a text holds credentials, wherever it stands. */
export function looksSecret(text: string): boolean {
  if (text.includes('PRIVATE KEY-----')) return true;
  if (text.includes('@') && text.search(URL_USERINFO) !== -1) return true;
  return text.includes(' ') && text.search(HTTP_CREDENTIAL) !== -1;
}

function isSecret(key: string, member: Json): boolean {
  return (typeof member === 'string' || typeof member === 'number') && member !== '' && SECRET_KEY.test(key);
}

/** A finding names the field it judged in `path`: when that is a secret's, what was found there goes. */
function withJudgedPath(object: Readonly<Record<string, Json>>): Json {
  const { path, found } = object;
  return found !== undefined && typeof path === 'string' && namesSecret(path)
    ? { ...object, found: REDACTED }
    : object;
}

function redactText(text: string): string {
  const cut = text.length > MAX_STRING_LENGTH ? `${text.slice(0, MAX_STRING_LENGTH)}[cut]` : text;
  let clean = cut.includes('@') ? cut.replace(URL_USERINFO, `//${REDACTED}@`) : cut;
  if (clean.includes('PRIVATE KEY-----')) clean = clean.replace(PRIVATE_KEY, REDACTED);
  return clean.includes(' ') ? clean.replace(HTTP_CREDENTIAL, `$1 ${REDACTED}`) : clean;
}
