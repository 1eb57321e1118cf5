import { RELEASE_END, type ReleaseNumber } from './release-number.ts';

/** The releases from `from` up to, but without, `to`. */
export interface StableSpan {
  readonly from: ReleaseNumber;
  readonly to: ReleaseNumber;
}

/** A set of releases: spans that are not empty, ascend, and neither overlap nor touch. Equal sets look equal. */
export type StableSet = readonly StableSpan[];

export const ALL_STABLE: StableSet = [{ from: 0n, to: RELEASE_END }];

/** Any spans as a set. */
export function normaliseStable(spans: readonly StableSpan[]): StableSet {
  const sorted = spans.filter((span) => span.from < span.to).sort((a, b) => (a.from < b.from ? -1 : 1));
  const result: StableSpan[] = [];
  for (const span of sorted) {
    const last = result.at(-1);
    if (last === undefined || last.to < span.from) result.push(span);
    else if (last.to < span.to) result[result.length - 1] = { from: last.from, to: span.to };
  }
  return result;
}

export function intersectStable(left: StableSet, right: StableSet): StableSet {
  const result: StableSpan[] = [];
  let l = 0;
  let r = 0;
  for (;;) {
    const a = left[l];
    const b = right[r];
    if (a === undefined || b === undefined) return result;
    const from = a.from > b.from ? a.from : b.from;
    const to = a.to < b.to ? a.to : b.to;
    if (from < to) result.push({ from, to });
    if (a.to < b.to) l += 1;
    else r += 1;
  }
}

export function complementStable(set: StableSet): StableSet {
  const result: StableSpan[] = [];
  let from = 0n;
  for (const span of set) {
    if (from < span.from) result.push({ from, to: span.from });
    from = span.to;
  }
  if (from < RELEASE_END) result.push({ from, to: RELEASE_END });
  return result;
}

export function subtractStable(left: StableSet, right: StableSet): StableSet {
  return intersectStable(left, complementStable(right));
}
