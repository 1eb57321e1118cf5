/** Durations as Go writes and reads them (`time.ParseDuration`, `Duration.String`), in milliseconds. */

/** What Flux's schemas admit for a duration: no sign, no nanoseconds, no bare `0`, no days. */
export const FLUX_DURATION: RegExp = /^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$/;

const NS_PER_MS = 1_000_000n;
const NS_PER_SECOND = 1_000_000_000n;
/** Go keeps a duration in an int64 of nanoseconds (292 years). */
const MAX_NS = 2n ** 63n - 1n;

const NS_PER_UNIT: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['\u00b5s', 1_000n],
  ['\u03bcs', 1_000n],
  ['ms', NS_PER_MS],
  ['s', NS_PER_SECOND],
  ['m', 60n * NS_PER_SECOND],
  ['h', 3_600n * NS_PER_SECOND],
]);

const DURATION = /^[-+]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h))+$/;
const PART = /([0-9]*)(?:\.([0-9]*))?(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/g;

/**
 * Reads a Go duration (`1h30m`, `1.5s`, `-2m`, `0`) as milliseconds, with fractions down to the nanosecond.
 * Undefined when Go would refuse the text, also when it exceeds Go's range.
 */
export function parseDuration(text: string): number | undefined {
  if (/^[-+]?0$/.test(text)) return 0;
  if (!DURATION.test(text)) return undefined;
  let ns = 0n;
  for (const [, whole = '', fraction = '', unit = ''] of text.matchAll(PART)) {
    const perUnit = NS_PER_UNIT.get(unit) ?? 0n;
    // Digits beyond the eighteenth are below a nanosecond for every unit, as Go drops them.
    const digits = fraction.slice(0, 18);
    const part = (BigInt(digits === '' ? 0 : digits) * perUnit) / 10n ** BigInt(digits.length);
    ns += BigInt(whole === '' ? 0 : whole) * perUnit + part;
    if (ns > MAX_NS) return undefined;
  }
  const ms = Number(ns / NS_PER_MS) + Number(ns % NS_PER_MS) / Number(NS_PER_MS);
  return text.startsWith('-') ? -ms : ms;
}

/** Writes milliseconds as Go prints a duration: `5m0s`, `1h0m0s`, `1.5s`, `250ms`, `0s`. */
export function formatDuration(ms: number): string {
  const size = Math.abs(ms);
  const ns = BigInt(Math.trunc(size)) * NS_PER_MS + BigInt(Math.round((size % 1) * Number(NS_PER_MS)));
  if (ns === 0n) return '0s';
  const sign = ms < 0 ? '-' : '';
  if (ns < 1_000n) return `${sign}${ns}ns`;
  if (ns < 1_000_000n) return `${sign}${decimal(ns, 3)}\u00b5s`;
  if (ns < NS_PER_SECOND) return `${sign}${decimal(ns, 6)}ms`;
  const minutes = ns / (60n * NS_PER_SECOND);
  const seconds = `${decimal(ns % (60n * NS_PER_SECOND), 9)}s`;
  if (minutes === 0n) return `${sign}${seconds}`;
  const hours = minutes / 60n;
  return `${sign}${hours === 0n ? '' : `${hours}h`}${minutes % 60n}m${seconds}`;
}

/** `value` / 10^`digits` without trailing zeros. */
function decimal(value: bigint, digits: number): string {
  const scale = 10n ** BigInt(digits);
  const fraction = (value % scale).toString().padStart(digits, '0').replace(/0+$/, '');
  return fraction === '' ? `${value / scale}` : `${value / scale}.${fraction}`;
}
