import { parseJson } from '../json/parse.ts';

/** Keywords whose text makes a JSON Schema compiler load what it names. */
const REFERENCES: ReadonlySet<string> = new Set(['$ref', '$dynamicRef', '$recursiveRef']);

/** Meta-schemas that every compiler carries itself (drafts 4, 6, 7, 2019-09, 2020-12). */
const KNOWN_SCHEMAS =
  /^https?:\/\/json-schema\.org\/(?:draft-0[467]\/schema|draft\/20(?:19-09|20-12)\/schema|schema)#?$/;

export type SchemaVerdict = { readonly ok: true } | { readonly ok: false; readonly message: string };

/**
 * Whether a values.schema.json stays within itself. helm resolves any other `$ref`, over HTTP or from local files, while
 * it renders; so every reference must start with `#`, and `$schema` must be a draft that needs no fetching.
 */
export function checkSchemaReferences(text: string): SchemaVerdict {
  const parsed = parseJson(text, false);
  if (!parsed.ok) return { ok: false, message: 'not JSON' };
  const pending: unknown[] = [parsed.value];
  while (pending.length > 0) {
    const value = pending.pop();
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, child] of Object.entries(value)) {
      if (typeof child === 'object') pending.push(child);
      if (typeof child !== 'string' || Array.isArray(value)) continue;
      const leaves = REFERENCES.has(key)
        ? !child.startsWith('#')
        : key === '$schema' && !KNOWN_SCHEMAS.test(child);
      if (leaves)
        return { ok: false, message: `${key} ${JSON.stringify(child.slice(0, 200))} leaves the file` };
    }
  }
  return { ok: true };
}
