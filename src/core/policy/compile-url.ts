import type { JsonObject } from '../json/json.ts';
import { type CanonicalUrl, parseCanonicalUrl } from './canonical-url.ts';
import type { RuleContext } from './rule-definition.ts';

/** JSON Schema of a URL in a policy file. */
export const SOURCE_URL_SCHEMA: JsonObject = {
  type: 'string',
  minLength: 1,
  maxLength: 2048,
  description: 'A URL in canonical form.',
};

/** A URL of a policy file; undefined after the error was reported. */
export function compileUrl(
  url: string,
  at: readonly string[],
  context: RuleContext,
): CanonicalUrl | undefined {
  const parsed = parseCanonicalUrl(url);
  if (parsed.ok) return parsed.url;
  context.error(
    at,
    `the URL is not in canonical form: ${parsed.problem}`,
    parsed.hint === undefined ? undefined : `write ${parsed.hint}`,
  );
  return undefined;
}
