import { parsePointer } from './pointer.ts';

const PLAIN_TOKEN = /^[A-Za-z0-9_-]+$/;

/**
 * Reads the path of a field as people write it: dotted (`spec.install.remediation.retries`), or, for keys that hold
 * dots, an RFC 6901 pointer (`/spec/values/my.key`). Undefined when it is neither, or has an empty part.
 */
export function parsePath(text: string): readonly string[] | undefined {
  const tokens = text.startsWith('/') ? parsePointer(text) : text.split('.');
  return tokens === undefined || tokens.length === 0 || tokens.includes('') ? undefined : tokens;
}

/** Writes tokens for people: dotted, and a part that holds anything else than letters, digits, `_`, `-` as `["..."]`. */
export function formatPath(tokens: readonly string[]): string {
  let path = '';
  for (const token of tokens) {
    if (!PLAIN_TOKEN.test(token)) path += `[${JSON.stringify(token)}]`;
    else path += path === '' ? token : `.${token}`;
  }
  return path;
}
