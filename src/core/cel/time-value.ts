/** CEL's times and spans of time, to the nanosecond. */
import { parseInstant } from '../policy/instant.ts';

const NS_PER_MS = 1_000_000n;
const NS_PER_SECOND = 1_000_000_000n;

/** A moment, as nanoseconds since 1970 in UTC. */
export class Timestamp {
  readonly ns: bigint;

  constructor(ns: bigint) {
    this.ns = ns;
  }

  /** Whole milliseconds since 1970, rounded down. */
  get ms(): number {
    const rest = ((this.ns % NS_PER_MS) + NS_PER_MS) % NS_PER_MS;
    return Number((this.ns - rest) / NS_PER_MS);
  }
}

/** A span of time in nanoseconds. */
export class Duration {
  readonly ns: bigint;

  constructor(ns: bigint) {
    this.ns = ns;
  }
}

/** The years 1 to 9999, which RFC 3339 can write. */
const MIN_TIMESTAMP_NS = BigInt(Date.parse('0001-01-01T00:00:00Z')) * NS_PER_MS;
const MAX_TIMESTAMP_NS = (BigInt(Date.parse('9999-12-31T23:59:59Z')) + 1_000n) * NS_PER_MS - 1n;
/** Go's int64 of nanoseconds: 292 years. */
const MAX_DURATION_NS = 2n ** 63n - 1n;

/** Undefined when the moment lies outside of the years 1 to 9999. */
export function timestampOf(ns: bigint): Timestamp | undefined {
  return ns >= MIN_TIMESTAMP_NS && ns <= MAX_TIMESTAMP_NS ? new Timestamp(ns) : undefined;
}

/** Undefined when the span is longer than Go's 292 years. */
export function durationOf(ns: bigint): Duration | undefined {
  return ns >= -MAX_DURATION_NS - 1n && ns <= MAX_DURATION_NS ? new Duration(ns) : undefined;
}

/** The longest RFC 3339 time has 35 characters: nine decimals and an offset. */
const MAX_TIMESTAMP_LENGTH = 35;

/** Reads an RFC 3339 time; undefined for anything else, also for a day or an hour that does not exist. */
export function parseTimestamp(text: string): Timestamp | undefined {
  if (text.length > MAX_TIMESTAMP_LENGTH || !/^.{10}[Tt]/.test(text)) return undefined;
  const ms = parseInstant(text);
  if (ms === undefined) return undefined;
  const decimals = /\.([0-9]+)/.exec(text)?.[1] ?? '';
  const seconds = BigInt(Math.floor(ms / 1000));
  return timestampOf(seconds * NS_PER_SECOND + BigInt(decimals.padEnd(9, '0')));
}

/** RFC 3339 in UTC, with as many decimals as needed. */
export function formatTimestamp({ ns, ms }: Timestamp): string {
  const rest = ((ns % NS_PER_SECOND) + NS_PER_SECOND) % NS_PER_SECOND;
  return `${new Date(ms).toISOString().slice(0, 19)}${decimals(rest)}Z`;
}

/** Seconds with as many decimals as needed, `3600s`, `-0.5s`: what CEL's `string()` gives. */
export function formatSpan({ ns }: Duration): string {
  const size = ns < 0n ? -ns : ns;
  return `${ns < 0n ? '-' : ''}${size / NS_PER_SECOND}${decimals(size % NS_PER_SECOND)}s`;
}

function decimals(ns: bigint): string {
  const digits = ns.toString().padStart(9, '0').replace(/0+$/, '');
  return digits === '' ? '' : `.${digits}`;
}
