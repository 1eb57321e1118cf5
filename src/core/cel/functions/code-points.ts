/** CEL counts text in code points, JavaScript in UTF-16 units; they differ only where there are surrogates. */
import type { Run } from '../run.ts';

const SURROGATE = /[\ud800-\udfff]/;

/** Characters that one unit pays for where they are gone through one by one, at some 10 ns each. */
const SLOW_PER_UNIT = 8;

/** Pays for the length of the text. */
export function codePointCount(run: Run, text: string): number {
  run.chargeText(text.length);
  if (!SURROGATE.test(text)) return text.length;
  run.charge(Math.ceil(text.length / SLOW_PER_UNIT));
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** The offset in UTF-16 units of the code point at an index; undefined when the text is shorter. Pays for the length. */
export function unitOffset(run: Run, text: string, index: number): number | undefined {
  run.chargeText(text.length);
  if (index < 0 || index > text.length) return undefined;
  if (!SURROGATE.test(text)) return index;
  run.charge(Math.ceil(index / SLOW_PER_UNIT));
  let offset = 0;
  for (let count = 0; count < index; count += 1) {
    const point = text.codePointAt(offset);
    if (point === undefined) return undefined;
    offset += point > 0xffff ? 2 : 1;
  }
  return offset;
}

/** The index in code points of an offset in UTF-16 units. */
export function pointIndex(run: Run, text: string, offset: number): number {
  return offset <= 0 ? offset : codePointCount(run, text.slice(0, offset));
}
