import { type ConstraintError, type ConstraintResult, parseConstraint } from './constraint.ts';
import { type PrintError, printRange } from './print-range.ts';
import { intersect, isEmpty, isSubset, type Range, toRange } from './range.ts';
import type { Version } from './version.ts';

/** How a chart version text relates to the range that a policy admits. */
export type NarrowResult =
  /** Every version that the text can ever match is admitted; the text stays as it is. */
  | { readonly kind: 'inside' }
  /** The text reaches outside, as `counterExample` shows; `text` matches exactly the versions that both admit. */
  | { readonly kind: 'narrowed'; readonly text: string; readonly counterExample: Version }
  /** No version that the text matches is admitted. */
  | { readonly kind: 'disjoint'; readonly counterExample: Version }
  /** The text reaches outside, and the admitted part has no exact text: to be denied, never approximated. */
  | { readonly kind: 'unprintable'; readonly counterExample: Version; readonly error: PrintError }
  | { readonly kind: 'invalid'; readonly error: ConstraintError };

/** Reads the `version` of a chart reference, where the empty text means `*`, as Helm and Flux take it. */
export function parseChartVersion(text: string): ConstraintResult {
  return parseConstraint(text === '' ? '*' : text);
}

/**
 * Compares a chart version text with the range admitted, and narrows it where it reaches outside.
 *
 * A text that matches no version at all is inside. Narrowing twice changes nothing: what was narrowed is inside.
 */
export function narrow(text: string, within: Range): NarrowResult {
  const parsed = parseChartVersion(text);
  if (!parsed.ok) return { kind: 'invalid', error: parsed.error };
  const range = toRange(parsed.constraint);
  const inside = isSubset(range, within);
  if (inside.subset) return { kind: 'inside' };
  const { counterExample } = inside;
  const common = intersect(range, within);
  if (isEmpty(common)) return { kind: 'disjoint', counterExample };
  const printed = printRange(common);
  if (!printed.ok) return { kind: 'unprintable', counterExample, error: printed.error };
  return { kind: 'narrowed', text: printed.text, counterExample };
}
