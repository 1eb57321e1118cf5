import { type Constraint, parseConstraint } from '../version/constraint.ts';
import { narrow } from '../version/narrow.ts';
import { type Range, toRange } from '../version/range.ts';
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

/** Reads the constraint of a policy. */
export function compileVersionRange(text: string): VersionRangeResult {
  const parsed = parseConstraint(text);
  if (!parsed.ok) return { ok: false, message: parsed.error.message, position: parsed.error.position };
  return { ok: true, range: { text, constraint: parsed.constraint, range: toRange(parsed.constraint) } };
}

/**
 * Whether the version text of a chart reference keeps within a range, and what is left of it there. A narrowed text is offered
 * only after it was compared once more and found inside.
 */
export function compareRange(text: string, within: VersionRange): RangeComparison {
  const result = narrow(text, within.range);
  if (result.kind === 'inside') return { kind: 'inside' };
  if (result.kind === 'invalid') return { kind: 'invalid', message: result.error.message };
  const counterExample = formatVersion(result.counterExample);
  if (result.kind === 'disjoint') return { kind: 'disjoint', counterExample };
  const proven = result.kind === 'narrowed' && narrow(result.text, within.range).kind === 'inside';
  return { kind: 'wider', counterExample, ...(proven ? { narrowed: result.text } : {}) };
}

/** Texts whose comparison is remembered: a cluster has far fewer different ranges for one chart. */
const MAX_REMEMBERED = 256;

/** {@link compareRange} against one range, which remembers its answers: a cluster repeats the same few texts for ever. */
export function rangeComparer(within: VersionRange): (text: string) => RangeComparison {
  const remembered = new Map<string, RangeComparison>();
  return (text) => {
    const known = remembered.get(text);
    if (known !== undefined) return known;
    const comparison = compareRange(text, within);
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(text, comparison);
    return comparison;
  };
}
