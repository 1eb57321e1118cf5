import { findTimeZone } from '../policy/time-zone.ts';
import type { Run } from './run.ts';
import type { Timestamp } from './time-value.ts';

/** What a clock in some time zone shows. */
export interface Clock {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  /** From 1. */
  readonly day: number;
  /** Sunday is 0. */
  readonly weekday: number;
  /** From 0. */
  readonly yearDay: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly ms: number;
}

const FIXED_OFFSET = /^(?<sign>[+-])?(?<hours>[0-9]{2}):(?<minutes>[0-9]{2})$/;

/** The longest name of the IANA database has 32 characters. */
const MAX_ZONE_LENGTH = 64;

/** Making a zone's formatter takes about 50 us, as long as some 1,000 nodes. It costs the same when the zone is known. */
const ZONE_COST = 1_000;

/** The clock of a time zone at a moment; undefined when there is no such zone. Daylight saving is taken into account. */
export function clockIn(run: Run, { ms }: Timestamp, zone: string): Clock | undefined {
  if (zone === 'UTC') return clockAt(ms);
  const fixed = FIXED_OFFSET.exec(zone)?.groups;
  if (fixed !== undefined) {
    const minutes = Number(fixed['hours']) * 60 + Number(fixed['minutes']);
    return minutes < 24 * 60
      ? clockAt(ms + (fixed['sign'] === '-' ? -minutes : minutes) * 60_000)
      : undefined;
  }
  run.charge(ZONE_COST);
  const found = zone.length > MAX_ZONE_LENGTH ? undefined : findTimeZone(zone);
  return found === undefined ? undefined : clockAt(ms + found.offsetAt(ms));
}

/** What a clock shows when it is `ms` after 1970. */
function clockAt(ms: number): Clock {
  const date = new Date(ms);
  const year = date.getUTCFullYear();
  const newYear = new Date(0);
  newYear.setUTCFullYear(year, 0, 1);
  return {
    year,
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    weekday: date.getUTCDay(),
    yearDay: Math.floor((ms - newYear.getTime()) / 86_400_000),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    ms: date.getUTCMilliseconds(),
  };
}
