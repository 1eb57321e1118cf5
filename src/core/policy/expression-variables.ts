/** What expressions read: the variables, their types, and where their values come from. */
import { Language } from '../cel/compile-expression.ts';
import type { KnownValues } from '../cel/known-values.ts';
import type { RecordType, VariableDeclaration } from '../cel/language.ts';
import type { ReadVariable } from '../cel/run.ts';
import { parseTimestamp } from '../cel/time-value.ts';
import { CelList, CelMap, fromJson, UnknownFact, type Value } from '../cel/value.ts';
import type { Json, JsonObject } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';
import { releaseNameOf, releaseNamespaceOf, storageNamespaceOf } from '../release/names.ts';
import { effectiveInput } from './effective-input.ts';
import type { Fact, Facts, UnknownReason } from './facts.ts';
import { namespacesOf } from './match-context.ts';
import type { RuleInput } from './rule.ts';
import { findSource, sourceOf } from './source-of.ts';
import type { Subject } from './subject.ts';

const RECORDS = {
  request: {
    name: 'Request',
    fields: {
      operation: 'string',
      kind: { name: 'GroupVersionKind', fields: { group: 'string', version: 'string', kind: 'string' } },
      namespace: 'string',
      name: 'string',
      dryRun: 'bool',
      userInfo: { name: 'UserInfo', fields: { username: 'string', uid: 'string', groups: 'texts' } },
    },
  },
  namespaceObject: {
    name: 'Namespace',
    fields: { metadata: { name: 'NamespaceMetadata', fields: { name: 'string', labels: 'strings' } } },
  },
  namespace: { name: 'TouchedNamespace', fields: { name: 'string', labels: 'strings' } },
  source: {
    name: 'Source',
    nullable: true,
    fields: {
      kind: 'string',
      namespace: 'string',
      name: 'string',
      url: 'string',
      suspended: 'bool',
      includes: 'bool',
      spec: 'dyn',
    },
  },
  chart: {
    name: 'Chart',
    fields: {
      name: 'string',
      version: 'string',
      appVersion: 'string',
      created: 'string',
      deprecated: 'bool',
      kubeVersion: 'string',
      digest: 'string',
    },
  },
  release: {
    name: 'Release',
    nullable: true,
    fields: { name: 'string', namespace: 'string', storageNamespace: 'string' },
  },
} as const satisfies Record<string, RecordType>;

/** The variables, in the order of the reference. */
export const EXPRESSION_VARIABLES: readonly VariableDeclaration[] = [
  { name: 'object', type: 'dyn', text: 'the object as it would be stored, after all mutations' },
  { name: 'oldObject', type: 'dyn', text: 'the stored object that an update replaces; null otherwise' },
  {
    name: 'effective',
    type: 'dyn',
    text: 'the object as its controller sees it, with all defaults filled in',
  },
  {
    name: 'request',
    type: RECORDS.request,
    text: 'the request as in an AdmissionReview; `userInfo` is there at admission only',
  },
  {
    name: 'namespaceObject',
    type: RECORDS.namespaceObject,
    text: "the object's own namespace; `namespace` is a reserved word of CEL",
  },
  {
    name: 'namespaces',
    type: { list: RECORDS.namespace },
    text: 'the namespaces that the object touches: its own and, for a HelmRelease, where its objects and its storage go',
  },
  {
    name: 'source',
    type: RECORDS.source,
    text: 'the source object that a HelmRelease or HelmChart takes its chart from; null when it refers to none',
  },
  { name: 'chart', type: RECORDS.chart, text: 'the chart that the range resolved to; release time only' },
  {
    name: 'release',
    type: RECORDS.release,
    text: "helm's release, its name and namespaces composed as Flux does it; null for other kinds than HelmRelease",
  },
  {
    name: 'values',
    type: 'dyn',
    text: 'the merged values; release time only (those written inline are `object.spec.values`)',
  },
  { name: 'now', type: 'timestamp', text: 'the moment of the judgement' },
];

/** The API server asks about creates and updates; at release time the operation is UPDATE. */
const KNOWN_VALUES: readonly KnownValues[] = [
  {
    variable: 'request',
    path: ['operation'],
    values: ['CREATE', 'UPDATE'],
    why: 'deletions and connections are not judged',
  },
];

export const EXPRESSION_LANGUAGE: Language = new Language(EXPRESSION_VARIABLES, KNOWN_VALUES);

/** A fact of ours that is not known. */
export class UnknownPolicyFact extends UnknownFact {
  readonly variable: string;
  readonly reason: UnknownReason;
  /** Dotted path of the field that a finding about it points to. */
  readonly path: string;

  constructor(variable: string, what: string, reason: UnknownReason, path: string) {
    super(what, reason);
    this.variable = variable;
    this.reason = reason;
    this.path = path;
  }
}

/** Gives the variables' values for one judgement; each is made when an expression reads it. */
export function variablesOf(input: RuleInput): ReadVariable {
  const { subject, object, facts } = input;
  return (name) => {
    switch (name) {
      case 'object':
        return object;
      case 'oldObject':
        return subject.oldObject ?? null;
      case 'effective':
        return effectiveInput(input).object;
      case 'request':
        return requestOf(subject);
      case 'namespaceObject':
        return namespaceObject(subject, facts);
      case 'namespaces':
        return new CelList(
          namespacesOf(subject, object).map((own) => touched(own, labelsOf(own, subject, facts))),
        );
      case 'source':
        return source(input);
      case 'chart':
        return factValue('chart', facts.chart, 'the chart that the release resolved to', 'spec.chart');
      case 'values':
        return factValue('values', facts.values, 'the merged values', 'spec.values');
      case 'release':
        return release(subject, object);
      case 'now':
        return parseTimestamp(facts.now) ?? new UnknownPolicyFact('now', 'the time', 'Unavailable', 'spec');
      default:
        throw new Error(`the variable ${name} has no value`);
    }
  };
}

function requestOf({ operation, group, version, kind, namespace, name, dryRun, user }: Subject): JsonObject {
  return {
    operation,
    kind: { group, version, kind },
    namespace,
    name,
    dryRun,
    ...(user === undefined ? {} : { userInfo: { ...user } }),
  };
}

function labelsOf(name: string, subject: Subject, facts: Facts): Value {
  const fact = name === subject.namespace ? facts.namespaceLabels : facts.otherNamespaceLabels?.get(name);
  if (fact?.known === true) return fact.value;
  return new UnknownPolicyFact(
    'namespaces',
    `the set of labels of namespace ${name}`,
    fact?.why ?? 'Unavailable',
    'metadata.namespace',
  );
}

function namespaceObject(subject: Subject, facts: Facts): Value {
  const metadata = touched(subject.namespace, labelsOf(subject.namespace, subject, facts));
  return new CelMap(new Map([['metadata', metadata]]));
}

/** Only the labels may be unknown: an expression about names needs no fact. */
function touched(name: string, labels: Value): CelMap {
  return new CelMap(
    new Map<string, Value>([
      ['name', name],
      ['labels', labels],
    ]),
  );
}

function source({ subject, object, facts }: RuleInput): Value {
  const reference = sourceOf(subject.kind, object, subject.namespace);
  if (reference === undefined) return null;
  const { kind, namespace, name, path } = reference;
  return factValue('source', findSource(facts, reference), `the source ${kind} ${namespace}/${name}`, path);
}

function factValue<T extends object | Json>(
  variable: string,
  fact: Fact<T>,
  what: string,
  path: string,
): Value {
  if (!fact.known) return new UnknownPolicyFact(variable, what, fact.why, path);
  // A fact is plain data of texts, truth values and JSON.
  return fromJson(fact.value as Json);
}

function release({ kind, namespace, name }: Subject, object: JsonObject): Value {
  if (kind !== 'HelmRelease') return null;
  const metadata = { namespace, ...(name === '' ? {} : { name }) };
  const named = { metadata, spec: object['spec'] ?? {} };
  const releaseName = releaseNameOf(named);
  return {
    // Until the API server has generated the object's name, the release has none either.
    ...(name === '' && !hasReleaseName(object) ? {} : { name: releaseName }),
    namespace: releaseNamespaceOf(named),
    storageNamespace: storageNamespaceOf(named),
  };
}

function hasReleaseName(object: JsonObject): boolean {
  const written = valueAt(object, ['spec', 'releaseName']);
  return typeof written === 'string' && written !== '';
}
