import type { Json } from './json.ts';
import { valueAt } from './pointer.ts';

/** The text at the end of the tokens; undefined when nothing or something else stands there. */
export function textAt(root: Json | undefined, tokens: readonly string[]): string | undefined {
  const value = valueAt(root, tokens);
  return typeof value === 'string' ? value : undefined;
}
