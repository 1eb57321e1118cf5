/** By what an expression came to its outcome: the values that it reads of the object and of what follows from it. */
import type { Json, JsonObject } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';
import { effectiveInput } from './effective-input.ts';
import type { ExpressionEntry } from './expression-entry.ts';
import { NAMESPACE_FIELDS } from './match.ts';
import type { RuleInput } from './rule.ts';
import { findSource, sourceOf } from './source-of.ts';

/**
 * The basis of a finding: which entry of the rule found it, and all that it reads but who asks and when. Two findings that an expression
 * gives for different reasons are thus told apart, also where they show the same.
 */
export function expressionBasis(index: number, { test }: ExpressionEntry, input: RuleInput): Json {
  return [
    index,
    ...test.reads.map(({ variable, path }) => [variable, ...path, valueRead(variable, path, input)]),
  ];
}

function valueRead(variable: string, path: readonly string[], input: RuleInput): Json {
  const { object, subject } = input;
  switch (variable) {
    case 'object':
      return valueAt(object, path) ?? null;
    case 'oldObject':
      return valueAt(subject.oldObject, path) ?? null;
    case 'effective':
      return valueAt(effectiveInput(input).object, path) ?? null;
    case 'source':
      return sourceRead(path, input);
    case 'release':
    case 'namespaces':
      return [['spec', 'releaseName'], ...NAMESPACE_FIELDS].map((tokens) => valueAt(object, tokens) ?? null);
    default:
      return null;
  }
}

/** What the expression reads of the source, which it is, and whether it is known at all. */
function sourceRead(path: readonly string[], { object, subject, facts }: RuleInput): Json {
  const source = sourceOf(subject.kind, object, subject.namespace);
  if (source === undefined) return null;
  const fact = findSource(facts, source);
  const value = fact.known ? valueAt(fact.value as unknown as JsonObject, path) : fact.why;
  return [source.kind, source.namespace, source.name, value ?? null];
}
