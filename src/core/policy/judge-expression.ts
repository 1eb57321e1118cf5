import type { CompiledExpression, Outcome } from '../cel/compile-expression.ts';
import { MAX_COST } from '../cel/limits.ts';
import { kindOf, type UnknownFact } from '../cel/value.ts';
import { formatPath } from '../json/path.ts';
import { valueAt } from '../json/pointer.ts';
import { effectiveInput } from './effective-input.ts';
import { expressionBasis } from './expression-basis.ts';
import type { ExpressionEntry } from './expression-entry.ts';
import { UnknownPolicyFact, variablesOf } from './expression-variables.ts';
import type { FindingDraft, Judgement, RuleInput } from './rule.ts';
import { shortText } from './short-text.ts';
import { shownValue } from './shown-value.ts';
import { judgeUnknown } from './unknown-fact.ts';

/**
 * Judges an object by expressions. One that cannot be evaluated makes the rule fail, which denies (PolicyError): the error says which
 * one, and why. Only the entries that `asked` holds for are evaluated; they keep their numbers.
 */
export function judgeExpressions(
  entries: readonly ExpressionEntry[],
  input: RuleInput,
  asked: (entry: ExpressionEntry) => boolean,
): Judgement {
  const findings: FindingDraft[] = [];
  const warnings: string[] = [];
  const failures: string[] = [];
  for (const [index, entry] of entries.entries()) {
    if (!entry.phases.has(input.phase) || !asked(entry)) continue;
    const outcome = evaluateWithin(entry.test, input);
    const name = entries.length === 1 ? 'the expression' : `expression ${index + 1}`;
    if (outcome.kind === 'unknown') {
      const judged = judgeMissing(entry, outcome.fact, input);
      const basis = expressionBasis(index, entry, input);
      findings.push(...judged.findings.map((finding) => ({ ...finding, basis })));
      warnings.push(...judged.warnings);
    } else if (outcome.kind !== 'value') failures.push(`${name} cannot be evaluated: ${outcome.message}`);
    else if (outcome.value === false) findings.push(findingOf(index, entry, input));
    else if (outcome.value !== true)
      failures.push(`${name} gives ${kindOf(outcome.value)}, not true or false`);
  }
  const [first] = failures;
  if (first === undefined) return { findings, warnings };
  throw new Error(failures.length === 1 ? first : `${first} (and ${failures.length - 1} more)`);
}

/** Steps of one unit, 100 ns at most: all expressions of a set together may spend what twenty may that run out. */
const STEPS_PER_UNIT = 10;

/** Evaluates an expression with what is left of its own budget and of the evaluation's; throws `WorkLimitError` when that one ends. */
function evaluateWithin(expression: CompiledExpression, input: RuleInput): Outcome {
  const { work } = input;
  const left = work === undefined ? MAX_COST : Math.floor(work.left / STEPS_PER_UNIT);
  const outcome = expression.evaluate(variablesOf(input), Math.min(left, MAX_COST));
  work?.charge(outcome.cost * STEPS_PER_UNIT);
  return outcome;
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

function findingOf(index: number, entry: ExpressionEntry, input: RuleInput): FindingDraft {
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
    basis: expressionBasis(index, entry, input),
    message: shortText(messageOf(entry, input)),
    ...(wouldPass === undefined ? {} : { wouldPass: shortText(wouldPass) }),
  };
}

/** A message that cannot be made is no reason to let something pass, nor to hide what was found. */
function messageOf({ test, message, messageExpression }: ExpressionEntry, input: RuleInput): string {
  const outcome = messageExpression === undefined ? undefined : evaluateWithin(messageExpression, input);
  if (outcome?.kind === 'value' && typeof outcome.value === 'string' && outcome.value.trim() !== '')
    return outcome.value;
  return message ?? `the expression is false: ${test.text.trim().replaceAll(/\s+/g, ' ')}`;
}
