import type { KubeObject, Resource } from '../core/api/kube-object.ts';
import {
  BUCKET,
  GIT_REPOSITORY,
  HELM_CHART,
  HELM_REPOSITORY,
  NAMESPACE,
  OCI_REPOSITORY,
} from '../core/api/resources.ts';
import type { Json, JsonObject } from '../core/json/json.ts';
import type { Fact, SourceFact } from '../core/policy/facts.ts';
import type { SourceNeed } from '../core/policy/rule.ts';
import { chartFact, sourceBehindChart, sourceFactOf } from '../core/policy/source-fact.ts';
import type { ObjectLookup } from './object-lookup.ts';

/** Kinds that a fact can be made of; any other one is a fact of the kind Unsupported. */
const SOURCES: ReadonlyMap<string, Resource> = new Map(
  [HELM_REPOSITORY, HELM_CHART, OCI_REPOSITORY, GIT_REPOSITORY, BUCKET].map((resource) => [
    resource.kind,
    resource,
  ]),
);

export type LabelsFact = Fact<Readonly<Record<string, string>>>;

/** Looks things up for one judgement, each once. What cannot be had is a fact with its reason. */
export class FactFinder {
  readonly #lookup: ObjectLookup;
  readonly #signal: AbortSignal;
  readonly #labels = new Map<string, Promise<LabelsFact>>();
  readonly #sources = new Map<string, Promise<Fact<SourceFact>>>();

  constructor(lookup: ObjectLookup, signal: AbortSignal) {
    this.#lookup = lookup;
    this.#signal = signal;
  }

  /** Labels of a namespace. */
  labels(name: string): Promise<LabelsFact> {
    return remember(this.#labels, name, async () => {
      const found = await this.#find(NAMESPACE, '', name);
      return found.known ? { known: true, value: found.value.metadata.labels ?? {} } : found;
    });
  }

  /** A source; a HelmChart with the URL of what is behind it. A cluster without its CRD has none: NotFound. */
  source({ kind, namespace, name }: SourceNeed): Promise<Fact<SourceFact>> {
    return remember(this.#sources, `${kind}/${namespace}/${name}`, async () => {
      const resource = SOURCES.get(kind);
      if (resource === undefined) return { known: false, why: 'Unsupported' };
      const found = await this.#find(resource, namespace, name);
      if (!found.known) return found;
      const fact = sourceFactOf({ kind, namespace, name }, found.value['spec'] as Json | undefined);
      if (kind !== HELM_CHART.kind) return { known: true, value: fact };
      const behind = sourceBehindChart(fact);
      // A chart behind a chart is none, and would lead in a circle.
      const follows = behind !== undefined && behind.kind !== HELM_CHART.kind;
      return chartFact(fact, follows ? await this.source(behind) : undefined);
    });
  }

  /** All objects of a kind of which a copy is kept. */
  list(resource: Resource): Fact<readonly JsonObject[]> {
    const list = this.#lookup.list?.(resource);
    if (list !== undefined) return { known: true, value: list as unknown as readonly JsonObject[] };
    return { known: false, why: 'Unavailable' };
  }

  async kubeVersion(): Promise<Fact<string>> {
    if (this.#lookup.kubeVersion === undefined) return { known: false, why: 'Unavailable' };
    try {
      return { known: true, value: await this.#lookup.kubeVersion(this.#signal) };
    } catch (error) {
      return { known: false, why: isForbidden(error) ? 'Forbidden' : 'Unavailable' };
    }
  }

  async #find(resource: Resource, namespace: string, name: string): Promise<Fact<KubeObject>> {
    try {
      const value = await this.#lookup.find(resource, namespace, name, this.#signal);
      return value === undefined ? { known: false, why: 'NotFound' } : { known: true, value };
    } catch (error) {
      return { known: false, why: isForbidden(error) ? 'Forbidden' : 'Unavailable' };
    }
  }
}

function remember<T>(answers: Map<string, Promise<T>>, key: string, ask: () => Promise<T>): Promise<T> {
  const known = answers.get(key);
  if (known !== undefined) return known;
  const answer = ask();
  answers.set(key, answer);
  return answer;
}

function isForbidden(error: unknown): boolean {
  return error instanceof Error && 'status' in error && error.status === 403;
}
