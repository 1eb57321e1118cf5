import { parseDuration } from '../../duration.ts';
import { CelError } from '../cel-error.ts';
import { type Clock, clockIn } from '../clock.ts';
import type { Run } from '../run.ts';
import { Duration, durationOf, parseTimestamp, Timestamp, timestampOf } from '../time-value.ts';
import type { Value } from '../value.ts';
import { type CelFunction, noOverload, textArgument } from './function-definition.ts';

const TIMESTAMP = 'google.protobuf.Timestamp';
const DURATION = 'google.protobuf.Duration';

/** Reading a duration of 100 characters takes up to 2 us. */
const DURATION_COST = 20;

export const TIME_FUNCTIONS: readonly CelFunction[] = [
  {
    kind: 'global',
    name: 'duration',
    signatures: [`duration(string): ${DURATION}`],
    text: 'a span of time as Go and Flux write it: 1h30m, 90s, 250ms',
    call: readDuration,
  },
  {
    kind: 'global',
    name: 'timestamp',
    signatures: [`timestamp(string): ${TIMESTAMP}`, `timestamp(int): ${TIMESTAMP}`],
    text: 'a moment from RFC 3339, or from seconds since 1970',
    call: readTimestamp,
  },
  ...field('getFullYear', 'the year', undefined, ({ year }) => year),
  ...field('getMonth', 'the month, from 0', undefined, ({ month }) => month - 1),
  ...field('getDate', 'the day of the month, from 1', undefined, ({ day }) => day),
  ...field('getDayOfMonth', 'the day of the month, from 0', undefined, ({ day }) => day - 1),
  ...field('getDayOfWeek', 'the day of the week, Sunday is 0', undefined, ({ weekday }) => weekday),
  ...field('getDayOfYear', 'the day of the year, from 0', undefined, ({ yearDay }) => yearDay),
  ...field('getHours', 'the hour', 3_600_000_000_000n, ({ hour }) => hour),
  ...field('getMinutes', 'the minute', 60_000_000_000n, ({ minute }) => minute),
  ...field('getSeconds', 'the second', 1_000_000_000n, ({ second }) => second),
  ...field('getMilliseconds', 'the millisecond', 1_000_000n, ({ ms }) => ms),
];

/** A function of a moment, with and without a time zone, and where there is a unit, of a duration too. */
function field(
  name: string,
  text: string,
  unitNs: bigint | undefined,
  pick: (clock: Clock) => number,
): readonly CelFunction[] {
  const ofDuration = unitNs !== undefined;
  return [
    {
      kind: 'method',
      name,
      signatures: [`${TIMESTAMP}.${name}(): int`, ...(ofDuration ? [`${DURATION}.${name}(): int`] : [])],
      text: ofDuration ? `${text}, in UTC; of a duration, how many fit in` : `${text}, in UTC`,
      call(run, args) {
        const [value = null] = args;
        if (ofDuration && value instanceof Duration) return value.ns / unitNs;
        return pickFrom(run, name, args, 'UTC', pick);
      },
    },
    {
      kind: 'method',
      name,
      signatures: [`${TIMESTAMP}.${name}(string): int`],
      text: 'the same in a time zone such as Europe/Berlin or +02:00',
      call: (run, args) => pickFrom(run, name, args, textArgument(name, args, 1), pick),
    },
  ];
}

function pickFrom(
  run: Run,
  name: string,
  args: readonly Value[],
  zone: string,
  pick: (clock: Clock) => number,
): bigint {
  const [value = null] = args;
  if (!(value instanceof Timestamp)) throw noOverload(name, args);
  const clock = clockIn(run, value, zone);
  if (clock === undefined) throw new CelError(`${name}: there is no such time zone`);
  return BigInt(pick(clock));
}

function readDuration(run: Run, args: readonly Value[]): Duration {
  const text = textArgument('duration', args, 0);
  run.charge(DURATION_COST);
  // Go's longest duration has 20 digits and fewer than 100 characters when each unit is written once.
  const ms = text.length > 100 ? undefined : parseDuration(text);
  if (ms === undefined) throw new CelError('duration: the text is no duration such as 1h30m');
  const whole = Math.trunc(ms);
  const duration = durationOf(BigInt(whole) * 1_000_000n + BigInt(Math.round((ms - whole) * 1e6)));
  if (duration === undefined) throw new CelError('duration: the text is longer than 292 years');
  return duration;
}

function readTimestamp(run: Run, args: readonly Value[]): Timestamp {
  const [value = null] = args;
  if (typeof value === 'string') run.chargeText(value.length);
  const timestamp =
    typeof value === 'bigint'
      ? timestampOf(value * 1_000_000_000n)
      : parseTimestamp(textArgument('timestamp', args, 0));
  if (timestamp !== undefined) return timestamp;
  throw new CelError('timestamp: the value is no RFC 3339 time of the years 1 to 9999');
}
