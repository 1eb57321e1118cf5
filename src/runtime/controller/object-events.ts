import type { HelmRelease } from '../../core/api/helm-release.ts';
import type { KubeObject } from '../../core/api/kube-object.ts';
import { findCondition } from '../../core/release/conditions.ts';
import { releaseNameOf, storageNamespaceOf } from '../../core/release/names.ts';
import type { ReflectorEvent } from '../../io/contract.ts';
import { changeSignature } from './change-signature.ts';
import type { IndexStore } from './index-store.ts';
import { asRelease, asRepository, keyOf } from './object-key.ts';
import type { RecordWatch } from './record-watch.ts';
import { ReferenceIndex } from './reference-index.ts';
import type { RunningPasses } from './running-passes.ts';
import type { WorkQueue } from './work-queue.ts';

export interface ObjectEventsOptions {
  readonly records: RecordWatch;
  readonly indexes: IndexStore;
  readonly running: RunningPasses;
  readonly releases: WorkQueue;
  readonly repositories: WorkQueue;
  readonly onReleaseGone: (key: string) => void;
}

/** Turns what the watches tell into keys: which releases and repositories must be looked at because something changed. */
export class ObjectEvents {
  readonly #options: ObjectEventsOptions;
  readonly #references = new ReferenceIndex();
  readonly #signatures = new Map<string, string>();
  /** Why each repository is not ready, as its status says; empty while it is. */
  readonly #standings = new Map<string, string>();

  constructor(options: ObjectEventsOptions) {
    this.#options = options;
  }

  /** Keys of the HelmReleases that want this place in helm's storage. */
  claimantsOf(storageNamespace: string, releaseName: string): readonly string[] {
    return this.#references.keysOf(`Storage/${storageNamespace}/${releaseName}`);
  }

  /** Asks for a pass over every release that refers to the object. */
  wakeReferrers(kind: string, key: string): void {
    this.#wake(`${kind}/${key}`);
  }

  onRelease({ type, object }: ReflectorEvent): void {
    const { releases, running, onReleaseGone } = this.#options;
    const key = keyOf(object);
    const release = asRelease(object);
    if (type === 'deleted' || release === undefined) {
      this.#references.delete(key);
      this.#signatures.delete(key);
      releases.forget(key);
      onReleaseGone(key);
      // Another release may have been waiting for its place.
      if (release !== undefined) this.#wake(storagePlaceOf(release));
      return;
    }
    this.#references.set(key, thingsOf(release));
    if (this.#hasChanged(key, object)) {
      running.onObject(key, object);
      releases.add(key);
    }
    this.#wake(`HelmRelease/${key}`);
  }

  onRepository({ type, object }: ReflectorEvent): void {
    const { repositories, indexes } = this.#options;
    const key = keyOf(object);
    const ownKey = `source ${key}`;
    if (type === 'deleted') {
      this.#references.delete(ownKey);
      this.#signatures.delete(ownKey);
      this.#standings.delete(key);
      indexes.drop(key);
      repositories.forget(key);
      this.#wake(`HelmRepository/${key}`);
      return;
    }
    const repository = asRepository(object);
    const namespace = object.metadata.namespace ?? '';
    const secrets = [repository?.spec.secretRef?.name, repository?.spec.certSecretRef?.name];
    this.#references.set(
      ownKey,
      secrets.flatMap((name) => (name === undefined ? [] : [`SourceSecret/${namespace}/${name}`])),
    );
    if (this.#hasChanged(ownKey, object)) {
      repositories.add(key);
      this.#wake(`HelmRepository/${key}`);
    }
    // A release that waits for its source says why; a new index is told of by the pass that read it.
    const ready = findCondition(repository?.status?.conditions, 'Ready');
    const standing = ready?.status === 'False' ? ready.message : '';
    if (this.#standings.get(key) !== standing && standing !== '') this.#wake(`HelmRepository/${key}`);
    this.#standings.set(key, standing);
  }

  onConfigMap({ object }: ReflectorEvent): void {
    this.#wake(`ConfigMap/${keyOf(object)}`);
  }

  onSecret(event: ReflectorEvent): void {
    const { records, running, releases, repositories } = this.#options;
    const place = records.observe(event);
    if (place === undefined) {
      this.#wake(`Secret/${keyOf(event.object)}`);
      for (const key of this.#references.keysOf(`SourceSecret/${keyOf(event.object)}`)) {
        repositories.add(key.slice('source '.length));
      }
      return;
    }
    // A pass that runs may see the change itself; whether it did shows at its end.
    for (const key of this.#references.keysOf(`Storage/${place}`)) {
      if (!running.onRecord(key)) releases.add(key);
    }
  }

  #wake(thing: string): void {
    for (const key of this.#references.keysOf(thing)) this.#options.releases.add(key);
  }

  #hasChanged(key: string, object: KubeObject): boolean {
    const signature = changeSignature(object);
    if (this.#signatures.get(key) === signature) return false;
    this.#signatures.set(key, signature);
    return true;
  }
}

/** Everything whose change calls for a pass over the release, and where its records lie. */
function thingsOf(release: HelmRelease): readonly string[] {
  const { metadata, spec } = release;
  const namespace = metadata.namespace ?? '';
  const ref = spec.chartRef ?? spec.chart?.spec.sourceRef;
  return [
    storagePlaceOf(release),
    ...(ref === undefined ? [] : [`${ref.kind}/${ref.namespace ?? namespace}/${ref.name}`]),
    ...(spec.valuesFrom ?? []).map(({ kind, name }) => `${kind}/${namespace}/${name}`),
    ...(spec.dependsOn ?? []).map((other) => `HelmRelease/${other.namespace ?? namespace}/${other.name}`),
  ];
}

function storagePlaceOf(release: HelmRelease): string {
  return `Storage/${storageNamespaceOf(release)}/${releaseNameOf(release)}`;
}
