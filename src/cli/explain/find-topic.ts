/** What a word that somebody asks about means: a rule, an option of one, a reason, a field of an object, or a rule of a policy. */
import { parsePath } from '../../core/json/path.ts';
import { closestTo } from '../../core/policy/did-you-mean.ts';
import { fieldPaths, findField, isFieldGroup, type KnownField } from '../../core/policy/known-fields.ts';
import { JUDGED_KINDS } from '../../core/policy/rule.ts';
import type { RuleDefinition, RuleOption } from '../../core/policy/rule-definition.ts';
import { RULE_CATALOGUE, RULE_DEFINITIONS } from '../../core/policy/rules/catalogue.ts';
import { EXPLAINED_WORDS, factsOfReason, type ReasonFacts } from './reason-facts.ts';

/** A field as one kind of object has it; a group of fields has no type of its own. */
export interface FieldOfKind {
  readonly kind: string;
  readonly tokens: readonly string[];
  readonly field?: KnownField;
}

export type Topic =
  | { readonly is: 'rule'; readonly definition: RuleDefinition }
  | { readonly is: 'options'; readonly definition: RuleDefinition; readonly options: readonly RuleOption[] }
  | { readonly is: 'reason'; readonly facts: ReasonFacts }
  | { readonly is: 'field'; readonly fields: readonly FieldOfKind[] }
  | { readonly is: 'ruleOfPolicy'; readonly name: string }
  | { readonly is: 'nothing'; readonly suggestions: readonly string[] };

/** Words that are proposed for one that is not known. */
const MAX_SUGGESTIONS = 5;
/** Shorter ones stand in too many others. */
const MIN_PART_LENGTH = 4;
/** As denials name a rule: `policy/rule`. */
const RULE_OF_POLICY = /^[a-z0-9][a-z0-9.-]*\/[^/\s]+$/;

/**
 * Finds what a word is about. A field is a dotted path or JSON pointer, below `spec` when it does not begin there, and of one kind only
 * with the kind in front: `HelmRepository.spec.timeout`. An option is a path below its rule: `chartVersion.within`.
 */
export function findTopic(word: string): Topic {
  const definition = RULE_CATALOGUE.get(word);
  if (definition !== undefined) return { is: 'rule', definition };
  const facts = factsOfReason(word);
  if (facts !== undefined) return { is: 'reason', facts };
  const options = findOptions(word);
  if (options !== undefined) return options;
  const fields = findFields(word);
  if (fields.length > 0) return { is: 'field', fields };
  if (RULE_OF_POLICY.test(word)) return { is: 'ruleOfPolicy', name: word };
  return { is: 'nothing', suggestions: suggestionsFor(word) };
}

/** Everything that can be explained without a policy. */
export function allTopics(): { readonly [group in 'rules' | 'reasons' | 'fields']: readonly string[] } {
  const fields = JUDGED_KINDS.flatMap((kind) => fieldPaths(kind).map((path) => `${kind}.${path}`));
  return { rules: [...RULE_CATALOGUE.keys()], reasons: EXPLAINED_WORDS.toSorted(), fields };
}

/** The option of this path, or those of a group; `charts.name` is `charts[].name`. */
function findOptions(word: string): Topic | undefined {
  const dot = word.indexOf('.');
  const definition = dot === -1 ? undefined : RULE_CATALOGUE.get(word.slice(0, dot));
  if (definition === undefined) return undefined;
  const wanted = plain(word.slice(dot + 1));
  const options = definition.options.filter(
    ({ path }) => path !== '' && (plain(path) === wanted || plain(path).startsWith(`${wanted}.`)),
  );
  return options.length === 0 ? undefined : { is: 'options', definition, options };
}

function plain(path: string): string {
  return path.replaceAll('[]', '');
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

/** The closest word, or where none is close those that hold this one in them. */
function suggestionsFor(word: string): readonly string[] {
  const known = candidates();
  const closest = closestTo(word, known);
  if (closest !== undefined) return [closest];
  const part = word.toLowerCase();
  if (part.length < MIN_PART_LENGTH) return [];
  return known.filter((own) => own.toLowerCase().includes(part)).slice(0, MAX_SUGGESTIONS);
}

function candidates(): readonly string[] {
  const options = RULE_DEFINITIONS.flatMap(({ field, options: own }) =>
    own.filter(({ path }) => path !== '').map(({ path }) => `${field}.${path}`),
  );
  const fields = JUDGED_KINDS.flatMap((kind) => fieldPaths(kind));
  return [...RULE_CATALOGUE.keys(), ...options, ...EXPLAINED_WORDS, ...new Set(fields)];
}
