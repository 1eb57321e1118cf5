/** A stretch of two lists of lines that differs: `removed` lines of the old one from `before`, `added` of the new one from `after`. */
export interface LineChange {
  readonly before: number;
  readonly removed: number;
  readonly after: number;
  readonly added: number;
}

/** Lines on both sides together that are looked through for where two texts meet again; the edits of one object are a few dozen. */
const MAX_AHEAD = 2_000;

/** Where two texts differ, line by line. Short where edits are small, and always right; not always the shortest there is. */
export function diffLines(before: readonly string[], after: readonly string[]): readonly LineChange[] {
  const changes: LineChange[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && before[i] === after[j]) {
      i += 1;
      j += 1;
      continue;
    }
    const [removed, added] = meetAgain(before, after, i, j);
    changes.push({ before: i, removed, after: j, added });
    i += removed;
    j += added;
  }
  return changes;
}

/** How many lines of each side are to be passed until both go on alike, or end. A bracket or a blank line alone may be equal by chance. */
function meetAgain(
  before: readonly string[],
  after: readonly string[],
  i: number,
  j: number,
): readonly [removed: number, added: number] {
  const rest = [before.length - i, after.length - j] as const;
  for (let sum = 1; sum <= Math.min(MAX_AHEAD, rest[0] + rest[1]); sum += 1) {
    for (let removed = Math.max(0, sum - rest[1]); removed <= Math.min(sum, rest[0]); removed += 1) {
      const added = sum - removed;
      const [a, b] = [i + removed, j + added];
      if (before[a] !== after[b]) continue;
      if (before[a + 1] === after[b + 1] || (before[a] ?? '').trim().length > 2) return [removed, added];
    }
  }
  return rest;
}
