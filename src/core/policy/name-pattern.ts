/** A name with `*` in it, each standing for any run of characters, also none. Nothing else is special. */
export interface NamePattern {
  readonly text: string;
  /** What stands between the stars, first and last part included. */
  readonly parts: readonly string[];
}

export function compileNamePattern(text: string): NamePattern {
  return { text, parts: text.split('*') };
}

/** Linear in the name for each part: parts between the stars are looked for from left to right, never again. */
export function matchesName(pattern: NamePattern, name: string): boolean {
  const first = pattern.parts[0] ?? '';
  if (pattern.parts.length === 1) return name === first;
  const last = pattern.parts.at(-1) ?? '';
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last))
    return false;
  const end = name.length - last.length;
  let at = first.length;
  for (const part of pattern.parts.slice(1, -1)) {
    const found = name.indexOf(part, at);
    if (found === -1 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

/** Whether the beginnings, and the endings, of two patterns with stars agree as far as both go: most pairs do not. */
function canMeet(left: NamePattern, right: NamePattern): boolean {
  const [a = '', b = ''] = [left.parts[0], right.parts[0]];
  const [y = '', z = ''] = [left.parts.at(-1), right.parts.at(-1)];
  return (a.startsWith(b) || b.startsWith(a)) && (y.endsWith(z) || z.endsWith(y));
}

/**
 * Whether some name matches both patterns. Patterns are at most 253 characters (a DNS name), which bounds the table.
 *
 * `reachable[j]` says that the first i characters of `left` and the first j of `right` can stand for one text. A star
 * can stand for nothing (step over it) or swallow one more character, or star, of the other side.
 */
export function canMatchSameName(left: NamePattern, right: NamePattern): boolean {
  if (left.parts.length === 1) return matchesName(right, left.text);
  if (right.parts.length === 1) return matchesName(left, right.text);
  if (!canMeet(left, right)) return false;
  const a = left.text;
  const b = right.text;
  let reachable: boolean[] = [true];
  for (let j = 1; j <= b.length; j += 1) reachable.push(b[j - 1] === '*' && reachable[j - 1] === true);
  for (let i = 1; i <= a.length; i += 1) {
    const starA = a[i - 1] === '*';
    const next: boolean[] = [starA && reachable[0] === true];
    for (let j = 1; j <= b.length; j += 1) {
      const star = starA || b[j - 1] === '*';
      const step = (star || a[i - 1] === b[j - 1]) && reachable[j - 1] === true;
      next.push(step || (star && (reachable[j] === true || next[j - 1] === true)));
    }
    reachable = next;
  }
  return reachable[b.length] === true;
}
