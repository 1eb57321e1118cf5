/** What rule `references` finds in a HelmRelease. */
import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';
import { releaseNamespaceOf, storageNamespaceOf } from '../release/names.ts';
import {
  type AllowedNamespaces,
  allowsNamespace,
  formatAllowedNamespaces,
  fullNames,
} from './allowed-namespaces.ts';
import {
  type AllowedValuesSource,
  formatValuesSources,
  judgeValuesSource,
} from './allowed-values-sources.ts';
import type { Edit } from './decision.ts';
import { readReference } from './release-fact.ts';
import type { FindingDraft } from './rule.ts';
import { shortText } from './short-text.ts';
import type { WorkMeter } from './work-meter.ts';

/** The lists of the rule; what is absent is not judged. */
export interface AllowedReferences {
  readonly sourceRef?: AllowedNamespaces;
  readonly chartRef?: AllowedNamespaces;
  readonly dependsOn?: AllowedNamespaces;
  readonly targetNamespaces?: AllowedNamespaces;
  readonly storageNamespaces?: AllowedNamespaces;
  readonly valuesFrom?: readonly AllowedValuesSource[];
}

/** A denial lists as many findings; an object may hold entries by the ten thousand. */
const MAX_FINDINGS_PER_LIST = 20;

/** Judges a HelmRelease in its namespace; findings in the order of the fields. Names matched with long lists are charged to `work`. */
export function judgeReferences(
  allowed: AllowedReferences,
  object: JsonObject,
  own: string,
  work?: WorkMeter,
): readonly FindingDraft[] {
  return [
    ...judgeReference(allowed.sourceRef, object, ['spec', 'chart', 'spec', 'sourceRef'], own),
    ...judgeReference(allowed.chartRef, object, ['spec', 'chartRef'], own),
    ...judgeDependencies(allowed.dependsOn, object, own, work),
    ...judgeNamespace(allowed.targetNamespaces, object, 'targetNamespace', own),
    ...judgeNamespace(allowed.storageNamespaces, object, 'storageNamespace', own),
    ...judgeValuesFrom(allowed.valuesFrom, object, work),
  ];
}

function judgeReference(
  allowed: AllowedNamespaces | undefined,
  object: JsonObject,
  tokens: readonly string[],
  own: string,
): readonly FindingDraft[] {
  const written = valueAt(object, tokens);
  const reference = readReference(written, own);
  if (allowed === undefined || !isJsonObject(written) || reference === undefined) return [];
  const { namespace, name } = reference;
  if (allowsNamespace(allowed, namespace, own)) return [];
  const field = tokens.at(-1) ?? '';
  const kind = typeof written['kind'] === 'string' ? written['kind'] : 'object';
  const path = tokens.join('.');
  const place = [...tokens, 'namespace'];
  return [
    {
      reason: 'ReferenceNotAllowed',
      path: allowsNothing(allowed) ? path : `${path}.namespace`,
      found: shortText(namespace),
      message: shortText(
        `${field} leads to ${kind} ${namespace}/${name}, in a namespace that is not allowed`,
      ),
      wouldPass: shortText(
        allowsNothing(allowed) ? `no ${field}` : `a ${field} to ${formatAllowedNamespaces(allowed, own)}`,
      ),
      repairs: namespaceEdits(allowed, place),
    },
  ];
}

/** Steps of reading one entry of a list, and of matching a name with one pattern. */
const STEPS_PER_ENTRY = 20;
const STEPS_PER_PATTERN = 10;

function judgeDependencies(
  allowed: AllowedNamespaces | undefined,
  object: JsonObject,
  own: string,
  work: WorkMeter | undefined,
): readonly FindingDraft[] {
  const tokens = ['spec', 'dependsOn'];
  const list = listAt(object, tokens);
  if (allowed === undefined) return [];
  const findings: FindingDraft[] = [];
  const allows = remember(work, allowed.names.length, (namespace) =>
    allowsNamespace(allowed, namespace, own),
  );
  for (const [index, entry] of list.entries()) {
    if (findings.length === MAX_FINDINGS_PER_LIST) break;
    work?.charge(STEPS_PER_ENTRY);
    const reference = readReference(entry, own);
    if (reference === undefined || allows(reference.namespace)) continue;
    const { namespace, name } = reference;
    findings.push({
      reason: 'ReferenceNotAllowed',
      path: `spec.dependsOn.${index}.namespace`,
      found: shortText(namespace),
      message: shortText(`dependsOn names ${namespace}/${name}, in a namespace that is not allowed`),
      wouldPass: shortText(
        allowsNothing(allowed)
          ? 'no dependsOn'
          : `dependsOn releases in ${formatAllowedNamespaces(allowed, own)}`,
      ),
      repairs: [[{ tokens: [...tokens, String(index)] }]],
    });
  }
  return findings;
}

function judgeNamespace(
  allowed: AllowedNamespaces | undefined,
  object: JsonObject,
  field: 'targetNamespace' | 'storageNamespace',
  own: string,
): readonly FindingDraft[] {
  if (allowed === undefined) return [];
  const release = { metadata: { namespace: own }, spec: object['spec'] ?? {} };
  const namespace = field === 'targetNamespace' ? releaseNamespaceOf(release) : storageNamespaceOf(release);
  if (allowsNamespace(allowed, namespace, own)) return [];
  const what = field === 'targetNamespace' ? "the release's objects go" : "helm's records go";
  const written = valueAt(object, ['spec', field]);
  const why =
    typeof written === 'string' && written !== '' ? '' : ` (its own, since spec.${field} is absent)`;
  return [
    {
      reason: 'NamespaceNotAllowed',
      path: `spec.${field}`,
      ...(why === '' ? { found: shortText(namespace) } : {}),
      message: shortText(`${what} to namespace ${namespace}${why}, which is not allowed`),
      wouldPass: shortText(formatAllowedNamespaces(allowed, own)),
      repairs: namespaceEdits(allowed, ['spec', field]),
    },
  ];
}

function judgeValuesFrom(
  allowed: readonly AllowedValuesSource[] | undefined,
  object: JsonObject,
  work: WorkMeter | undefined,
): readonly FindingDraft[] {
  const tokens = ['spec', 'valuesFrom'];
  const list = listAt(object, tokens);
  if (allowed === undefined) return [];
  const findings: FindingDraft[] = [];
  const patterns = allowed.reduce((sum, { names }) => sum + (names?.length ?? 1), 0);
  for (const [index, entry] of list.entries()) {
    if (findings.length === MAX_FINDINGS_PER_LIST) break;
    work?.charge(STEPS_PER_ENTRY + patterns * STEPS_PER_PATTERN);
    const verdict = judgeValuesSource(allowed, entry);
    if (verdict === 'Allowed') continue;
    const name = nameOf(entry);
    const place = [...tokens, String(index)];
    const wouldPass = allowed.length === 0 ? 'no valuesFrom' : formatValuesSources(allowed);
    findings.push({
      reason: 'ValuesSourceNotAllowed',
      path: `spec.valuesFrom.${index}`,
      found: name,
      message: shortText(
        verdict === 'NotRequired'
          ? `${name} may not be optional: when it is missing the values change without a word`
          : `values may not come from ${name}`,
      ),
      wouldPass: shortText(verdict === 'NotRequired' ? `${name} without optional` : wouldPass),
      repairs: [[{ tokens: verdict === 'NotRequired' ? [...place, 'optional'] : place }]],
    });
  }
  return findings;
}

/** Answers for a name once: many entries of a list name the same few namespaces. */
function remember(
  work: WorkMeter | undefined,
  patterns: number,
  answer: (name: string) => boolean,
): (name: string) => boolean {
  const known = new Map<string, boolean>();
  return (name) => {
    const before = known.get(name);
    if (before !== undefined) return before;
    work?.charge(patterns * STEPS_PER_PATTERN);
    const now = answer(name);
    known.set(name, now);
    return now;
  };
}

/** Edits of a namespace field that the list allows: to the own namespace, and to each that it names in full. */
function namespaceEdits(allowed: AllowedNamespaces, tokens: readonly string[]): readonly (readonly Edit[])[] {
  return [...(allowed.own ? [[{ tokens }]] : []), ...fullNames(allowed).map((value) => [{ tokens, value }])];
}

function allowsNothing({ own, names }: AllowedNamespaces): boolean {
  return !own && names.length === 0;
}

function nameOf(entry: Json): string {
  const { kind, name } = isJsonObject(entry) ? entry : {};
  return typeof kind === 'string' && typeof name === 'string'
    ? shortText(`${kind} ${name}`, 80)
    : 'an entry without kind and name';
}

function listAt(object: JsonObject, tokens: readonly string[]): readonly Json[] {
  const list = valueAt(object, tokens);
  return Array.isArray(list) ? (list as readonly Json[]) : [];
}
