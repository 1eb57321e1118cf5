import { invalidArgument } from './create-error.ts';

/** Nanoseconds in each unit of Go's time.ParseDuration, the largest first. */
const UNITS: ReadonlyMap<string, bigint> = new Map([
  ['h', 3_600_000_000_000n],
  ['m', 60_000_000_000n],
  ['s', 1_000_000_000n],
  ['ms', 1_000_000n],
  ['us', 1_000n],
  ['µs', 1_000n],
  ['μs', 1_000n],
  ['ns', 1n],
]);

/** Go counts nanoseconds in an int64, which ends at some 292 years. */
const MAX_NANOSECONDS = 2n ** 63n - 1n;

const TERM = /^(?:(\d+)(?:\.(\d*))?|\.(\d+))([^\d.]*)/;

/**
 * Reads a duration as Go does (`5m`, `1h30m`, `1.5s`) and writes it as Go prints it (`5m0s`, `1h30m0s`, `1.5s`).
 *
 * Throws a CreateError that names the flag, in Go's words where Go would refuse too; besides, a sign and anything
 * below a millisecond, since the API server would refuse them.
 */
export function normaliseGoDuration(flag: string, text: string): string {
  return formatGoDuration(parseGoDuration(flag, text));
}

/** The duration in whole milliseconds, for a timer of ours. */
export function goDurationToMs(flag: string, text: string): number {
  return Number(parseGoDuration(flag, text) / 1_000_000n);
}

function parseGoDuration(flag: string, text: string): bigint {
  const fail = (reason: string): Error => invalidArgument(flag, text, reason);
  const body = text.replace(/^[-+]/, '');
  if (body === '') throw fail(`time: invalid duration ${JSON.stringify(text)}`);
  let total = 0n;
  for (let rest = body === '0' ? '' : body; rest !== ''; ) {
    const match = TERM.exec(rest);
    if (match === null) throw fail(`time: invalid duration ${JSON.stringify(text)}`);
    const [term, whole = '0', after, only, unit = ''] = match;
    if (unit === '') throw fail(`time: missing unit in duration ${JSON.stringify(text)}`);
    const size = UNITS.get(unit);
    if (size === undefined) {
      throw fail(
        `time: unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}; the units are h, m, s and ms`,
      );
    }
    const fraction = after ?? only ?? '';
    total +=
      BigInt(whole) * size +
      (fraction === '' ? 0n : (BigInt(fraction) * size) / 10n ** BigInt(fraction.length));
    rest = rest.slice(term.length);
  }
  if (total > MAX_NANOSECONDS) throw fail(`time: invalid duration ${JSON.stringify(text)}`);
  if (text.startsWith('-') && total > 0n) throw fail('a duration must not be negative');
  if (total % 1_000_000n !== 0n) throw fail('the smallest unit that the API accepts is ms');
  return total;
}

/** Go's Duration.String for whole milliseconds. */
function formatGoDuration(nanoseconds: bigint): string {
  const ms = nanoseconds / 1_000_000n;
  if (ms === 0n) return '0s';
  if (ms < 1000n) return `${ms}ms`;
  const hours = ms / 3_600_000n;
  const minutes = (ms / 60_000n) % 60n;
  const fraction = String(ms % 1000n)
    .padStart(3, '0')
    .replace(/0+$/, '');
  const seconds = `${(ms / 1000n) % 60n}${fraction === '' ? '' : `.${fraction}`}s`;
  if (hours > 0n) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0n ? `${minutes}m${seconds}` : seconds;
}
