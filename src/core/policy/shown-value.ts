import type { Json } from '../json/json.ts';
import { redactUrl } from './canonical-url.ts';
import { shortText } from './short-text.ts';

/**
 * A value of a field as findings and records may show it: a single text, number or truth value, never below `spec.values`, and
 * without the credentials of a URL. Undefined for all others: lists and objects may hold secrets anywhere.
 */
export function shownValue(tokens: readonly string[], value: Json | undefined): Json | undefined {
  if (tokens[1] === 'values' || typeof value === 'object' || value === undefined) return undefined;
  if (typeof value !== 'string') return value;
  return shortText(value.includes('://') ? redactUrl(value) : value);
}
