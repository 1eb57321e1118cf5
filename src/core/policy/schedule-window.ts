import type { TimeZone } from './time-zone.ts';

export const DAY_MS = 86_400_000;
/** 1970-01-01 was a Thursday; days of the week count from Monday, 0. */
const EPOCH_WEEKDAY = 3;

/** From one moment on until another, which lies outside. Milliseconds since 1970. */
export interface AbsoluteWindow {
  readonly kind: 'absolute';
  readonly from: number;
  readonly to: number;
}

/**
 * The times at which a wall clock of the zone shows a time of day from `from` on and before `to`. Where clocks are put back, a time
 * that they show twice is in the window twice; one that they skip is not in it.
 */
export interface WeeklyWindow {
  readonly kind: 'weekly';
  readonly zone: TimeZone;
  /** The days on which it begins: 0 is Monday. */
  readonly days: ReadonlySet<number>;
  /** Milliseconds since midnight, in [0, 24 h). */
  readonly from: number;
  /** In (0, 24 h]; not after `from` means on the next day. */
  readonly to: number;
}

export type ScheduleWindow = (AbsoluteWindow | WeeklyWindow) & {
  /** Why it was made, for people. */
  readonly reason?: string;
};

/** Whether the moment lies in the window. */
export function isInWindow(window: ScheduleWindow, ms: number): boolean {
  if (window.kind === 'absolute') return window.from <= ms && ms < window.to;
  const { day, time } = wallTime(window.zone, ms);
  return coversWallTime(window, day, time);
}

/** What the wall clock shows: the day of the week, 0 is Monday, and milliseconds since its midnight. */
export function wallTime(zone: TimeZone, ms: number): { readonly day: number; readonly time: number } {
  const wall = ms + zone.offsetAt(ms);
  return { day: remainder(Math.floor(wall / DAY_MS) + EPOCH_WEEKDAY, 7), time: remainder(wall, DAY_MS) };
}

/** Whether a time of a day of the week lies in a weekly window. */
export function coversWallTime(
  { days, from, to }: Pick<WeeklyWindow, 'days' | 'from' | 'to'>,
  day: number,
  time: number,
): boolean {
  if (from < to) return days.has(day) && from <= time && time < to;
  return (days.has(day) && from <= time) || (days.has(remainder(day - 1, 7)) && time < to);
}

function remainder(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}
