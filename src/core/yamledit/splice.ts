/** A piece of a text that is replaced: from `start` up to `end`, which is not part of it. Offsets in UTF-16 units. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The text with all pieces replaced. Pieces may touch and must not overlap; insertions at one place keep their order. */
export function applySplices(text: string, splices: readonly Splice[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const { start, end, text: piece } of splices.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    if (start < at || end < start || end > text.length) throw new Error(`edits overlap at offset ${start}`);
    parts.push(text.slice(at, start), piece);
    at = end;
  }
  return parts.join('') + text.slice(at);
}
