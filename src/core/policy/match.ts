/**
 * Which objects a policy is about.
 *
 * A namespace counts when it fits `namespaces` and not `exclude.namespaces`; the object matches when one of its own,
 * its target and its storage namespace counts, so that a release in team-a with `targetNamespace: prod-x` is a
 * prod release, and one excluded namespace does not hide another.
 *
 * Of an update each side is matched by itself: what judges the edit as such is asked when one of them fits (select-edits.ts).
 *
 * What cannot be told is judged: labels of a namespace that are not known count as fitting, and as not excluded; where nobody asks
 * (at release time there is neither user nor operation) `subjects` and `operations` hold and `exclude.subjects` does not. An
 * exception is read the other way round ({@link coversSubject}): what cannot be told is not excepted.
 */
import { areDisjointSelectors, type LabelSelector, matchesLabels } from './label-selector.ts';
import type { MatchContext, TouchedNamespace } from './match-context.ts';
import { canMatchSameName, matchesName, type NamePattern } from './name-pattern.ts';
import type { Operation, UserInfo } from './subject.ts';

export interface NamespaceMatch {
  readonly names?: readonly NamePattern[];
  readonly labels?: LabelSelector;
}

/** One of the three is set. */
export interface SubjectMatch {
  readonly user?: string;
  readonly group?: string;
  /** `namespace/name`. */
  readonly serviceAccount?: string;
}

/** `spec.match` of a policy or an exception; a part that is absent asks for nothing. */
export interface CompiledMatch {
  readonly kinds?: ReadonlySet<string>;
  readonly names?: readonly NamePattern[];
  readonly namespaces?: NamespaceMatch;
  readonly labels?: LabelSelector;
  /** Whether the release goes into another cluster. */
  readonly kubeConfig?: boolean;
  readonly operations?: ReadonlySet<Operation>;
  readonly subjects?: readonly SubjectMatch[];
  readonly exclude: {
    readonly names?: readonly NamePattern[];
    readonly namespaces?: NamespaceMatch;
    readonly labels?: LabelSelector;
    readonly subjects?: readonly SubjectMatch[];
  };
}

/** `OtherRequest`: the object fits, but not who asks or what is asked for. */
export type MatchResult = 'Match' | 'NoMatch' | 'OtherRequest';

/** Whether a match is about this object and this request. */
export function matchSubject(match: CompiledMatch, context: MatchContext): MatchResult {
  if (!fitsObject(match, context)) return 'NoMatch';
  if (countingNamespaces(match, context).length === 0) return 'NoMatch';
  const { operation, user } = context;
  const asked =
    (match.operations === undefined || operation === undefined || match.operations.has(operation)) &&
    (match.subjects === undefined || user === undefined || isAmong(match.subjects, user)) &&
    (match.exclude.subjects === undefined || user === undefined || !isAmong(match.exclude.subjects, user));
  return asked ? 'Match' : 'OtherRequest';
}

/** Whether a match would be about this object if nobody were known to ask: only who asks keeps its rules out. */
export function leavesOutAsker(match: CompiledMatch, context: MatchContext): boolean {
  return dependsOnAsker(match) && matchSubject(match, { ...context, user: undefined }) === 'Match';
}

/** Whether a match depends on who asks. */
export function dependsOnAsker({ subjects, exclude }: CompiledMatch): boolean {
  return subjects !== undefined || exclude.subjects !== undefined;
}

/**
 * Whether an exception's match covers an object for a policy: it must hold beyond doubt, and for each namespace by which the policy
 * is about the object, as `exclude.namespaces` has it. A release in a namespace with an exception is not excepted in its target.
 */
export function coversSubject(match: CompiledMatch, policy: CompiledMatch, context: MatchContext): boolean {
  const { operation, user } = context;
  const { subjects } = match.exclude;
  return (
    fitsObject(match, context) &&
    countingNamespaces(policy, context).every((namespace) => isCovered(match, namespace)) &&
    (match.operations === undefined || (operation !== undefined && match.operations.has(operation))) &&
    (match.subjects === undefined || (user !== undefined && isAmong(match.subjects, user))) &&
    (subjects === undefined || (user !== undefined && !isAmong(subjects, user)))
  );
}

/** Whether a namespace fits; `unknown` is the answer where it depends on labels that are not known. */
export function fitsNamespace(
  match: NamespaceMatch,
  { name, labels }: TouchedNamespace,
  unknown: boolean,
): boolean {
  if (match.names !== undefined && !anyName(match.names, name)) return false;
  if (match.labels === undefined) return true;
  return labels === undefined ? unknown : matchesLabels(match.labels, labels);
}

/** Whether a match depends on who asks or what for, and not on the object alone. */
export function dependsOnRequest(match: CompiledMatch): boolean {
  return match.operations !== undefined || dependsOnAsker(match);
}

/** The fields of an object that a match reads, as tokens: mutations keep off them. */
export function fieldsReadBy(match: CompiledMatch): readonly (readonly string[])[] {
  const fields: string[][] = [];
  if (match.labels !== undefined || match.exclude.labels !== undefined) fields.push(['metadata', 'labels']);
  if (match.namespaces !== undefined || match.exclude.namespaces !== undefined) {
    fields.push(...NAMESPACE_FIELDS.map((field) => [...field]));
  }
  if (match.kubeConfig !== undefined) fields.push(['spec', 'kubeConfig']);
  return fields;
}

/** The fields that say which namespaces a release touches besides its own. */
export const NAMESPACE_FIELDS: readonly (readonly string[])[] = [
  ['spec', 'targetNamespace'],
  ['spec', 'storageNamespace'],
];

/**
 * Whether no object in its own namespace can fit both matches, as far as names, kinds, kubeConfig and `matchLabels` show it. Two
 * matches for different operations are not apart: an object lives through both.
 */
export function areDisjoint(left: CompiledMatch, right: CompiledMatch): boolean {
  const kindsApart =
    left.kinds !== undefined && right.kinds !== undefined && left.kinds.isDisjointFrom(right.kinds);
  const clustersApart =
    left.kubeConfig !== undefined && right.kubeConfig !== undefined && left.kubeConfig !== right.kubeConfig;
  return (
    kindsApart ||
    clustersApart ||
    areNamesApart(left.names, right.names) ||
    areNamesApart(left.namespaces?.names, right.namespaces?.names) ||
    areDisjointSelectors(left.labels, right.labels) ||
    areDisjointSelectors(left.namespaces?.labels, right.namespaces?.labels)
  );
}

/** Whether no name fits a pattern of both lists; an absent list is fitted by all names. */
export function areNamesApart(left?: readonly NamePattern[], right?: readonly NamePattern[]): boolean {
  if (left === undefined || right === undefined) return false;
  return left.every((a) => right.every((b) => !canMatchSameName(a, b)));
}

/** What does not depend on namespaces and on who asks. */
function fitsObject(match: CompiledMatch, { subject, name, labels, remote }: MatchContext): boolean {
  const { exclude } = match;
  return (
    (match.kinds === undefined || match.kinds.has(subject.kind)) &&
    (match.kubeConfig === undefined || match.kubeConfig === remote) &&
    (match.names === undefined || match.names.some((pattern) => fitsName(pattern, name))) &&
    exclude.names?.some((pattern) => fitsName(pattern, name)) !== true &&
    (match.labels === undefined || matchesLabels(match.labels, labels)) &&
    (exclude.labels === undefined || !matchesLabels(exclude.labels, labels))
  );
}

/** The namespaces by which a match is about an object. */
function countingNamespaces(
  { namespaces, exclude }: CompiledMatch,
  context: MatchContext,
): readonly TouchedNamespace[] {
  const excluded = exclude.namespaces;
  if (namespaces === undefined && excluded === undefined) return context.namespaces;
  return context.namespaces.filter(
    (namespace) =>
      (namespaces === undefined || fitsNamespace(namespaces, namespace, true)) &&
      (excluded === undefined || !fitsNamespace(excluded, namespace, false)),
  );
}

function isCovered({ namespaces, exclude }: CompiledMatch, namespace: TouchedNamespace): boolean {
  return (
    (namespaces === undefined || fitsNamespace(namespaces, namespace, false)) &&
    (exclude.namespaces === undefined || !fitsNamespace(exclude.namespaces, namespace, true))
  );
}

function fitsName(pattern: NamePattern, { text, generated }: MatchContext['name']): boolean {
  // The server appends characters to a generated name: only a pattern that bears any ending is known to fit.
  return (!generated || pattern.text.endsWith('*')) && matchesName(pattern, text);
}

function anyName(patterns: readonly NamePattern[], name: string): boolean {
  return patterns.some((pattern) => matchesName(pattern, name));
}

/** Whether one of the entries is about the user. */
export function isAmong(entries: readonly SubjectMatch[], user: UserInfo): boolean {
  return entries.some((entry) => isSubject(entry, user));
}

const SERVICE_ACCOUNT_PREFIX = 'system:serviceaccount:';

function isSubject(entry: SubjectMatch, user: UserInfo): boolean {
  if (entry.user !== undefined) return user.username === entry.user;
  if (entry.group !== undefined) return user.groups.includes(entry.group);
  const account = entry.serviceAccount?.replace('/', ':');
  return account !== undefined && user.username === `${SERVICE_ACCOUNT_PREFIX}${account}`;
}
