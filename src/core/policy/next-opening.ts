import { DAY_MS, isInWindow, type ScheduleWindow, wallTime } from './schedule-window.ts';
import { findOffsetChange, type TimeZone } from './time-zone.ts';

/** When something may happen: within one of the change windows (at any time where there are none), and in no freeze. */
export interface Schedule {
  readonly windows: readonly ScheduleWindow[];
  readonly freezes: readonly ScheduleWindow[];
}

/**
 * How long weekly windows are followed before they count as never open. They repeat each week; one that a change of clocks skips is
 * there a week later, and one day more covers the day that is under way.
 */
const HORIZON_MS = 15 * DAY_MS;

/** Whether the schedule is open at the moment. */
export function isOpen({ windows, freezes }: Schedule, ms: number): boolean {
  const inWindow = windows.length === 0 || windows.some((window) => isInWindow(window, ms));
  return inWindow && !freezes.some((freeze) => isInWindow(freeze, ms));
}

/**
 * The first moment from `ms` on at which the schedule is open, exact to the millisecond; undefined when it never opens again.
 *
 * The way there leads from one moment at which something can change to the next: a bound of an absolute window, a bound of a weekly
 * one or midnight on a wall clock, a change of clocks. That is at most 2 x windows + 2 steps a day and zone over 15 days, once more
 * for each absolute bound; a running absolute freeze is one step.
 */
export function nextOpening(schedule: Schedule, ms: number): number | undefined {
  const all = [...schedule.windows, ...schedule.freezes];
  const bounds = all.flatMap((window) => (window.kind === 'absolute' ? [window.from, window.to] : []));
  const clocks = wallClocks(all);
  let at = ms;
  let anchor = ms;
  for (;;) {
    if (isOpen(schedule, at)) return at;
    const frozenUntil = endOfFreeze(schedule.freezes, at);
    const nextBound = earliest(bounds.filter((bound) => bound > at));
    if (frozenUntil !== undefined) at = frozenUntil;
    else if (clocks.length > 0 && at - anchor < HORIZON_MS) {
      at = nextWallBound(clocks, at, nextBound);
      if (at !== nextBound) continue;
    } else if (nextBound === undefined) return undefined;
    else at = nextBound;
    anchor = at;
  }
}

/** A zone, and the times of day at which something of a schedule begins or ends there; ascending, the last is midnight. */
interface WallClock {
  readonly zone: TimeZone;
  readonly bounds: readonly number[];
}

function wallClocks(windows: readonly ScheduleWindow[]): readonly WallClock[] {
  const byZone = new Map<TimeZone, Set<number>>();
  for (const window of windows) {
    if (window.kind === 'absolute') continue;
    const bounds = byZone.get(window.zone) ?? new Set([DAY_MS]);
    byZone.set(window.zone, bounds.add(window.from).add(window.to));
  }
  return [...byZone].map(([zone, bounds]) => ({ zone, bounds: [...bounds].toSorted((a, b) => a - b) }));
}

/** The next moment after `at` at which a wall clock shows a bound, or is put forward or back; `limit` if that comes earlier. */
function nextWallBound(clocks: readonly WallClock[], at: number, limit: number | undefined): number {
  let next = limit ?? at + DAY_MS;
  for (const { zone, bounds } of clocks) {
    const { time } = wallTime(zone, at);
    const bound = bounds.find((candidate) => candidate > time) ?? DAY_MS;
    next = Math.min(next, at + bound - time);
  }
  for (const { zone } of clocks) next = findOffsetChange(zone, at, next) ?? next;
  return next;
}

/** The latest end of the absolute freezes that are under way. */
function endOfFreeze(freezes: readonly ScheduleWindow[], at: number): number | undefined {
  const ends = freezes.flatMap((freeze) =>
    freeze.kind === 'absolute' && isInWindow(freeze, at) ? [freeze.to] : [],
  );
  return ends.length === 0 ? undefined : Math.max(...ends);
}

function earliest(moments: readonly number[]): number | undefined {
  return moments.length === 0 ? undefined : Math.min(...moments);
}
