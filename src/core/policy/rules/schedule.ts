import { parseDuration } from '../../duration.ts';
import { BREAK_GLASS_ANNOTATION, BREAK_GLASS_FORM } from '../break-glass.ts';
import {
  compileTimeZone,
  compileWindow,
  isNeverOpen,
  WEEKDAYS,
  type WrittenWindow,
} from '../compile-schedule.ts';
import { type BreakGlassOptions, scheduleRule } from '../judge-schedule.ts';
import type { SubjectMatch } from '../match.ts';
import { SUBJECTS } from '../match-schema.ts';
import type { RuleContext, RuleDefinition } from '../rule-definition.ts';

/** Windows of one kind in a rule; a year of monthly ones and the holidays are below half of it. */
const MAX_WINDOWS = 50;
/** A glass that stays broken for longer than a week is a case for an Exception. In milliseconds. */
const MAX_BREAK_GLASS_MS = 7 * 86_400_000;

const WINDOWS = {
  type: 'array',
  minItems: 1,
  maxItems: MAX_WINDOWS,
  items: {
    type: 'object',
    additionalProperties: false,
    minProperties: 1,
    properties: {
      days: { type: 'array', minItems: 1, uniqueItems: true, items: { enum: [...WEEKDAYS] } },
      from: { type: 'string', maxLength: 40, description: 'A time of day, "09:00", or an RFC 3339 time.' },
      to: {
        type: 'string',
        maxLength: 40,
        description: 'A time of day, "24:00" at most, or an RFC 3339 time.',
      },
      timeZone: { type: 'string', maxLength: 64, description: 'An IANA name.' },
      reason: { type: 'string', minLength: 1, maxLength: 100 },
    },
  },
};

/** Rule `schedule`; what it is for and what it says stands in its definition. */
export const schedule: RuleDefinition = {
  field: 'schedule',
  summary: 'when releases may run: change windows, freezes, and the glass to break',
  why: `A change on Friday evening, or while the shop earns half of its year, costs more than the same change on Tuesday morning. What is
merged may still be merged: the object is stored, its release waits, visible as \`Held\`, and runs by itself when the window opens.`,
  when: ['admission', 'release'],
  aboutEdits: 'a `breakGlass` annotation that is new or changed, or comes under the policy with the edit',
  reads: ['the time of the judgement', `the annotation ${BREAK_GLASS_ANNOTATION}`],
  verdicts: `At release time a release is held outside all \`windows\` (without \`windows\` every time is inside) and inside any of the
\`freezes\`; \`hold.until\` is the first moment at which it may run, absent when that never comes. A window with times of day holds while a wall
clock in its time zone shows a time from \`from\` on and before \`to\`, on the days on which it begins; \`to\` not after \`from\` is on the next
day. Where clocks are put back, a time that they show twice is in the window twice; one that they skip is in none. A window with RFC 3339
times holds once.

With \`breakGlass\` the annotation \`${BREAK_GLASS_ANNOTATION}: "${BREAK_GLASS_FORM}"\` opens the schedule for one release, with a warning, until its
time; it counts once no more than \`atMost\` is left of it. At admission an annotation that is new or changed is refused when it cannot be read,
lasts longer, or comes from somebody else than \`subjects\`. At release time nobody asks any more: who wrote it is not checked again.`,
  reasons: {
    OutsideSchedule: 'no change window is open, or a freeze is on',
    BreakGlassRefused: 'the annotation cannot be read, lasts too long, or is not for this user to set',
  },
  options: [
    { path: 'timeZone', text: 'the IANA name of the zone of all times of day; UTC when absent' },
    { path: 'windows[]', text: 'the change windows; nothing runs outside them' },
    { path: 'freezes[]', text: 'nothing runs inside them, whatever the windows say' },
    { path: 'windows[].days', text: '`Mon` to `Sun`, on which the window begins; every day when absent' },
    {
      path: 'windows[].from, .to',
      text: 'times of day (`00:00` and `24:00` when absent), or two RFC 3339 times',
    },
    { path: 'windows[].timeZone', text: 'another zone for this window' },
    { path: 'windows[].reason', text: 'shown to those who wait' },
    { path: 'breakGlass.atMost', text: 'how long a broken glass lasts, `4h`; a week at most' },
    { path: 'breakGlass.subjects', text: 'who may set the annotation; everyone when absent' },
  ],
  example: `
- id: working-hours
  schedule:
    timeZone: Europe/Berlin
    windows:
    - {days: [Mon, Tue, Wed, Thu], from: "09:00", to: "16:00"}
    freezes:
    - {from: "2026-12-20T18:00:00+01:00", to: "2027-01-03T06:00:00+01:00", reason: holidays}
    breakGlass: {atMost: 4h, subjects: [{group: on-call}]}
`,
  schema: {
    type: 'object',
    minProperties: 1,
    additionalProperties: false,
    description: 'When releases may run.',
    properties: {
      timeZone: { type: 'string', maxLength: 64, description: 'An IANA name; UTC when absent.' },
      windows: { ...WINDOWS, description: 'Change windows; nothing runs outside them.' },
      freezes: { ...WINDOWS, description: 'Nothing runs inside them.' },
      breakGlass: {
        type: 'object',
        required: ['atMost'],
        additionalProperties: false,
        properties: {
          atMost: { type: 'string', maxLength: 40, description: 'How long a broken glass lasts, 4h.' },
          subjects: SUBJECTS,
        },
      },
    },
  },
  compile(written, at, context) {
    const { timeZone = 'UTC', windows, freezes, breakGlass } = written as unknown as WrittenSchedule;
    if (windows === undefined && freezes === undefined) {
      context.error(at, 'a schedule needs windows or freezes');
      return undefined;
    }
    const zone = compileTimeZone(timeZone, [...at, 'timeZone'], context);
    if (zone === undefined) return undefined;
    const compileAll = (list: readonly WrittenWindow[], field: string) =>
      list.map((entry, index) => compileWindow(entry, zone, [...at, field, String(index)], context));
    const open = compileAll(windows ?? [], 'windows');
    const closed = compileAll(freezes ?? [], 'freezes');
    const glass =
      breakGlass === undefined
        ? 'none'
        : compileBreakGlass(breakGlass, [...at, 'breakGlass', 'atMost'], context);
    if (!open.every(isDefined) || !closed.every(isDefined) || glass === undefined) return undefined;
    if (isNeverOpen(open, closed)) {
      context.error(at, 'no time of the week is open', 'the freezes cover all of the windows');
      return undefined;
    }
    return scheduleRule({
      windows: open,
      freezes: closed,
      ...(glass === 'none' ? {} : { breakGlass: glass }),
    });
  },
};

interface WrittenSchedule {
  readonly timeZone?: string;
  readonly windows?: readonly WrittenWindow[];
  readonly freezes?: readonly WrittenWindow[];
  readonly breakGlass?: WrittenBreakGlass;
}

interface WrittenBreakGlass {
  readonly atMost: string;
  readonly subjects?: readonly SubjectMatch[];
}

function compileBreakGlass(
  { atMost, subjects }: WrittenBreakGlass,
  at: readonly string[],
  context: RuleContext,
): BreakGlassOptions | undefined {
  const atMostMs = parseDuration(atMost) ?? 0;
  if (atMostMs <= 0 || atMostMs > MAX_BREAK_GLASS_MS) {
    context.error(at, `${JSON.stringify(atMost)} is no duration between 0 and 168h`, 'write 4h');
    return undefined;
  }
  return { atMostMs, ...(subjects === undefined ? {} : { subjects }) };
}

function isDefined<T>(value: T | undefined): value is T {
  return value !== undefined;
}
