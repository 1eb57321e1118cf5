/** How much a problem weighs, in SARIF's words. */
export type ProblemLevel = 'error' | 'warning' | 'note';

/** One thing that was found in a file: what `check` and `lint` hand to the formats that programs read. */
export interface Problem {
  readonly level: ProblemLevel;
  /** Whether the run fails for it; a warning fails only when the user asked for that. */
  readonly fails: boolean;
  /** Stable code: a reason (`RangeTooWide`) or a code of the command's own. Described in {@link ProblemReport.rules}. */
  readonly rule: string;
  /** One line. */
  readonly message: string;
  /** Path as the user named the file; `-` is the standard input. */
  readonly file: string;
  /** Line and column count from 1. */
  readonly line: number;
  readonly column: number;
  /** One line: what to do, `would pass: ...`. */
  readonly hint?: string;
  /** One line: the edit after which the whole object passes, where it is known; with the first problem of the object. */
  readonly passesWith?: string;
  /** Where it comes from, `policy/rule (file:line:column)`. */
  readonly origin?: string;
}

/** Something that was looked at, and what was found about it: an object of a manifest, a policy file. */
export interface ProblemCase {
  readonly file: string;
  /** `HelmRelease team/flagger`; unique within the file in most cases. */
  readonly name: string;
  readonly line: number;
  /** Whether it could not be looked at at all. */
  readonly unreadable?: boolean;
  readonly problems: readonly Problem[];
}

/** What a code means, for tools that show help beside a finding. */
export interface ProblemRule {
  readonly id: string;
  /** One line. */
  readonly summary: string;
  /** Markdown. */
  readonly help: string;
}

/** The outcome of one run. Cases without problems are the passes. */
export interface ProblemReport {
  /** `helmgate check` */
  readonly title: string;
  readonly version: string;
  readonly cases: readonly ProblemCase[];
  readonly rules: readonly ProblemRule[];
}

/** What is told below a problem's message, in lines. */
export function detailsOf({ hint, origin, passesWith }: Problem): readonly string[] {
  return [
    ...(hint === undefined ? [] : [hint]),
    ...(origin === undefined ? [] : [`from ${origin}`]),
    ...(passesWith === undefined ? [] : [`the object passes with: ${passesWith}`]),
  ];
}
