import { redact } from '../../core/audit/redact.ts';
import type { Json } from '../../core/json/json.ts';
import { stringifyJson } from '../../core/json/stringify.ts';
import { shortText } from '../../core/policy/short-text.ts';

/** The value of a field in one line of JSON, without what its key, or keys in it, name a secret. */
export function shownValue(tokens: readonly string[], value: Json): string {
  const key = tokens.at(-1) ?? '';
  const shown = redact({ [key]: value });
  return shortText(stringifyJson((shown as { readonly [key: string]: Json })[key] ?? null));
}
