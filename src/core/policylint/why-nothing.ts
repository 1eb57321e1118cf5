/** Why no object can fit a match, as far as its own words show it. */
import { canonicalJson } from '../json/canonical.ts';
import type { LabelSelector } from '../policy/label-selector.ts';
import type { CompiledMatch } from '../policy/match.ts';
import { matchesName, type NamePattern } from '../policy/name-pattern.ts';

/** Tokens below `match` that are to blame, and why; undefined when something may fit. */
export interface NothingFits {
  readonly tokens: readonly string[];
  readonly why: string;
}

/** The first reason why a match is about nothing. A match that is about something is never blamed; not every empty one is seen. */
export function whyNothing(match: CompiledMatch): NothingFits | undefined {
  const { exclude, namespaces, labels } = match;
  if (isCovered(match.names, exclude.names))
    return { tokens: ['exclude', 'names'], why: 'every name that fits is excluded again' };
  const apart = exclude.namespaces;
  if (apart !== undefined && isCoveredNamespace(namespaces, apart))
    return { tokens: ['exclude', 'namespaces'], why: 'every namespace that fits is excluded again' };
  if (labels !== undefined && exclude.labels !== undefined && isStricter(labels, exclude.labels))
    return { tokens: ['exclude', 'labels'], why: 'all labels that fit are excluded again' };
  const { subjects } = exclude;
  if (match.subjects?.every((entry) => subjects?.some((other) => isSame(entry, other))) === true)
    return { tokens: ['exclude', 'subjects'], why: 'everybody who fits is excluded again' };
  if (match.kubeConfig === true && match.kinds?.has('HelmRelease') === false)
    return { tokens: ['kubeConfig'], why: 'only a HelmRelease has a kubeConfig, and the kinds leave it out' };
  if (contradictsItself(labels)) return { tokens: ['labels'], why: 'no labels can fit all of it' };
  if (contradictsItself(namespaces?.labels))
    return { tokens: ['namespaces', 'labels'], why: 'no labels can fit all of it' };
  return undefined;
}

/** Stands in a pattern for what its stars stand for; no literal character is like it. */
const ANYTHING = '\u0000';

/** Whether each name that fits one of the patterns fits one of the others. An absent list is fitted by every name. */
function isCovered(
  patterns: readonly NamePattern[] | undefined,
  others: readonly NamePattern[] | undefined,
): boolean {
  if (others === undefined) return false;
  const texts = patterns?.map(({ text }) => text.replaceAll('*', ANYTHING)) ?? [ANYTHING];
  return texts.every((text) => others.some((other) => matchesName(other, text)));
}

function isCoveredNamespace(
  namespaces: CompiledMatch['namespaces'],
  excluded: NonNullable<CompiledMatch['namespaces']>,
): boolean {
  const byName = excluded.names === undefined || isCovered(namespaces?.names, excluded.names);
  const byLabels =
    excluded.labels === undefined ||
    (namespaces?.labels !== undefined && isStricter(namespaces.labels, excluded.labels));
  return byName && byLabels;
}

/** Whether all that one selector asks for is asked for by the other as well: then what fits that one fits this. */
function isStricter(selector: LabelSelector, other: LabelSelector): boolean {
  const own = new Set(requirementsOf(selector));
  return requirementsOf(other).every((requirement) => own.has(requirement));
}

function requirementsOf({ matchLabels = {}, matchExpressions = [] }: LabelSelector): readonly string[] {
  return [
    ...Object.entries(matchLabels).map(([key, value]) => canonicalJson([key, 'In', [value]])),
    ...matchExpressions.map(({ key, operator, values = [] }) =>
      canonicalJson([key, operator, values.toSorted()]),
    ),
  ];
}

/** Whether a selector asks of one key what cannot be together. */
function contradictsItself(selector: LabelSelector | undefined): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  const expressions = [
    ...matchExpressions,
    ...Object.entries(matchLabels).map(([key, value]) => ({ key, operator: 'In' as const, values: [value] })),
  ];
  return [...Map.groupBy(expressions, ({ key }) => key).values()].some((own) => {
    const operators = new Set(own.map(({ operator }) => operator));
    if (operators.has('DoesNotExist')) return operators.has('In') || operators.has('Exists');
    const refused = own.flatMap(({ operator, values = [] }) => (operator === 'NotIn' ? values : []));
    const lists = own.flatMap(({ operator, values = [] }) => (operator === 'In' ? [values] : []));
    const [first, ...rest] = lists;
    return (
      first?.every((value) => refused.includes(value) || rest.some((list) => !list.includes(value))) === true
    );
  });
}

function isSame(left: object, right: object): boolean {
  return canonicalJson({ ...left }) === canonicalJson({ ...right });
}
