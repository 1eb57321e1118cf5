/** The facts of a case, from what its author wrote down. */
import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';
import type {
  ChartFact,
  DependentFact,
  Fact,
  Facts,
  PromotionFact,
  RenderedFact,
  SignatureFact,
  UnknownReason,
} from '../policy/facts.ts';
import type { Labels } from '../policy/label-selector.ts';
import type { Subject } from '../policy/subject.ts';
import { FactMap } from './fact-map.ts';
import { identityOf, releaseFactOf, sourceFactsOf } from './facts-of-manifests.ts';

const UNSUPPORTED = { known: false, why: 'Unsupported' } as const;
const UNAVAILABLE = { known: false, why: 'Unavailable' } as const;

/**
 * Facts from the member `facts` of a case, which fits the schema. What is not written: namespaces have no labels; no source and no other
 * release exists; chart, values and kubeVersion are Unavailable; rendered, signature and promotions are Unsupported, as for a
 * caller that does not gather them.
 */
export function factsOfCase(written: JsonObject, subject: Subject, now: string): Facts {
  const labels = namespaceFacts(written['namespaceLabels']);
  return {
    now,
    namespaceLabels: labels.get(subject.namespace),
    otherNamespaceLabels: labels,
    sources: sourceFactsOf(written['sources']),
    releases: factOf(written['releases'], known([]), (value) => objectsOf(value).map(releaseFactOf)),
    dependents: factOf(written['dependents'], known([]), (value) =>
      objectsOf(value).map((object) => dependentFact(object, labels)),
    ),
    chart: factOf(written['chart'], UNAVAILABLE, (value) => value as unknown as ChartFact),
    values: factOf(written['values'], UNAVAILABLE, (value) => value),
    rendered: factOf(written['rendered'], UNSUPPORTED, renderedFact),
    signature: factOf(written['signature'], UNSUPPORTED, (value) => value as unknown as SignatureFact),
    promotions: factOf(written['promotions'], UNSUPPORTED, (value) => objectsOf(value).map(promotionFact)),
    kubeVersion: factOf(written['kubeVersion'], UNAVAILABLE, (value) => value as string),
  };
}

function known<T>(value: T): Fact<T> {
  return { known: true, value };
}

function isReason(value: string): value is UnknownReason {
  return ['NotFound', 'Forbidden', 'Unavailable', 'Unsupported'].includes(value);
}

function factOf<T>(written: Json | undefined, absent: Fact<T>, read: (value: Json) => T): Fact<T> {
  if (written === undefined) return absent;
  return typeof written === 'string' && isReason(written)
    ? { known: false, why: written }
    : known(read(written));
}

function objectsOf(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly Json[]).filter(isJsonObject) : [];
}

function namespaceFacts(written: Json | undefined): FactMap<Labels> {
  const entries = Object.entries(isJsonObject(written) ? written : {});
  const facts = entries.map(
    ([name, labels]) => [name, factOf<Labels>(labels, known({}), (value) => value as Labels)] as const,
  );
  return new FactMap(facts, known({}));
}

function renderedFact(value: Json): RenderedFact {
  const { objects, hooks, operation } = value as JsonObject;
  const rendered = { objects: objectsOf(objects), hooks: objectsOf(hooks) };
  return operation === undefined
    ? rendered
    : { ...rendered, operation: operation as NonNullable<RenderedFact['operation']> };
}

function promotionFact(written: JsonObject): PromotionFact {
  return { namespaceLabels: {}, labels: {}, ...written } as unknown as PromotionFact;
}

function dependentFact(object: JsonObject, labels: FactMap<Labels>): DependentFact {
  const { version, namespace } = identityOf(object);
  return { object, version, namespaceLabels: labels.get(namespace), otherNamespaceLabels: labels };
}
