/** A time zone: how far its wall clocks are ahead of UTC. The rules come with the runtime's copy of the IANA database. */
export interface TimeZone {
  readonly name: string;
  /** Milliseconds to add to a moment to get the wall clock's time, read as if it were UTC. */
  offsetAt(ms: number): number;
}

/** Zones are few and formatters costly to make. */
const MAX_REMEMBERED = 64;
const remembered = new Map<string, TimeZone>();

/** The zone of an IANA name, `Europe/Berlin` or `UTC`; undefined when there is none of that name. */
export function findTimeZone(name: string): TimeZone | undefined {
  const known = remembered.get(name);
  if (known !== undefined) return known;
  // The platform reads `+02:00` as well, which is no zone: it has no summer time.
  if (!/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/.test(name)) return undefined;
  const formatter = formatterOf(name);
  if (formatter === undefined) return undefined;
  const zone: TimeZone = { name, offsetAt: rememberLast((ms) => offsetAt(formatter, ms)) };
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  remembered.set(name, zone);
  return zone;
}

/**
 * The first moment after `from` and not after `to` at which the zone's offset is that of `to`; undefined when the offset is the
 * same at both ends. The two may lie a day apart: no zone changes its offset twice within one.
 */
export function findOffsetChange(zone: TimeZone, from: number, to: number): number | undefined {
  const after = zone.offsetAt(to);
  if (zone.offsetAt(from) === after) return undefined;
  let before = from;
  let changed = to;
  while (changed - before > 1) {
    const middle = Math.floor((before + changed) / 2);
    if (zone.offsetAt(middle) === after) changed = middle;
    else before = middle;
  }
  return changed;
}

/** All windows of a schedule ask for the same moment. */
function rememberLast(offsetAt: TimeZone['offsetAt']): TimeZone['offsetAt'] {
  let last: { readonly ms: number; readonly offset: number } | undefined;
  return (ms) => {
    if (last?.ms !== ms) last = { ms, offset: offsetAt(ms) };
    return last.offset;
  };
}

function formatterOf(timeZone: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function offsetAt(formatter: Intl.DateTimeFormat, ms: number): number {
  const parts = new Map(formatter.formatToParts(ms).map(({ type, value }) => [type, value]));
  const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts.get(type));
  const wall = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  );
  return wall - Math.floor(ms / 1000) * 1000;
}
