import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isOpen, nextOpening, type Schedule } from '../../../src/core/policy/next-opening.ts';
import { DAY_MS, type ScheduleWindow } from '../../../src/core/policy/schedule-window.ts';
import { findOffsetChange, findTimeZone, type TimeZone } from '../../../src/core/policy/time-zone.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** The first or last Sunday of a month, as days since 1970, counted by hand and not by a calendar. */
function sunday(year: number, month: number, which: 1 | 2 | 'last'): number {
  const first = daysSince1970(year, month, 1);
  const firstSunday = first + ((7 - ((first + 4) % 7)) % 7);
  if (which !== 'last') return firstSunday + (which - 1) * 7;
  const next = month === 12 ? daysSince1970(year + 1, 1, 1) : daysSince1970(year, month + 1, 1);
  return firstSunday + Math.floor((next - 1 - firstSunday) / 7) * 7;
}

function daysSince1970(year: number, month: number, day: number): number {
  let days = day - 1;
  for (let y = 1970; y < year; y += 1) days += isLeap(y) ? 366 : 365;
  const lengths = [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  for (const length of lengths.slice(0, month - 1)) days += length;
  return days;
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

function yearOf(ms: number): number {
  let year = 1970;
  while (daysSince1970(year + 1, 1, 1) * DAY_MS <= ms) year += 1;
  return year;
}

/** The rules of summer time as the laws have them, apart from any database. */
const BY_LAW: Readonly<Record<string, (ms: number) => number>> = {
  UTC: () => 0,
  // Directive 2000/84/EC: from the last Sunday of March to that of October, at 01:00 UTC.
  'Europe/Berlin': (ms) => {
    const year = yearOf(ms);
    const begins = sunday(year, 3, 'last') * DAY_MS + HOUR;
    const ends = sunday(year, 10, 'last') * DAY_MS + HOUR;
    return begins <= ms && ms < ends ? 2 * HOUR : HOUR;
  },
  // Energy Policy Act of 2005: second Sunday of March to first of November, at 02:00 of the wall clock.
  'America/New_York': (ms) => {
    const year = yearOf(ms);
    const begins = sunday(year, 3, 2) * DAY_MS + 7 * HOUR;
    const ends = sunday(year, 11, 1) * DAY_MS + 6 * HOUR;
    return begins <= ms && ms < ends ? -4 * HOUR : -5 * HOUR;
  },
  'Asia/Kolkata': () => 5.5 * HOUR,
};

function zone(name: string): TimeZone {
  const found = findTimeZone(name);
  assert.ok(found, name);
  return found;
}

const at = (text: string) => Date.parse(text);
const weekly = (name: string, days: readonly number[], from: number, to: number): ScheduleWindow => ({
  kind: 'weekly',
  zone: zone(name),
  days: new Set(days),
  from: from * MINUTE,
  to: to * MINUTE,
});

/** Openness by the laws above and by minutes, written a second time and differently. */
function isOpenByLaw({ windows, freezes }: Schedule, ms: number): boolean {
  const covers = (window: ScheduleWindow): boolean => {
    if (window.kind === 'absolute') return ms >= window.from && ms < window.to;
    const wall = ms + (BY_LAW[window.zone.name] as (ms: number) => number)(ms);
    const minuteOfWeek = Math.floor(wall / MINUTE + 3 * 24 * 60) % (7 * 24 * 60);
    return [...window.days].some((day) => {
      const start = day * 24 * 60 + window.from / MINUTE;
      const length = (window.to - window.from) / MINUTE + (window.to > window.from ? 0 : 24 * 60);
      return (minuteOfWeek - start + 7 * 24 * 60) % (7 * 24 * 60) < length;
    });
  };
  return (windows.length === 0 || windows.some(covers)) && !freezes.some(covers);
}

const anyZone = fc.constantFrom(...Object.keys(BY_LAW));
const anyWeekly = fc
  .record({
    name: anyZone,
    days: fc.subarray([0, 1, 2, 3, 4, 5, 6], { minLength: 1 }),
    from: fc.integer({ min: 0, max: 24 * 60 - 1 }),
    to: fc.integer({ min: 1, max: 24 * 60 }),
  })
  .filter(({ from, to }) => from !== to)
  .map(({ name, days, from, to }) => weekly(name, days, from, to));
/** Around the changes of clocks in both zones, of some years. */
const anyMoment = fc
  .tuple(
    fc.constantFrom(
      ...[2024, 2026, 2027, 2030].flatMap((year) => [
        sunday(year, 3, 'last'),
        sunday(year, 10, 'last'),
        sunday(year, 3, 2),
        sunday(year, 11, 1),
      ]),
    ),
    fc.integer({ min: -4 * 24 * 60, max: 2 * 24 * 60 }),
  )
  .map(([day, minutes]) => day * DAY_MS + minutes * MINUTE);
const anyAbsolute = fc
  .tuple(anyMoment, fc.integer({ min: 1, max: 3 * 24 * 60 }))
  .map(([from, minutes]): ScheduleWindow => ({ kind: 'absolute', from, to: from + minutes * MINUTE }));
const anySchedule = fc.record({
  windows: fc.array(fc.oneof(anyWeekly, anyAbsolute), { maxLength: 3 }),
  freezes: fc.array(fc.oneof(anyWeekly, anyAbsolute), { maxLength: 2 }),
});

describe('a time zone', () => {
  it('has the offsets that the laws say, in every hour of six years', () => {
    for (const [name, offsetAt] of Object.entries(BY_LAW)) {
      for (let ms = at('2024-01-01T00:00:00Z'); ms < at('2030-01-01T00:00:00Z'); ms += HOUR) {
        if (zone(name).offsetAt(ms) !== offsetAt(ms)) assert.fail(`${name} ${new Date(ms).toISOString()}`);
      }
    }
  });

  it('changes its offset at one moment, exact to the millisecond', () => {
    const change = at('2026-03-29T01:00:00Z');
    const berlin = zone('Europe/Berlin');
    assert.equal(findOffsetChange(berlin, change - DAY_MS, change + 5), change);
    assert.equal(findOffsetChange(berlin, change - 1, change), change);
    assert.equal(findOffsetChange(berlin, change, change + DAY_MS), undefined);
  });

  it('is not found by offsets, foreign spellings or other texts', () => {
    for (const name of [
      '+02:00',
      'Europe/Berlni',
      '',
      'Europe/',
      '../etc',
      'Europe/Berlin ',
      'a'.repeat(1e5),
      '\u0000',
    ]) {
      assert.equal(findTimeZone(name), undefined, name);
    }
  });

  it('reads moments before 1970 and far away', () => {
    assert.equal(zone('UTC').offsetAt(-1), 0);
    assert.equal(zone('Asia/Kolkata').offsetAt(at('9000-01-01T00:00:00.999Z')), 5.5 * HOUR);
  });
});

describe('a schedule', () => {
  it('is open as the laws of summer time have it, at any moment', () => {
    fc.assert(
      fc.property(
        anySchedule,
        anyMoment,
        (schedule, ms) => isOpen(schedule, ms) === isOpenByLaw(schedule, ms),
      ),
      { numRuns: 2000 },
    );
  });

  it('opens next at the first minute at which it is open, found by looking at each', () => {
    fc.assert(
      fc.property(anySchedule, anyMoment, (schedule, ms) => {
        const found = nextOpening(schedule, ms);
        const end = found ?? ms + 20 * DAY_MS;
        for (let minute = ms; minute < end; minute += MINUTE) {
          if (isOpenByLaw(schedule, minute)) return assert.fail(`open at ${new Date(minute).toISOString()}`);
        }
        return found === undefined || isOpenByLaw(schedule, found);
      }),
      // Each looks at up to 28,800 minutes.
      { numRuns: Math.ceil(Number(process.env['PROPERTY_RUNS'] ?? 400) / 20) },
    );
  });

  it('opens at the second and not at the minute when it is asked in between', () => {
    const schedule = { windows: [weekly('UTC', [0], 540, 600)], freezes: [] };
    assert.equal(nextOpening(schedule, at('2026-06-01T08:59:59.999Z')), at('2026-06-01T09:00:00Z'));
    assert.equal(nextOpening(schedule, at('2026-06-01T09:59:59.999Z')), at('2026-06-01T09:59:59.999Z'));
    assert.equal(nextOpening(schedule, at('2026-06-01T10:00:00Z')), at('2026-06-08T09:00:00Z'));
  });

  const cases: readonly (readonly [string, Schedule, string, string | undefined])[] = [
    [
      'skips a window that clocks jump over, until next week',
      { windows: [weekly('Europe/Berlin', [6], 120, 150)], freezes: [] },
      '2026-03-29T00:00:00Z',
      '2026-04-05T00:00:00Z',
    ],
    [
      'opens in the middle of a window whose beginning clocks jump over',
      { windows: [weekly('Europe/Berlin', [6], 150, 240)], freezes: [] },
      '2026-03-29T00:59:00Z',
      '2026-03-29T01:00:00Z',
    ],
    [
      'opens twice where clocks show an hour twice',
      { windows: [weekly('Europe/Berlin', [6], 120, 150)], freezes: [] },
      '2026-10-25T00:30:00Z',
      '2026-10-25T01:00:00Z',
    ],
    [
      'follows a window over midnight by the day on which it begins',
      { windows: [weekly('UTC', [6], 1320, 360)], freezes: [] },
      '2026-06-07T05:59:00Z',
      '2026-06-07T22:00:00Z',
    ],
    [
      'opens when the last of the freezes ends that overlap',
      {
        windows: [],
        freezes: [
          { kind: 'absolute', from: at('2026-06-01T00:00:00Z'), to: at('2026-06-10T00:00:00Z') },
          { kind: 'absolute', from: at('2026-06-09T00:00:00Z'), to: at('2026-06-20T00:00:00Z') },
        ],
      },
      '2026-06-02T00:00:00Z',
      '2026-06-20T00:00:00Z',
    ],
    [
      'finds a single window years ahead behind weekly ones that a weekly freeze covers',
      {
        windows: [
          weekly('UTC', [0], 0, 60),
          { kind: 'absolute', from: at('2031-01-01T12:00:00Z'), to: at('2031-01-01T13:00:00Z') },
        ],
        freezes: [weekly('UTC', [0], 0, 120)],
      },
      '2026-06-02T00:00:00Z',
      '2031-01-01T12:00:00Z',
    ],
    [
      'never opens when a freeze covers all windows',
      { windows: [weekly('UTC', [0], 0, 60)], freezes: [weekly('Europe/Berlin', [0], 60, 240)] },
      '2026-06-02T00:00:00Z',
      undefined,
    ],
    [
      'never opens behind its last window',
      { windows: [{ kind: 'absolute', from: 0, to: 1 }], freezes: [] },
      '2026-06-02T00:00:00Z',
      undefined,
    ],
  ];
  for (const [title, schedule, from, expected] of cases) {
    it(title, () => {
      const opens = nextOpening(schedule, at(from));
      assert.equal(
        opens === undefined ? undefined : new Date(opens).toISOString(),
        expected?.replace('Z', '.000Z'),
      );
    });
  }

  it('looks at a bounded number of moments when it never opens, in the largest schedule that a policy may have', () => {
    let looks = 0;
    const counting: TimeZone = {
      name: 'counted',
      offsetAt: () => {
        looks += 1;
        return 0;
      },
    };
    const window = (from: number, to: number): ScheduleWindow => ({
      kind: 'weekly',
      zone: counting,
      days: new Set([0]),
      from: from * MINUTE,
      to: to * MINUTE,
    });
    const windows = Array.from({ length: 50 }, (_, index) => window(index, index + 1));
    const freezes = [...Array.from({ length: 49 }, (_, index) => window(index, index + 1)), window(0, 120)];
    assert.equal(nextOpening({ windows, freezes }, at('2026-06-01T00:00:00Z')), undefined);
    // 15 days of 53 moments at most, each asked by 100 windows and a few times more; the clock's own memory is not counted here.
    assert.ok(looks > 0 && looks < 15 * 53 * 110, String(looks));
  });
});
