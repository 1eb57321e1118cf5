import type { HelmRelease } from '../../core/api/helm-release.ts';
import type { HelmRepository } from '../../core/api/helm-repository.ts';
import type { KubeObject } from '../../core/api/kube-object.ts';
import { CONFIG_MAP, HELM_RELEASE, HELM_REPOSITORY, NAMESPACE, SECRET } from '../../core/api/resources.ts';
import { findCondition } from '../../core/release/conditions.ts';
import { releaseNameOf, storageNamespaceOf } from '../../core/release/names.ts';
import type {
  ApiGate,
  AuditLog,
  ChartRepositoryClient,
  HelmRunner,
  KubeClient,
  PolicySource,
  Reflector,
  ReflectorEvent,
  ReleaseStorage,
  StartReflector,
} from '../../io/contract.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../telemetry/log.ts';
import { changeSignature } from './change-signature.ts';
import { addFinalizer, deleteRelease, FINALIZER } from './delete-release.ts';
import { IndexStore } from './index-store.ts';
import { ObjectCache } from './object-cache.ts';
import type { ReleasePassOptions } from './pass-options.ts';
import { reconcileRelease } from './reconcile-release.ts';
import { reconcileRepository } from './reconcile-repository.ts';
import { RecordWatch } from './record-watch.ts';
import { ReferenceIndex } from './reference-index.ts';
import { createReleaseJudge } from './release-judge.ts';
import { ReleasePass } from './release-pass.ts';
import { RunningPasses } from './running-passes.ts';
import { VerdictMemory } from './verdict-memory.ts';
import { type PassResult, WorkQueue } from './work-queue.ts';

/** Flux's bounds for the back-off after a failed pass: `--min-retry-delay` and `--max-retry-delay` (flux.md 2.1). */
const MIN_BACKOFF_MS = 750;
const MAX_BACKOFF_MS = 15 * 60_000;
/** Indexes are few and fetched by I/O alone; Flux's source-controller runs two at a time. */
const REPOSITORY_WORKERS = 2;
/** After a change of policy every release is looked at again, spread over this time for each of them. */
const POLICY_SPREAD_MS_PER_RELEASE = 5;

export interface ControllerOptions {
  readonly kube: KubeClient;
  readonly startReflector: StartReflector;
  readonly charts: ChartRepositoryClient;
  readonly helm: HelmRunner;
  readonly gate: ApiGate;
  readonly storage: ReleaseStorage;
  readonly policies: PolicySource;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly log: Log;
  /** How many releases are worked on at once. */
  readonly workers: number;
}

/** The running loop. */
export interface Controller {
  /** Resolves when everything that is watched has been listed once. */
  synced(signal: AbortSignal): Promise<void>;
  /** Stops watching, lets running passes end (helm children are asked to stop) and resolves then. */
  close(): Promise<void>;
}

/** Starts to watch and to reconcile. */
export function startController(options: ControllerOptions): Controller {
  return new ReleaseController(options);
}

class ReleaseController implements Controller {
  readonly #options: ControllerOptions;
  readonly #abort = new AbortController();
  readonly #releaseQueue: WorkQueue;
  readonly #repositoryQueue: WorkQueue;
  readonly #releases: Reflector;
  readonly #repositories: Reflector;
  readonly #namespaces: Reflector;
  readonly #configMaps: Reflector;
  readonly #secrets: Reflector;
  readonly #passOptions: ReleasePassOptions;
  readonly #references = new ReferenceIndex();
  readonly #signatures = new Map<string, string>();
  /** Why each repository is not ready, as its status says; empty while it is. */
  readonly #standings = new Map<string, string>();
  /** What the last pass wrote, until the watch has shown it or something later. */
  readonly #written = new Map<string, string>();
  readonly #indexes = new IndexStore();
  readonly #records: RecordWatch;
  readonly #running = new RunningPasses();
  readonly #stopPolicies: () => void;

  constructor(options: ControllerOptions) {
    this.#options = options;
    const { startReflector, kube, clock, log } = options;
    const onError = (key: string, error: unknown): void => {
      if (this.#abort.signal.aborted) return;
      log.error({ key, error: error instanceof Error ? error.message : String(error) }, 'a pass failed');
    };
    const common = {
      minBackoffMs: MIN_BACKOFF_MS,
      maxBackoffMs: MAX_BACKOFF_MS,
      random: () => clock.random(),
      onError,
    };
    this.#releaseQueue = new WorkQueue({
      ...common,
      concurrency: options.workers,
      handle: (key) => this.#passOverRelease(key),
    });
    this.#repositoryQueue = new WorkQueue({
      ...common,
      concurrency: REPOSITORY_WORKERS,
      handle: (key) => this.#passOverRepository(key),
    });
    this.#records = new RecordWatch(options.storage);
    this.#namespaces = startReflector(NAMESPACE, { metadataOnly: true, onEvent: () => {} });
    this.#configMaps = startReflector(CONFIG_MAP, {
      metadataOnly: true,
      onEvent: (event) => this.#onValuesSource('ConfigMap', event),
    });
    this.#secrets = startReflector(SECRET, { metadataOnly: true, onEvent: (event) => this.#onSecret(event) });
    this.#repositories = startReflector(HELM_REPOSITORY, { onEvent: (event) => this.#onRepository(event) });
    this.#releases = startReflector(HELM_RELEASE, { onEvent: (event) => this.#onRelease(event) });
    this.#passOptions = {
      ...options,
      indexes: this.#indexes,
      records: this.#records,
      verdicts: new VerdictMemory(),
      configMaps: new ObjectCache(CONFIG_MAP, this.#configMaps, kube),
      secrets: new ObjectCache(SECRET, this.#secrets, kube),
      judge: createReleaseJudge(
        options.policies,
        (namespace) => this.#namespaces.find('', namespace)?.metadata.labels ?? undefined,
      ),
      findRelease: (namespace, name) => asRelease(this.#releases.find(namespace, name)),
      claimantsOf: (namespace, name) => this.#references.keysOf(`Storage/${namespace}/${name}`),
      findRepository: (namespace, name) => asRepository(this.#repositories.find(namespace, name)),
    };
    this.#stopPolicies = options.policies.onChange(() => this.#onPolicies());
  }

  async synced(signal: AbortSignal): Promise<void> {
    const all = [this.#namespaces, this.#configMaps, this.#secrets, this.#repositories, this.#releases];
    await Promise.all(all.map((reflector) => reflector.synced(signal)));
  }

  async close(): Promise<void> {
    this.#stopPolicies();
    this.#abort.abort(new Error('Helmgate is stopping'));
    const all = [this.#releases, this.#repositories, this.#secrets, this.#configMaps, this.#namespaces];
    await Promise.all([this.#releaseQueue.close(), this.#repositoryQueue.close()]);
    await Promise.all(all.map((reflector) => reflector.close()));
  }

  // ---------------------------------------------------------------- events become keys

  #onRelease({ type, object }: ReflectorEvent): void {
    const key = keyOf(object);
    const release = asRelease(object);
    if (type === 'deleted' || release === undefined) {
      this.#references.delete(key);
      this.#signatures.delete(key);
      this.#written.delete(key);
      this.#passOptions.verdicts.forget(key);
      this.#releaseQueue.forget(key);
      return;
    }
    this.#references.set(key, thingsOf(release));
    if (this.#hasChanged(key, object)) {
      this.#running.onObject(key, object);
      this.#releaseQueue.add(key);
    }
    this.#enqueueReferrers(`HelmRelease/${key}`);
  }

  #onRepository({ type, object }: ReflectorEvent): void {
    const key = keyOf(object);
    const signatureKey = `source ${key}`;
    const referenceKey = signatureKey;
    if (type === 'deleted') {
      this.#references.delete(referenceKey);
      this.#signatures.delete(signatureKey);
      this.#standings.delete(key);
      this.#indexes.drop(key);
      this.#repositoryQueue.forget(key);
      this.#enqueueReferrers(`HelmRepository/${key}`);
      return;
    }
    const repository = asRepository(object);
    const namespace = object.metadata.namespace ?? '';
    const secrets = [repository?.spec.secretRef?.name, repository?.spec.certSecretRef?.name];
    this.#references.set(
      referenceKey,
      secrets.flatMap((name) => (name === undefined ? [] : [`SourceSecret/${namespace}/${name}`])),
    );
    if (this.#hasChanged(signatureKey, object)) {
      this.#repositoryQueue.add(key);
      this.#enqueueReferrers(`HelmRepository/${key}`);
    }
    // A release that waits for its source says why; a new index is told of by the pass that read it.
    const ready = findCondition(repository?.status?.conditions, 'Ready');
    const standing = ready?.status === 'False' ? ready.message : '';
    if (this.#standings.get(key) !== standing && standing !== '') {
      this.#enqueueReferrers(`HelmRepository/${key}`);
    }
    this.#standings.set(key, standing);
  }

  #onSecret(event: ReflectorEvent): void {
    const place = this.#records.observe(event);
    if (place === undefined) {
      this.#onValuesSource('Secret', event);
      for (const key of this.#references.keysOf(`SourceSecret/${keyOf(event.object)}`)) {
        this.#repositoryQueue.add(key.slice('source '.length));
      }
      return;
    }
    // A pass that runs may see the change itself; whether it did shows at its end.
    for (const key of this.#references.keysOf(`Storage/${place}`)) {
      if (!this.#running.onRecord(key)) this.#releaseQueue.add(key);
    }
  }

  #onValuesSource(kind: 'ConfigMap' | 'Secret', { object }: ReflectorEvent): void {
    this.#enqueueReferrers(`${kind}/${keyOf(object)}`);
  }

  #onPolicies(): void {
    for (const object of this.#repositories.list()) this.#repositoryQueue.add(keyOf(object));
    const releases = this.#releases.list();
    const spreadMs = releases.length * POLICY_SPREAD_MS_PER_RELEASE;
    for (const object of releases) {
      this.#releaseQueue.addAfter(keyOf(object), spreadMs * this.#options.clock.random());
    }
  }

  #enqueueReferrers(thing: string): void {
    for (const key of this.#references.keysOf(thing)) this.#releaseQueue.add(key);
  }

  #hasChanged(key: string, object: KubeObject): boolean {
    const signature = changeSignature(object);
    if (this.#signatures.get(key) === signature) return false;
    this.#signatures.set(key, signature);
    return true;
  }

  // ---------------------------------------------------------------- passes

  async #passOverRepository(key: string): Promise<PassResult> {
    const [namespace = '', name = ''] = key.split('/');
    const repository = asRepository(this.#repositories.find(namespace, name));
    if (repository === undefined) return { next: 'wait' };
    const { kube, charts, clock, log } = this.#options;
    return await reconcileRepository(
      repository,
      {
        kube,
        charts,
        clock,
        log,
        indexes: this.#indexes,
        judge: this.#passOptions.judge,
        onNewIndex: (repositoryKey) => this.#enqueueReferrers(`HelmRepository/${repositoryKey}`),
      },
      this.#abort.signal,
    );
  }

  async #passOverRelease(key: string): Promise<PassResult> {
    await this.synced(this.#abort.signal);
    const release = await this.#newest(key);
    if (release === undefined) return { next: 'wait' };
    const signals = {
      stopping: this.#abort.signal,
      superseded: this.#running.begin(key, release),
    };
    const pass = new ReleasePass(release, this.#passOptions, signals);
    try {
      if (release.metadata.deletionTimestamp !== undefined) return await deleteRelease(pass);
      if (!(release.metadata.finalizers ?? []).includes(FINALIZER)) {
        await addFinalizer(pass);
        return { next: 'after', delayMs: 0 };
      }
      if (release.spec.suspend === true) return { next: 'wait' };
      return await reconcileRelease(pass);
    } finally {
      const recordsChanged = this.#running.end(key);
      const place = `${storageNamespaceOf(release)}/${releaseNameOf(release)}`;
      // After an action the records are the pass's own, and when to look again is its to say.
      if (recordsChanged && !pass.acted && !this.#records.isCurrent(place)) this.#releaseQueue.add(key);
      const { resourceVersion } = pass.release.metadata;
      if (resourceVersion !== undefined && resourceVersion !== release.metadata.resourceVersion) {
        this.#written.set(key, resourceVersion);
      }
    }
  }

  /**
   * The object as the last pass left it or later. The watch may lag behind what that pass wrote; acting on an older
   * status could repeat an action, so the API server is asked until the watch has caught up.
   */
  async #newest(key: string): Promise<HelmRelease | undefined> {
    const [namespace = '', name = ''] = key.split('/');
    const watched = asRelease(this.#releases.find(namespace, name));
    const written = this.#written.get(key);
    if (written === undefined) return watched;
    if (watched?.metadata.resourceVersion === written) {
      this.#written.delete(key);
      return watched;
    }
    const live = await this.#options.kube.find(
      { resource: HELM_RELEASE, namespace, name },
      this.#abort.signal,
    );
    if (live === undefined || live.metadata.resourceVersion === watched?.metadata.resourceVersion) {
      this.#written.delete(key);
    }
    return asRelease(live);
  }
}

/** Everything whose change calls for a pass over the release, and where its records lie. */
function thingsOf(release: HelmRelease): readonly string[] {
  const { metadata, spec } = release;
  const namespace = metadata.namespace ?? '';
  const ref = spec.chartRef ?? spec.chart?.spec.sourceRef;
  return [
    `Storage/${storageNamespaceOf(release)}/${releaseNameOf(release)}`,
    ...(ref === undefined ? [] : [`${ref.kind}/${ref.namespace ?? namespace}/${ref.name}`]),
    ...(spec.valuesFrom ?? []).map(({ kind, name }) => `${kind}/${namespace}/${name}`),
    ...(spec.dependsOn ?? []).map((other) => `HelmRelease/${other.namespace ?? namespace}/${other.name}`),
  ];
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

// The API server has validated what it stored against the CRDs' schemas.
function asRelease(object: KubeObject | undefined): HelmRelease | undefined {
  return object as unknown as HelmRelease | undefined;
}

function asRepository(object: KubeObject | undefined): HelmRepository | undefined {
  return object as unknown as HelmRepository | undefined;
}
