import { parseConstraint } from '../version/constraint.ts';

const DURATION = /^([0-9]+(\.[0-9]+)?(ms|s|m|h|d))+$/;
/** A part of a constraint, `<2.0.0` with its number; a wildcard has none. */
const VERSION = /\d+(?:\.\d+)*/g;

/**
 * Texts next to a text that has an order: durations one unit longer and shorter, version constraints with each bound moved by one. None
 * for other texts, since nothing says which change of them matters; their entry in a list is removed instead.
 */
export function nearbyTexts(text: string): readonly string[] {
  if (DURATION.test(text)) return nearbyDurations(text);
  if (!/[0-9]/.test(text) || text.length > 256 || !parseConstraint(text).ok) return [];
  return [...text.matchAll(VERSION)]
    .filter(({ index }) => !/[-+.\w]/.test(text[index - 1] ?? ' ') || text[index - 1] === 'v')
    .map(({ 0: version, index }) => {
      const parts = version.split('.');
      const last = String(BigInt(parts.pop() ?? '0') + 1n);
      const other = [...parts, last].join('.');
      return text.slice(0, index) + other + text.slice(index + version.length);
    });
}

function nearbyDurations(text: string): readonly string[] {
  const match = /(\d+)(ms|s|m|h|d)$/.exec(text);
  if (match === null) return [];
  const [, digits = '0', unit = ''] = match;
  const number = BigInt(digits);
  const rest = text.slice(0, match.index);
  const others = [number + 1n, ...(number > 0n ? [number - 1n] : [])];
  return others.map((other) => `${rest}${other}${unit}`);
}
