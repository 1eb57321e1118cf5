/** Where a value stands in a JSON text: `text.slice(start, end)`. */
export interface JsonSpan {
  readonly start: number;
  readonly end: number;
}

/**
 * Finds the value under a path of object keys without parsing the rest, so that it can be replaced and everything else stays
 * byte for byte. Keys with escapes are not found. Undefined when there is no such value; the text must be valid JSON.
 */
export function findJsonSpan(text: string, path: readonly string[]): JsonSpan | undefined {
  let at = skipSpace(text, 0);
  for (const wanted of path) {
    if (text[at] !== '{') return undefined;
    const found = findKey(text, at + 1, wanted);
    if (found === undefined) return undefined;
    at = found;
  }
  return { start: at, end: skipValue(text, at) };
}

/** Start of the value of a key, looked for from just after the object's brace. */
function findKey(text: string, from: number, wanted: string): number | undefined {
  let at = skipSpace(text, from);
  while (text[at] === '"') {
    const keyEnd = skipString(text, at);
    const key = text.slice(at + 1, keyEnd - 1);
    const value = skipSpace(text, skipSpace(text, keyEnd) + 1);
    if (key === wanted) return value;
    at = skipSpace(text, skipValue(text, value));
    if (text[at] !== ',') return undefined;
    at = skipSpace(text, at + 1);
  }
  return undefined;
}

function skipValue(text: string, from: number): number {
  const first = text[from];
  if (first === '"') return skipString(text, from);
  if (first !== '{' && first !== '[') {
    let at = from;
    while (at < text.length && !',]} \n\r\t'.includes(text[at] ?? '')) at += 1;
    return at;
  }
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    const char = text[at];
    if (char === '"') at = skipString(text, at) - 1;
    else if (char === '{' || char === '[') depth += 1;
    else if (char === '}' || char === ']') {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return text.length;
}

/** Just after the closing quote. */
function skipString(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (' \n\r\t'.includes(text[at] ?? '-')) at += 1;
  return at;
}
