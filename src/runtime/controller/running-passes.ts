import type { KubeObject } from '../../core/api/kube-object.ts';

interface RunningPass {
  readonly begunWith: KubeObject['metadata'];
  readonly superseded: AbortController;
  recordsChanged: boolean;
}

/** The passes that are under way, by key, and what has happened to their objects since they began. */
export class RunningPasses {
  readonly #passes = new Map<string, RunningPass>();

  /** Notes the begin of a pass; the signal aborts when its object gets a new generation or is to be deleted. */
  begin(key: string, object: Pick<KubeObject, 'metadata'>): AbortSignal {
    const superseded = new AbortController();
    this.#passes.set(key, { begunWith: object.metadata, superseded, recordsChanged: false });
    return superseded.signal;
  }

  /** Notes the end of a pass; answers whether records of its release changed in the meantime, by its own hand or another's. */
  end(key: string): boolean {
    const recordsChanged = this.#passes.get(key)?.recordsChanged ?? false;
    this.#passes.delete(key);
    return recordsChanged;
  }

  /** Takes in what the watch shows of an object; it may still be telling of what the pass began with. */
  onObject(key: string, { metadata }: Pick<KubeObject, 'metadata'>): void {
    const pass = this.#passes.get(key);
    if (pass === undefined) return;
    const newer = (metadata.generation ?? 0) > (pass.begunWith.generation ?? 0);
    const deleted =
      metadata.deletionTimestamp !== undefined && pass.begunWith.deletionTimestamp === undefined;
    if (newer || deleted) pass.superseded.abort(new Error('the HelmRelease has changed'));
  }

  /** Takes in that a record of the release has changed; false when no pass is under way that could look at it. */
  onRecord(key: string): boolean {
    const pass = this.#passes.get(key);
    if (pass === undefined) return false;
    pass.recordsChanged = true;
    return true;
  }
}
