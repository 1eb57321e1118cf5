import { closestTo } from './did-you-mean.ts';
import { parseInstant } from './instant.ts';
import type { RuleContext } from './rule-definition.ts';
import {
  type AbsoluteWindow,
  coversWallTime,
  DAY_MS,
  type ScheduleWindow,
  type WeeklyWindow,
} from './schedule-window.ts';
import { findTimeZone, type TimeZone } from './time-zone.ts';

/** Days of the week as policies write them; Monday is 0. */
export const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;

/** A window as the schema lets it through. */
export interface WrittenWindow {
  readonly days?: readonly (typeof WEEKDAYS)[number][];
  readonly from?: string;
  readonly to?: string;
  readonly timeZone?: string;
  readonly reason?: string;
}

const TIME_OF_DAY = /^([01][0-9]|2[0-4]):([0-5][0-9])$/;
const EVERY_DAY: ReadonlySet<number> = new Set(WEEKDAYS.keys());

/** The zone of a name in a policy file; undefined after the error was reported. */
export function compileTimeZone(
  name: string,
  at: readonly string[],
  context: RuleContext,
): TimeZone | undefined {
  const zone = findTimeZone(name);
  if (zone !== undefined) return zone;
  const closest = closestTo(name, Intl.supportedValuesOf('timeZone'));
  const hint = closest === undefined ? 'write an IANA name, Europe/Berlin' : `did you mean "${closest}"?`;
  context.error(at, `there is no time zone ${JSON.stringify(name)}`, hint);
  return undefined;
}

/** A window of a policy file; `zone` is the schedule's. Undefined after the error was reported. */
export function compileWindow(
  written: WrittenWindow,
  zone: TimeZone,
  at: readonly string[],
  context: RuleContext,
): ScheduleWindow | undefined {
  const isMoment = (text: string | undefined) => text?.includes('-') === true;
  const window =
    isMoment(written.from) || isMoment(written.to)
      ? compileAbsolute(written, at, context)
      : compileWeekly(written, zone, at, context);
  const { reason } = written;
  return window === undefined || reason === undefined ? window : { ...window, reason };
}

/**
 * Whether a schedule is closed at every time of every week. Told for weekly windows of one zone only: where others are among them, it
 * depends on the date.
 */
export function isNeverOpen(windows: readonly ScheduleWindow[], freezes: readonly ScheduleWindow[]): boolean {
  const weekly = [...windows, ...freezes].filter((window) => window.kind === 'weekly');
  const inOneZone = new Set(weekly.map(({ zone }) => zone)).size <= 1;
  if (!inOneZone || weekly.length < windows.length + freezes.length) return false;
  const bounds = new Set([0, ...weekly.flatMap(({ from, to }) => [from, to % DAY_MS])]);
  const covers = (list: readonly ScheduleWindow[], day: number, time: number) =>
    list.some((window) => window.kind === 'weekly' && coversWallTime(window, day, time));
  return [...EVERY_DAY].every((day) =>
    [...bounds].every(
      (time) => (windows.length > 0 && !covers(windows, day, time)) || covers(freezes, day, time),
    ),
  );
}

function compileAbsolute(
  { days, from, to, timeZone }: WrittenWindow,
  at: readonly string[],
  context: RuleContext,
): AbsoluteWindow | undefined {
  if (days !== undefined || timeZone !== undefined) {
    const field = days === undefined ? 'timeZone' : 'days';
    context.error([...at, field], `${field} goes with times of day, not with dates`, `leave ${field} out`);
    return undefined;
  }
  const start = compileMoment(from, [...at, 'from'], context);
  const end = compileMoment(to, [...at, 'to'], context);
  if (start === undefined || end === undefined) return undefined;
  if (start >= end) {
    context.error([...at, 'to'], 'the window ends before it begins');
    return undefined;
  }
  return { kind: 'absolute', from: start, to: end };
}

function compileMoment(
  text: string | undefined,
  at: readonly string[],
  context: RuleContext,
): number | undefined {
  // A date alone does not say in which zone it begins, nor whether a window `to` it holds that day.
  const moment = text?.includes(':') ? parseInstant(text) : undefined;
  if (moment === undefined) {
    context.error(
      at,
      text === undefined
        ? 'a window between dates needs from and to'
        : `${JSON.stringify(text)} is no moment`,
      'write a time with its zone, 2026-12-20T18:00:00+01:00',
    );
  }
  return moment;
}

function compileWeekly(
  { days, from = '00:00', to = '24:00', timeZone }: WrittenWindow,
  zone: TimeZone,
  at: readonly string[],
  context: RuleContext,
): WeeklyWindow | undefined {
  const own = timeZone === undefined ? zone : compileTimeZone(timeZone, [...at, 'timeZone'], context);
  const start = compileTimeOfDay(from, [...at, 'from'], context);
  const end = compileTimeOfDay(to, [...at, 'to'], context);
  if (own === undefined || start === undefined || end === undefined) return undefined;
  if (start === DAY_MS) {
    context.error([...at, 'from'], 'a window cannot begin at 24:00', 'write 00:00 of the next day');
    return undefined;
  }
  if (start === end) {
    context.error([...at, 'to'], 'the window is empty', 'leave from and to out for whole days');
    return undefined;
  }
  const chosen = days === undefined ? EVERY_DAY : new Set(days.map((day) => WEEKDAYS.indexOf(day)));
  // `to: 00:00` is the midnight after `from`, as 24:00 is.
  return { kind: 'weekly', zone: own, days: chosen, from: start, to: end === 0 ? DAY_MS : end };
}

function compileTimeOfDay(text: string, at: readonly string[], context: RuleContext): number | undefined {
  const [, hours, minutes] = TIME_OF_DAY.exec(text) ?? [];
  const minutesInAll = Number(hours) * 60 + Number(minutes);
  if (minutesInAll <= 24 * 60) return minutesInAll * 60_000;
  context.error(
    at,
    `${JSON.stringify(text)} is no time of day`,
    'write hours and minutes, "09:00" to "24:00"',
  );
  return undefined;
}
