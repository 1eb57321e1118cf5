/**
 * Moments that people write into policies. All callers agree on the boundary: whatever begins at a moment holds from its first
 * millisecond on, whatever ends there no longer holds then.
 */

/** RFC 3339, with the time optional: a date alone is its first second in UTC. */
const INSTANT =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]{1,9})?(?:[Zz]|[+-]([0-9]{2}):([0-9]{2})))?$/;

/**
 * Milliseconds since 1970 of a date (`2026-12-01`) or an RFC 3339 time; undefined for other texts and for days and hours that do
 * not exist. A leap second (`:60`) is refused: no clock here shows one.
 */
export function parseInstant(text: string): number | undefined {
  const parts = INSTANT.exec(text);
  if (parts === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, zoneHour = 0, zoneMinute = 0] = parts
    .slice(1)
    .map((part: string | undefined) => Number(part ?? 0));
  const exists =
    month >= 1 && month <= 12 && day >= 1 && day <= daysOf(year, month) && hour < 24 && minute < 60;
  if (!exists || second >= 60 || zoneHour >= 24 || zoneMinute >= 60) return undefined;
  return Date.parse(text.toUpperCase());
}

/** RFC 3339 in UTC, in whole seconds where there is no fraction. */
export function formatInstant(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}

function daysOf(year: number, month: number): number {
  // Day 0 of the next month is the last one of this.
  return new Date(Date.UTC(year < 100 ? year + 400 : year, month, 0)).getUTCDate();
}
