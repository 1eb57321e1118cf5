import type { ExemptionKey } from '../../core/admission/exemption.ts';
import type { HelmRelease } from '../../core/api/helm-release.ts';
import { CONFIG_MAP, HELM_RELEASE, HELM_REPOSITORY, NAMESPACE, SECRET } from '../../core/api/resources.ts';
import type { Decision } from '../../core/policy/decision.ts';
import { releaseNameOf, storageNamespaceOf } from '../../core/release/names.ts';
import type {
  ApiGate,
  AuditLog,
  ChartRepositoryClient,
  HelmRunner,
  JudgedStore,
  KubeClient,
  PolicySource,
  Reflector,
  ReleaseStorage,
  StartReflector,
} from '../../io/contract.ts';
import type { Clock } from '../clock.ts';
import type { KubeVersion } from '../kube-version.ts';
import type { Log } from '../telemetry/log.ts';
import { addFinalizer, deleteRelease, FINALIZER } from './delete-release.ts';
import { IndexStore } from './index-store.ts';
import { ObjectCache } from './object-cache.ts';
import { ObjectEvents } from './object-events.ts';
import { asRelease, asRepository, keyOf } from './object-key.ts';
import type { ReleasePassOptions } from './pass-options.ts';
import { reconcileRelease } from './reconcile-release.ts';
import { reconcileRepository } from './reconcile-repository.ts';
import { RecordWatch } from './record-watch.ts';
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
  /** Keeps what was judged; switched off when absent. */
  readonly store?: JudgedStore;
  /** Verifies whom rules left out at admission; without it rules are judged in full. */
  readonly exemptionKey?: ExemptionKey;
  /** Told of each decision that was written to the audit log. */
  readonly onDecision?: (decision: Decision) => void;
  readonly clock: Clock;
  readonly kubeVersion: Pick<KubeVersion, 'latest'>;
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
  readonly #events: ObjectEvents;
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
    this.#events = new ObjectEvents({
      records: this.#records,
      indexes: this.#indexes,
      running: this.#running,
      releases: this.#releaseQueue,
      repositories: this.#repositoryQueue,
      onReleaseGone: (key) => {
        this.#written.delete(key);
        this.#passOptions.verdicts.forget(key);
      },
    });
    this.#namespaces = startReflector(NAMESPACE, { metadataOnly: true, onEvent: () => {} });
    this.#configMaps = startReflector(CONFIG_MAP, {
      metadataOnly: true,
      onEvent: (event) => this.#events.onConfigMap(event),
    });
    this.#secrets = startReflector(SECRET, {
      metadataOnly: true,
      onEvent: (event) => this.#events.onSecret(event),
    });
    this.#repositories = startReflector(HELM_REPOSITORY, {
      onEvent: (event) => this.#events.onRepository(event),
    });
    this.#releases = startReflector(HELM_RELEASE, { onEvent: (event) => this.#events.onRelease(event) });
    this.#passOptions = {
      ...options,
      indexes: this.#indexes,
      records: this.#records,
      verdicts: new VerdictMemory(),
      configMaps: new ObjectCache(CONFIG_MAP, this.#configMaps, kube),
      secrets: new ObjectCache(SECRET, this.#secrets, kube),
      judge: createReleaseJudge(
        options.policies,
        {
          namespaceLabels: (namespace) => this.#namespaces.find('', namespace)?.metadata.labels ?? undefined,
          releases: () => this.#releases.list(),
          kubeVersion: () => options.kubeVersion.latest(),
        },
        options.clock,
        options.exemptionKey,
      ),
      findRelease: (namespace, name) => asRelease(this.#releases.find(namespace, name)),
      claimantsOf: (namespace, name) => this.#events.claimantsOf(namespace, name),
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

  #onPolicies(): void {
    for (const object of this.#repositories.list()) this.#repositoryQueue.add(keyOf(object));
    const releases = this.#releases.list();
    const spreadMs = releases.length * POLICY_SPREAD_MS_PER_RELEASE;
    for (const object of releases) {
      this.#releaseQueue.addAfter(keyOf(object), spreadMs * this.#options.clock.random());
    }
  }

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
        onNewIndex: (repositoryKey) => this.#events.wakeReferrers('HelmRepository', repositoryKey),
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
