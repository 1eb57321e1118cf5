import { type Constraint, parseConstraint } from '../version/constraint.ts';
import { intersect, isEmpty, isEqualRange, isSubset, type Range, toRange } from '../version/range.ts';
import { formatRelease } from '../version/release-number.ts';
import { formatVersion } from '../version/version.ts';

/** A constraint with the versions it admits, computed once. */
export interface VersionRange {
  readonly text: string;
  readonly constraint: Constraint;
  readonly range: Range;
}

export type RangeComparison =
  /** Every version that the text can ever match is within. */
  | { readonly kind: 'inside' }
  /** Some are and some are not; `narrowed` admits exactly the ones within, absent when no constraint says so. */
  | { readonly kind: 'wider'; readonly counterExample: string; readonly narrowed?: string }
  | { readonly kind: 'disjoint'; readonly counterExample: string }
  | { readonly kind: 'invalid'; readonly message: string };

export type VersionRangeResult =
  | { readonly ok: true; readonly range: VersionRange }
  | { readonly ok: false; readonly message: string; readonly position: number };

/** Reads a constraint as Flux does: an empty text means `*`. */
export function compileVersionRange(text: string): VersionRangeResult {
  const parsed = parseConstraint(text.trim() === '' ? '*' : text);
  if (!parsed.ok) return { ok: false, message: parsed.error.message, position: parsed.error.position };
  return { ok: true, range: { text, constraint: parsed.constraint, range: toRange(parsed.constraint) } };
}

/** Whether a constraint keeps within another, and what is left of it there. */
export function compareRange(text: string, within: VersionRange): RangeComparison {
  const asked = compileVersionRange(text);
  if (!asked.ok) return { kind: 'invalid', message: asked.message };
  const subset = isSubset(asked.range.range, within.range);
  if (subset.subset) return { kind: 'inside' };
  const counterExample = formatVersion(subset.counterExample);
  const common = intersect(asked.range.range, within.range);
  if (isEmpty(common)) return { kind: 'disjoint', counterExample };
  const narrowed = printed(common, within);
  return narrowed === undefined
    ? { kind: 'wider', counterExample }
    : { kind: 'wider', counterExample, narrowed };
}

function printed(common: Range, within: VersionRange): string | undefined {
  if (isEqualRange(common, within.range)) return within.text;
  const [span, ...more] = common.stable;
  if (span === undefined || more.length > 0 || common.prerelease.length > 0) return undefined;
  const text = `>=${formatRelease(span.from)} <${formatRelease(span.to)}`;
  const read = compileVersionRange(text);
  return read.ok && isEqualRange(read.range.range, common) ? text : undefined;
}
