import { formatDuration } from '../duration.ts';
import type { Json } from '../json/json.ts';
import { formatPath } from '../json/path.ts';
import {
  BREAK_GLASS_ANNOTATION,
  BREAK_GLASS_FORM,
  type BreakGlass,
  breakGlassText,
  parseBreakGlass,
} from './break-glass.ts';
import type { Edit } from './decision.ts';
import { formatInstant, parseInstant } from './instant.ts';
import { isAmong, type SubjectMatch } from './match.ts';
import { isOpen, nextOpening, type Schedule } from './next-opening.ts';
import type { FindingDraft, Judgement, RuleBody, RuleInput } from './rule.ts';
import { isInWindow } from './schedule-window.ts';
import { shortText } from './short-text.ts';
import { editOf } from './subject.ts';

export interface BreakGlassOptions {
  readonly atMostMs: number;
  /** Absent means everyone. */
  readonly subjects?: readonly SubjectMatch[];
}

export interface ScheduleOptions extends Schedule {
  readonly breakGlass?: BreakGlassOptions;
}

const ANNOTATION_TOKENS = ['metadata', 'annotations', BREAK_GLASS_ANNOTATION];
const ANNOTATION_PATH = formatPath(ANNOTATION_TOKENS);
const NOTHING: Judgement = { findings: [], warnings: [] };

/** Makes the rule of its options. */
export function scheduleRule(options: ScheduleOptions): RuleBody {
  const opening = rememberOpening(options);
  return {
    kinds: ['HelmRelease'],
    reads: [],
    writes: [],
    judge(input) {
      const now = parseInstant(input.facts.now);
      if (now === undefined) throw new Error('the time of the judgement cannot be read');
      if (input.phase === 'release') return judgeRelease(options, opening, input, now);
      const created = input.phase === 'admission' && editOf(input.subject) === undefined;
      return created ? judgeAnnotation(options.breakGlass, input, now, undefined) : NOTHING;
    },
    judgeEdit(input) {
      const now = parseInstant(input.facts.now);
      if (now === undefined) throw new Error('the time of the judgement cannot be read');
      // What comes under the policy by this edit was never judged by it.
      const before = input.about === 'after' ? undefined : breakGlassText(input.subject.oldObject);
      return judgeAnnotation(options.breakGlass, input, now, before);
    },
  };
}

/** Many releases wait for the same moment: while none is open, the first opening from one moment on is that from each later one. */
function rememberOpening(schedule: Schedule): (now: number) => number | undefined {
  let known: { readonly from: number; readonly opens: number | undefined } | undefined;
  return (now) => {
    const fits =
      known !== undefined && known.from <= now && (known.opens === undefined || now <= known.opens);
    if (known === undefined || !fits) known = { from: now, opens: nextOpening(schedule, now) };
    return known.opens;
  };
}

function judgeRelease(
  options: ScheduleOptions,
  opening: (now: number) => number | undefined,
  { object }: RuleInput,
  now: number,
): Judgement {
  if (isOpen(options, now)) return NOTHING;
  const glass = options.breakGlass === undefined ? undefined : liveGlass(breakGlassText(object), now);
  // A glass that lasts too long counts once no more is left of it than may be.
  const counts = glass === undefined ? undefined : glass.until - (options.breakGlass?.atMostMs ?? 0);
  if (glass !== undefined && counts !== undefined && counts <= now) {
    const { owner, until, reason } = glass;
    const text = `released outside its schedule: break-glass by ${owner} until ${formatInstant(until)}: ${reason}`;
    return { findings: [], warnings: [shortText(text)] };
  }
  const opens = [opening(now), counts].filter((moment) => moment !== undefined);
  const until = opens.length === 0 ? undefined : formatInstant(Math.ceil(Math.min(...opens) / 1000) * 1000);
  return {
    findings: [
      {
        reason: 'OutsideSchedule',
        path: 'spec',
        message: shortText(`the release waits: ${whyClosed(options, now)}`),
        wouldPass: shortText(waysToPass(options, until)),
        hold: until === undefined ? {} : { until },
      },
    ],
    warnings: [],
  };
}

function whyClosed({ freezes }: Schedule, now: number): string {
  const freeze = freezes.find((window) => isInWindow(window, now));
  if (freeze === undefined) return 'no change window is open';
  return freeze.reason === undefined ? 'a freeze is on' : `a freeze is on (${freeze.reason})`;
}

function waysToPass({ breakGlass }: ScheduleOptions, until: string | undefined): string {
  const waiting = until === undefined ? 'nothing: no window opens any more' : `waiting until ${until}`;
  return breakGlass === undefined
    ? waiting
    : `${waiting}, or the annotation ${BREAK_GLASS_ANNOTATION}: "${BREAK_GLASS_FORM}"`;
}

function judgeAnnotation(
  options: BreakGlassOptions | undefined,
  { subject, object }: RuleInput,
  now: number,
  before: Json | undefined,
): Judgement {
  const text = breakGlassText(object);
  if (text === undefined || text === before) return NOTHING;
  if (options === undefined) {
    return { findings: [], warnings: [`this schedule honours no ${BREAK_GLASS_ANNOTATION}`] };
  }
  const withoutIt: readonly Edit[] = [
    { tokens: ANNOTATION_TOKENS, ...(before === undefined ? {} : { value: before }) },
  ];
  const { user } = subject;
  if (user !== undefined && options.subjects !== undefined && !isAmong(options.subjects, user)) {
    return refused(`${user.username} may not break the glass`, undefined, [withoutIt]);
  }
  const glass = parseBreakGlass(text);
  if (glass === undefined) return refused('the annotation cannot be read', BREAK_GLASS_FORM, [withoutIt]);
  if (glass.until <= now) {
    return { findings: [], warnings: [`the break-glass ended at ${formatInstant(glass.until)}`] };
  }
  const latest = now + options.atMostMs;
  if (glass.until <= latest) return NOTHING;
  const shorter = `${glass.owner}; until ${formatInstant(Math.floor(latest / 1000) * 1000)}; ${glass.reason}`;
  const message = `the break-glass lasts longer than ${formatDuration(options.atMostMs)}`;
  return refused(message, shorter, [[{ tokens: ANNOTATION_TOKENS, value: shorter }], withoutIt]);
}

function refused(
  message: string,
  wouldPass: string | undefined,
  repairs: NonNullable<FindingDraft['repairs']>,
): Judgement {
  const finding: FindingDraft = {
    reason: 'BreakGlassRefused',
    path: ANNOTATION_PATH,
    message: shortText(message),
    ...(wouldPass === undefined ? {} : { wouldPass: shortText(wouldPass) }),
    repairs,
  };
  return { findings: [finding], warnings: [] };
}

/** The glass that an annotation breaks, unless that is over. */
function liveGlass(text: Json | undefined, now: number): BreakGlass | undefined {
  const glass = text === undefined ? undefined : parseBreakGlass(text);
  return glass === undefined || glass.until <= now ? undefined : glass;
}
