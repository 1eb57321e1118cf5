/**
 * The order in which go-yaml v2 writes the keys of a map: "natural", so that `a2` stands before `a10`, and
 * letters after everything that is not a letter.
 */
export function compareGoYamlKeys(left: string, right: string): number {
  const a = Array.from(left);
  const b = Array.from(right);
  const at = a.findIndex((char, index) => index >= b.length || char !== b[index]);
  if (at === -1 || at >= b.length) return a.length - b.length;
  const charA = a[at] ?? '';
  const charB = b[at] ?? '';
  const letterA = isLetter(charA);
  const letterB = isLetter(charB);
  if (letterA && letterB) return codePoint(charA) - codePoint(charB);
  if (letterA || letterB) return letterB ? -1 : 1;
  // A zero inside a longer number must not make the rest of the digits look like a number of its own.
  const inNumber = (charA === '0' || charB === '0') && followsNonZeroDigit(a, at) ? 1n : 0n;
  const numberA = readDigits(a, at, inNumber);
  const numberB = readDigits(b, at, inNumber);
  if (numberA.value !== numberB.value) return numberA.value < numberB.value ? -1 : 1;
  if (numberA.end !== numberB.end) return numberA.end - numberB.end;
  return codePoint(charA) - codePoint(charB);
}

/** Compares by code point, which is the order of the UTF-8 bytes; JavaScript's own order is by UTF-16 unit. */
export function compareBytewise(left: string, right: string): number {
  let index = 0;
  while (index < left.length && index < right.length) {
    const a = left.codePointAt(index) ?? 0;
    const b = right.codePointAt(index) ?? 0;
    if (a !== b) return a - b;
    index += a > 0xffff ? 2 : 1;
  }
  return left.length - right.length;
}

function isLetter(char: string): boolean {
  return /^\p{L}$/u.test(char);
}

function isDigit(char: string): boolean {
  return /^\p{Nd}$/u.test(char);
}

function codePoint(char: string): number {
  return char.codePointAt(0) ?? 0;
}

function followsNonZeroDigit(chars: readonly string[], at: number): boolean {
  for (let index = at - 1; index >= 0; index -= 1) {
    const char = chars[index] ?? '';
    if (!isDigit(char)) return false;
    if (char !== '0') return true;
  }
  return false;
}

/** The run of digits from `start` as Go's int64 would hold it: it wraps around, and digits of other scripts count by code point. */
function readDigits(
  chars: readonly string[],
  start: number,
  seed: bigint,
): { readonly value: bigint; readonly end: number } {
  let value = seed;
  let end = start;
  for (; end < chars.length && isDigit(chars[end] ?? ''); end += 1) {
    value = BigInt.asIntN(64, value * 10n + BigInt(codePoint(chars[end] ?? '') - 0x30));
  }
  return { value, end };
}
