/** Compares a decision with what a case expects. */
import { applyPatch } from '../json/apply.ts';
import { canonicalJson } from '../json/canonical.ts';
import { isEqualJson } from '../json/equal.ts';
import type { Json, JsonObject } from '../json/json.ts';
import { parsePath } from '../json/path.ts';
import { valueAt } from '../json/pointer.ts';
import type { Decision, Finding } from '../policy/decision.ts';
import { pairUp } from './pair-up.ts';
import type { Expectation } from './policy-test.ts';

/** One thing that is not as expected: the lines that are missing, and those that came instead. */
export interface Mismatch {
  /** `verdict`, `findings`, `warnings`, or `object PATH`. */
  readonly what: string;
  /** Where the expectation stands, below `expect`. */
  readonly tokens: readonly string[];
  readonly expected: readonly string[];
  readonly got: readonly string[];
}

/** All that differs; empty when the decision is as expected. `object` is the object as it came. */
export function compareDecision(
  expect: Expectation,
  decision: Decision,
  object: JsonObject,
): readonly Mismatch[] {
  return [
    ...verdictMismatch(expect.verdict, decision),
    ...findingsMismatch(expect.findings, decision.findings),
    ...warningsMismatch(expect.warnings, decision.warnings),
    ...objectMismatches(expect.object, applyPatch(object, decision.patch)),
  ];
}

/** The decision in one word, as tests write it. */
export function verdictOf(decision: Decision): 'Allow' | 'Deny' | 'Hold' {
  if (decision.allowed) return 'Allow';
  return decision.held === undefined ? 'Deny' : 'Hold';
}

function verdictMismatch(expected: Expectation['verdict'], decision: Decision): readonly Mismatch[] {
  const got = verdictOf(decision);
  if (expected === undefined || expected === got) return [];
  return [{ what: 'verdict', tokens: ['verdict'], expected: [expected], got: [got] }];
}

function findingsMismatch(
  expected: Expectation['findings'],
  findings: readonly Finding[],
): readonly Mismatch[] {
  if (expected === undefined) return [];
  const got = pairUp(expected, findings, fitsFinding);
  const missing = expected.filter((_, index) => got[index] === undefined);
  const taken = new Set(got);
  const surplus = findings.filter((_, index) => !taken.has(index));
  if (missing.length === 0 && surplus.length === 0) return [];
  return [
    {
      what: 'findings',
      tokens: ['findings'],
      expected: missing.map(canonicalJson),
      got: surplus.map(findingText),
    },
  ];
}

/** Texts that are long or change more often than verdicts are compared in part. */
const IN_PART: ReadonlySet<string> = new Set(['message', 'wouldPass']);

function fitsFinding(expected: JsonObject, finding: Finding): boolean {
  return Object.entries(expected).every(([member, value]) => {
    const got = (finding as unknown as JsonObject)[member];
    if (IN_PART.has(member)) return typeof got === 'string' && got.includes(value as string);
    return isEqualJson(got, value);
  });
}

/** As a case would write it: without the place, and without proposals of edits. */
function findingText(finding: Finding): string {
  const entries = Object.entries(finding as unknown as JsonObject);
  return canonicalJson(Object.fromEntries(entries.filter(([member]) => member !== 'place')));
}

function warningsMismatch(
  expected: Expectation['warnings'],
  warnings: readonly string[],
): readonly Mismatch[] {
  if (expected === undefined) return [];
  const quote = (text: string) => canonicalJson(text);
  const missing = expected.filter((part) => !warnings.some((warning) => warning.includes(part)));
  const unwanted = expected.length === 0 && warnings.length > 0;
  if (missing.length === 0 && !unwanted) return [];
  const expectedLines = unwanted ? ['(none)'] : missing.map(quote);
  return [{ what: 'warnings', tokens: ['warnings'], expected: expectedLines, got: warnings.map(quote) }];
}

function objectMismatches(expected: JsonObject | undefined, after: Json): readonly Mismatch[] {
  return Object.entries(expected ?? {}).flatMap(([path, wanted]) => {
    const got = valueAt(after, parsePath(path) ?? []);
    if (isEqualJson(got ?? null, wanted ?? null)) return [];
    const show = (value: Json | undefined) => (value === undefined ? '(absent)' : canonicalJson(value));
    return [
      {
        what: `object ${path}`,
        tokens: ['object', path],
        expected: [wanted === null ? '(absent)' : show(wanted)],
        got: [show(got)],
      },
    ];
  });
}
