/**
 * Which objects a policy is about.
 *
 * A namespace counts when it fits `namespaces` and not `exclude.namespaces`; the object matches when one of its own,
 * its target and its storage namespace counts, so that a release in team-a with `targetNamespace: prod-x` is a
 * prod release, and one excluded namespace does not hide another. Labels of a namespace that are not known count as
 * fitting, and as not excluded: what cannot be told is judged.
 */
import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';
import { releaseNamespaceOf, storageNamespaceOf } from '../release/names.ts';
import type { Facts } from './facts.ts';
import { areDisjointSelectors, type LabelSelector, type Labels, matchesLabels } from './label-selector.ts';
import { canMatchSameName, matchesName, type NamePattern } from './name-pattern.ts';
import type { Subject, UserInfo } from './subject.ts';

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

/** `spec.match` of a policy; a part that is absent asks for nothing. */
export interface CompiledMatch {
  readonly kinds?: ReadonlySet<string>;
  readonly names?: readonly NamePattern[];
  readonly namespaces?: NamespaceMatch;
  readonly labels?: LabelSelector;
  readonly exclude: {
    readonly names?: readonly NamePattern[];
    readonly namespaces?: NamespaceMatch;
    readonly labels?: LabelSelector;
    readonly subjects?: readonly SubjectMatch[];
  };
}

/** `ExcludedSubject`: all fits, but the user who asks is excluded. */
export type MatchResult = 'Match' | 'NoMatch' | 'ExcludedSubject';

/** Whether a match is about this subject; `object` is the subject's object after the mutations so far. */
export function matchSubject(
  match: CompiledMatch,
  subject: Subject,
  object: JsonObject,
  facts: Facts,
): MatchResult {
  if (match.kinds !== undefined && !match.kinds.has(subject.kind)) return 'NoMatch';
  const named = nameFitter(subject, object);
  if (match.names !== undefined && !match.names.some(named)) return 'NoMatch';
  if (match.exclude.names?.some(named)) return 'NoMatch';
  if (match.labels !== undefined && !matchesLabels(match.labels, labelsOf(object))) return 'NoMatch';
  if (match.exclude.labels !== undefined && matchesLabels(match.exclude.labels, labelsOf(object)))
    return 'NoMatch';
  const counts = (namespace: string) => namespaceCounts(match, namespace, subject, facts);
  if (!namespacesOf(subject, object).some(counts)) return 'NoMatch';
  return match.exclude.subjects?.some((entry) => isSubject(entry, subject.user))
    ? 'ExcludedSubject'
    : 'Match';
}

/** The namespaces that an object touches: its own and, for a HelmRelease, the target's and the storage's. */
export function namespacesOf(subject: Subject, object: JsonObject): readonly string[] {
  if (subject.kind !== 'HelmRelease') return [subject.namespace];
  const release = { metadata: { namespace: subject.namespace }, spec: object['spec'] ?? {} };
  return [...new Set([subject.namespace, releaseNamespaceOf(release), storageNamespaceOf(release)])];
}

/** The fields of an object that a match reads, as tokens: mutations keep off them. */
export function fieldsReadBy(match: CompiledMatch): readonly (readonly string[])[] {
  const fields: string[][] = [];
  if (match.labels !== undefined || match.exclude.labels !== undefined) fields.push(['metadata', 'labels']);
  if (match.namespaces !== undefined || match.exclude.namespaces !== undefined) {
    fields.push(['spec', 'targetNamespace'], ['spec', 'storageNamespace']);
  }
  return fields;
}

/** Whether no object in its own namespace can fit both matches, as far as names, kinds and `matchLabels` show it. */
export function areDisjoint(left: CompiledMatch, right: CompiledMatch): boolean {
  const kindsApart =
    left.kinds !== undefined && right.kinds !== undefined && left.kinds.isDisjointFrom(right.kinds);
  return (
    kindsApart ||
    areNamesApart(left.names, right.names) ||
    areNamesApart(left.namespaces?.names, right.namespaces?.names) ||
    areDisjointSelectors(left.labels, right.labels) ||
    areDisjointSelectors(left.namespaces?.labels, right.namespaces?.labels)
  );
}

function areNamesApart(left?: readonly NamePattern[], right?: readonly NamePattern[]): boolean {
  if (left === undefined || right === undefined) return false;
  return left.every((a) => right.every((b) => !canMatchSameName(a, b)));
}

function namespaceCounts(match: CompiledMatch, namespace: string, subject: Subject, facts: Facts): boolean {
  const labels = namespaceLabels(namespace, subject, facts);
  const { namespaces } = match;
  if (namespaces !== undefined && !fitsNamespace(namespaces, namespace, labels, true)) return false;
  const excluded = match.exclude.namespaces;
  return excluded === undefined || !fitsNamespace(excluded, namespace, labels, false);
}

function fitsNamespace(
  match: NamespaceMatch,
  name: string,
  labels: Labels | undefined,
  unknown: boolean,
): boolean {
  if (match.names !== undefined && !anyName(match.names, name)) return false;
  if (match.labels === undefined) return true;
  return labels === undefined ? unknown : matchesLabels(match.labels, labels);
}

function namespaceLabels(namespace: string, subject: Subject, facts: Facts): Labels | undefined {
  const fact =
    namespace === subject.namespace ? facts.namespaceLabels : facts.otherNamespaceLabels?.get(namespace);
  return fact?.known ? fact.value : undefined;
}

/** Whether patterns fit the object's name. */
function nameFitter(subject: Subject, object: JsonObject): (pattern: NamePattern) => boolean {
  // A request whose name is generated has none; in the object that the validating call sees it is there already.
  const name = subject.name === '' ? valueAt(object, ['metadata', 'name']) : subject.name;
  if (typeof name === 'string' && name !== '') return (pattern) => matchesName(pattern, name);
  const beginning = valueAt(object, ['metadata', 'generateName']);
  if (typeof beginning !== 'string') return (pattern) => matchesName(pattern, '');
  // The server appends characters: only a pattern that bears any ending is known to fit.
  return (pattern) => pattern.text.endsWith('*') && matchesName(pattern, beginning);
}

function labelsOf(object: JsonObject): Labels {
  const labels: Json | undefined = valueAt(object, ['metadata', 'labels']);
  if (!isJsonObject(labels)) return {};
  return Object.fromEntries(
    Object.entries(labels).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function anyName(patterns: readonly NamePattern[], name: string): boolean {
  return patterns.some((pattern) => matchesName(pattern, name));
}

const SERVICE_ACCOUNT_PREFIX = 'system:serviceaccount:';

function isSubject(entry: SubjectMatch, user: UserInfo | undefined): boolean {
  if (user === undefined) return false;
  if (entry.user !== undefined) return user.username === entry.user;
  if (entry.group !== undefined) return user.groups.includes(entry.group);
  const account = entry.serviceAccount?.replace('/', ':');
  return account !== undefined && user.username === `${SERVICE_ACCOUNT_PREFIX}${account}`;
}
