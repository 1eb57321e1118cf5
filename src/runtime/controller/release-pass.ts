import type { HelmRelease, HelmReleaseStatus } from '../../core/api/helm-release.ts';
import type { ObjectRef } from '../../core/api/kube-object.ts';
import { HELM_RELEASE } from '../../core/api/resources.ts';
import type { JsonObject } from '../../core/json/json.ts';
import { kubeTime } from '../clock.ts';
import type { ReleasePassOptions } from './pass-options.ts';
import { writeStatus } from './write-status.ts';

/** How long a status may take to be written while the process stops. */
const LAST_WRITE_MS = 5_000;

/**
 * One HelmRelease during one pass: the object with the newest status, and the way to write that status. Writing
 * nothing new costs no request.
 */
export class ReleasePass {
  readonly options: ReleasePassOptions;
  /** Aborts when the process stops. */
  readonly signal: AbortSignal;
  /** Aborts when the object has changed so that what runs for it is no longer wanted. */
  readonly superseded: AbortSignal;
  readonly key: string;
  /** Whether an action was begun in this pass. */
  acted = false;
  #release: HelmRelease;
  #stored: HelmReleaseStatus;

  constructor(
    release: HelmRelease,
    options: ReleasePassOptions,
    signals: { readonly stopping: AbortSignal; readonly superseded: AbortSignal },
  ) {
    this.#release = release;
    this.#stored = release.status ?? {};
    this.options = options;
    this.signal = signals.stopping;
    this.superseded = signals.superseded;
    this.key = `${release.metadata.namespace}/${release.metadata.name}`;
  }

  /** The object with the newest status that this pass knows. */
  get release(): HelmRelease {
    return this.#release;
  }

  get ref(): ObjectRef {
    const { namespace = '', name } = this.#release.metadata;
    return { resource: HELM_RELEASE, namespace, name };
  }

  now(): string {
    return kubeTime(this.options.clock.now());
  }

  /** Takes a status without writing it yet. */
  assume(status: HelmReleaseStatus): void {
    this.#release = { ...this.#release, status };
  }

  /**
   * Writes the status. While the process stops this still gets a few seconds, so that what helm did is on record.
   * Answers the resourceVersion when something was written.
   */
  async save(status: HelmReleaseStatus): Promise<void> {
    this.assume(status);
    const signal = this.signal.aborted ? AbortSignal.timeout(LAST_WRITE_MS) : this.signal;
    const before = this.#stored as unknown as JsonObject;
    const after = status as unknown as JsonObject;
    const written = await writeStatus(this.options.kube, this.ref, before, after, signal);
    this.#stored = status;
    if (written === undefined) return;
    const { resourceVersion } = written.metadata;
    this.#release = {
      ...this.#release,
      metadata: {
        ...this.#release.metadata,
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
      },
    };
  }
}
