import { kindOf, type UnknownFact } from '../cel/value.ts';
import { formatPath } from '../json/path.ts';
import { valueAt } from '../json/pointer.ts';
import { effectiveInput } from './effective-input.ts';
import type { ExpressionEntry } from './expression-entry.ts';
import { UnknownPolicyFact, variablesOf } from './expression-variables.ts';
import type { FindingDraft, Judgement, RuleInput } from './rule.ts';
import { shortText } from './short-text.ts';
import { shownValue } from './shown-value.ts';
import { judgeUnknown } from './unknown-fact.ts';

/**
 * Judges an object by expressions. One that cannot be evaluated makes the rule fail, which denies (PolicyError): the error says which
 * one, and why.
 */
export function judgeExpressions(entries: readonly ExpressionEntry[], input: RuleInput): Judgement {
  const findings: FindingDraft[] = [];
  const warnings: string[] = [];
  const failures: string[] = [];
  for (const [index, entry] of entries.entries()) {
    if (!entry.phases.has(input.phase)) continue;
    const outcome = entry.test.evaluate(variablesOf(input));
    const name = entries.length === 1 ? 'the expression' : `expression ${index + 1}`;
    if (outcome.kind === 'unknown') {
      const judged = judgeMissing(entry, outcome.fact, input);
      findings.push(...judged.findings);
      warnings.push(...judged.warnings);
    } else if (outcome.kind !== 'value') failures.push(`${name} cannot be evaluated: ${outcome.message}`);
    else if (outcome.value === false) findings.push(findingOf(entry, input));
    else if (outcome.value !== true)
      failures.push(`${name} gives ${kindOf(outcome.value)}, not true or false`);
  }
  const [first] = failures;
  if (first === undefined) return { findings, warnings };
  throw new Error(failures.length === 1 ? first : `${first} (and ${failures.length - 1} more)`);
}

/**
 * A source that does not exist may be on its way in the same apply: unless the policy says what to do then, it is a warning at
 * admission where the expression is judged again when the release runs.
 */
function judgeMissing(entry: ExpressionEntry, fact: UnknownFact, input: RuleInput): Judgement {
  if (!(fact instanceof UnknownPolicyFact)) throw new Error(`${fact.what} is not known (${fact.why})`);
  const { variable, what, reason, path } = fact;
  const comesLater = variable === 'source' && reason === 'NotFound' && input.phase === 'admission';
  if (comesLater && entry.unknown === undefined && entry.phases.has('release')) {
    const warning = `${what} does not exist yet: it is judged when the release runs`;
    return { findings: [], warnings: [shortText(warning)] };
  }
  return judgeUnknown(entry.unknown ?? 'Deny', what, reason, path);
}

function findingOf(entry: ExpressionEntry, input: RuleInput): FindingDraft {
  const { tokens, wouldPass, test } = entry;
  const readsEffective = test.reads.some(({ variable }) => variable === 'effective');
  const value =
    valueAt(input.object, tokens) ??
    (readsEffective ? valueAt(effectiveInput(input).object, tokens) : undefined);
  const found = shownValue(tokens, value);
  return {
    reason: 'ExpressionFalse',
    path: formatPath(tokens),
    ...(found === undefined ? {} : { found }),
    message: shortText(messageOf(entry, input)),
    ...(wouldPass === undefined ? {} : { wouldPass: shortText(wouldPass) }),
  };
}

/** A message that cannot be made is no reason to let something pass, nor to hide what was found. */
function messageOf({ test, message, messageExpression }: ExpressionEntry, input: RuleInput): string {
  const outcome = messageExpression?.evaluate(variablesOf(input));
  if (outcome?.kind === 'value' && typeof outcome.value === 'string' && outcome.value.trim() !== '')
    return outcome.value;
  return message ?? `the expression is false: ${test.text.trim().replaceAll(/\s+/g, ' ')}`;
}
