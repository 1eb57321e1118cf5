import { canDeny, neverDenyTogether } from '../policy/enforcement.ts';
import type { LabelSelector } from '../policy/label-selector.ts';
import { areDisjoint, type CompiledMatch, type NamespaceMatch, type SubjectMatch } from '../policy/match.ts';
import { canMatchSameName, type NamePattern } from '../policy/name-pattern.ts';
import type { CompiledRule } from '../policy/rule.ts';
import { whyNothing } from './why-nothing.ts';

/** Whether two rules may refuse one object of one of the kinds, as far as their own words show it. */
export function canMeet(left: CompiledRule, right: CompiledRule, kinds: readonly string[]): boolean {
  const [a, b] = [left.match, right.match];
  return (
    canDeny(left.enforcement) &&
    canDeny(right.enforcement) &&
    !neverDenyTogether(left.enforcement, right.enforcement) &&
    kinds.some((kind) => a.kinds?.has(kind) !== false && b.kinds?.has(kind) !== false) &&
    !areDisjoint(a, b) &&
    !isForOthers(a.subjects, b.subjects) &&
    whyNothing(within(a, b)) === undefined &&
    whyNothing(within(b, a)) === undefined
  );
}

/** Two lists without a common entry are about different people, as far as they are meant. */
function isForOthers(left?: readonly SubjectMatch[], right?: readonly SubjectMatch[]): boolean {
  if (left === undefined || right === undefined) return false;
  const texts = new Set(right.map((entry) => JSON.stringify(entry)));
  return left.every((entry) => !texts.has(JSON.stringify(entry)));
}

/** What fits the one match and may fit the other, without what either excludes, as far as one match can say so. */
function within(match: CompiledMatch, other: CompiledMatch): CompiledMatch {
  const names = common(match.names, other.names);
  const labels = both(match.labels, other.labels);
  const subjects = [...(match.exclude.subjects ?? []), ...(other.exclude.subjects ?? [])];
  const excludedNames = [...(match.exclude.names ?? []), ...(other.exclude.names ?? [])];
  return {
    ...match,
    ...(names === undefined ? {} : { names }),
    labels,
    namespaces: namespacesWithin(match.namespaces, other.namespaces),
    exclude: {
      ...other.exclude,
      ...(excludedNames.length === 0 ? {} : { names: excludedNames }),
      ...(subjects.length === 0 ? {} : { subjects }),
      ...excludedNamespaces(match.exclude.namespaces, other.exclude.namespaces),
    },
  };
}

function namespacesWithin(match: NamespaceMatch = {}, other: NamespaceMatch = {}): NamespaceMatch {
  const names = common(match.names, other.names);
  return { ...(names === undefined ? {} : { names }), labels: both(match.labels, other.labels) };
}

/** Namespaces are excluded by names and labels together: only lists of names alone can be joined. */
function excludedNamespaces(
  match: NamespaceMatch | undefined,
  other: NamespaceMatch | undefined,
): Pick<CompiledMatch['exclude'], 'namespaces'> {
  const namespaces = other ?? match;
  if (namespaces === undefined) return {};
  const joined = match?.names !== undefined && match.labels === undefined && namespaces.labels === undefined;
  return { namespaces: joined ? { names: [...match.names, ...(namespaces.names ?? [])] } : namespaces };
}

/** Patterns of the one list that may fit what one of the other fits; an absent list asks for nothing. */
function common(
  names: readonly NamePattern[] | undefined,
  others: readonly NamePattern[] | undefined,
): readonly NamePattern[] | undefined {
  if (names === undefined || others === undefined) return names ?? others;
  return names.filter((name) => others.some((other) => canMatchSameName(name, other)));
}

function both(left: LabelSelector = {}, right: LabelSelector = {}): LabelSelector {
  const equal = Object.entries(right.matchLabels ?? {}).map(([key, value]) => {
    return { key, operator: 'In' as const, values: [value] };
  });
  return {
    ...left,
    matchExpressions: [...(left.matchExpressions ?? []), ...(right.matchExpressions ?? []), ...equal],
  };
}
