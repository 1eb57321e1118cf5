/** What a word that somebody asks about means: a rule, a reason, or a field of an object. */
import { parsePath } from '../../core/json/path.ts';
import { closestTo } from '../../core/policy/did-you-mean.ts';
import type { FindingReason } from '../../core/policy/finding-reason.ts';
import { fieldPaths, findField, isFieldGroup, type KnownField } from '../../core/policy/known-fields.ts';
import { REASON_ADVICE } from '../../core/policy/reason-advice.ts';
import { JUDGED_KINDS } from '../../core/policy/rule.ts';
import type { RuleDefinition } from '../../core/policy/rule-definition.ts';
import { RULE_CATALOGUE } from '../../core/policy/rules/catalogue.ts';

/** A field as one kind of object has it; a group of fields has no type of its own. */
export interface FieldOfKind {
  readonly kind: string;
  readonly tokens: readonly string[];
  readonly field?: KnownField;
}

export type Topic =
  | { readonly is: 'rule'; readonly definition: RuleDefinition }
  | { readonly is: 'reason'; readonly reason: FindingReason }
  | { readonly is: 'field'; readonly fields: readonly FieldOfKind[] }
  | { readonly is: 'nothing'; readonly suggestion?: string };

/**
 * Finds what a word is about. A field is a dotted path or JSON pointer, below `spec` when it does not begin there, and of one kind only
 * with the kind in front: `HelmRepository.spec.timeout`.
 */
export function findTopic(word: string): Topic {
  const definition = RULE_CATALOGUE.get(word);
  if (definition !== undefined) return { is: 'rule', definition };
  if (isReason(word)) return { is: 'reason', reason: word };
  const fields = findFields(word);
  if (fields.length > 0) return { is: 'field', fields };
  const suggestion = closestTo(word, candidates());
  return suggestion === undefined ? { is: 'nothing' } : { is: 'nothing', suggestion };
}

function isReason(word: string): word is FindingReason {
  return Object.hasOwn(REASON_ADVICE, word);
}

function findFields(word: string): readonly FieldOfKind[] {
  const [first = '', ...rest] = parsePath(word) ?? [];
  const kind = JUDGED_KINDS.find((own) => own === first);
  const written = kind === undefined ? [first, ...rest] : rest;
  const tokens = written[0] === 'spec' ? written : ['spec', ...written];
  if (written.length === 0) return [];
  return (kind === undefined ? JUDGED_KINDS : [kind]).flatMap((own): readonly FieldOfKind[] => {
    const found = findField(own, tokens);
    if (found !== undefined) return [{ kind: own, tokens, field: found.field }];
    return isFieldGroup(own, tokens) ? [{ kind: own, tokens }] : [];
  });
}

function candidates(): readonly string[] {
  const fields = JUDGED_KINDS.flatMap((kind) => fieldPaths(kind));
  return [...RULE_CATALOGUE.keys(), ...Object.keys(REASON_ADVICE), ...new Set(fields)];
}
