/** An object and the request for it as matches see them: read once for all rules. */
import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';
import { releaseNamespaceOf, storageNamespaceOf } from '../release/names.ts';
import type { Phase } from './decision.ts';
import type { Facts } from './facts.ts';
import type { Labels } from './label-selector.ts';
import type { Operation, Subject, UserInfo } from './subject.ts';

/** A namespace that an object touches. */
export interface TouchedNamespace {
  readonly name: string;
  /** Undefined where they are not known. */
  readonly labels: Labels | undefined;
}

export interface MatchContext {
  readonly subject: Subject;
  /** `generated`: only the beginning of the name is known yet. */
  readonly name: { readonly text: string; readonly generated: boolean };
  readonly labels: Labels;
  /** Whether the release goes into another cluster. */
  readonly remote: boolean;
  readonly namespaces: readonly TouchedNamespace[];
  /** Undefined outside admission: nobody creates or updates the object then. */
  readonly operation: Operation | undefined;
  /** Undefined where nobody asks: at release time, and offline. */
  readonly user: UserInfo | undefined;
}

/** `object` is the subject's object with its beta fields lifted and its former defaults taken out. */
export function matchContext(
  subject: Subject,
  object: JsonObject,
  facts: Pick<Facts, 'namespaceLabels' | 'otherNamespaceLabels'>,
  phase: Phase,
): MatchContext {
  return {
    subject,
    name: nameOf(subject, object),
    labels: labelsOf(object),
    remote: subject.kind === 'HelmRelease' && isPresent(valueAt(object, ['spec', 'kubeConfig'])),
    namespaces: namespacesOf(subject, object).map((name) => ({
      name,
      labels: namespaceLabels(name, subject, facts),
    })),
    operation: phase === 'admission' ? subject.operation : undefined,
    user: subject.user,
  };
}

/** The namespaces that an object touches: its own and, for a HelmRelease, the target's and the storage's. */
export function namespacesOf(subject: Subject, object: JsonObject): readonly string[] {
  if (subject.kind !== 'HelmRelease') return [subject.namespace];
  const release = { metadata: { namespace: subject.namespace }, spec: object['spec'] ?? {} };
  return [...new Set([subject.namespace, releaseNamespaceOf(release), storageNamespaceOf(release)])];
}

function namespaceLabels(
  namespace: string,
  subject: Subject,
  facts: Pick<Facts, 'namespaceLabels' | 'otherNamespaceLabels'>,
): Labels | undefined {
  const fact =
    namespace === subject.namespace ? facts.namespaceLabels : facts.otherNamespaceLabels?.get(namespace);
  return fact?.known ? fact.value : undefined;
}

function nameOf(subject: Subject, object: JsonObject): MatchContext['name'] {
  // A request whose name is generated has none; in the object that the validating call sees it is there already.
  const name = subject.name === '' ? valueAt(object, ['metadata', 'name']) : subject.name;
  if (typeof name === 'string' && name !== '') return { text: name, generated: false };
  const beginning = valueAt(object, ['metadata', 'generateName']);
  return typeof beginning === 'string'
    ? { text: beginning, generated: true }
    : { text: '', generated: false };
}

function labelsOf(object: JsonObject): Labels {
  const labels = valueAt(object, ['metadata', 'labels']);
  if (!isJsonObject(labels)) return {};
  return Object.fromEntries(
    Object.entries(labels).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function isPresent(value: Json | undefined): boolean {
  return value !== undefined && value !== null;
}
