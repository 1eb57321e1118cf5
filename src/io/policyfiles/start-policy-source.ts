import { formatLocatedError, type LocatedError } from '../../core/policy/located-error.ts';
import type { PolicySet } from '../../core/policy/policy-set.ts';
import type { PolicySource } from '../contract.ts';
import { followFolder } from './follow-folder.ts';
import { findLastGood, storeLastGood } from './last-good-set.ts';
import type { PolicyReader } from './policy-reader.ts';
import type { PolicyFileText, PolicyFolder } from './read-policy-files.ts';

/** The compiler, injected: core's `compilePolicySet` fits. */
export type CompilePolicies = (
  files: readonly PolicyFileText[],
  options: { readonly commit?: string },
) =>
  | { readonly ok: true; readonly set: PolicySet }
  | { readonly ok: false; readonly errors: readonly LocatedError[] };

/** How one look at a changed folder ended. */
export interface PolicyLoad {
  /** `loaded`: a new set is in force. `refused`: it was broken or empty, the last good one stays. `restored`: the last good one of an earlier run is in force. */
  readonly outcome: 'loaded' | 'refused' | 'restored';
  readonly errors: readonly string[];
  /** Policy files that differ from HEAD, so that no commit can be named. */
  readonly dirty: readonly string[];
  readonly digest?: string;
  readonly commit?: string;
  /** The files of the set that is in force now; absent when it was refused. */
  readonly files?: readonly PolicyFileText[];
}

export interface PolicySourceOptions {
  readonly reader: PolicyReader;
  readonly compile: CompilePolicies;
  /** Where the last good set is kept across restarts; without it, an empty or broken folder at start means no policies. */
  readonly stateDir?: string;
  /** Told of each load that changed something, the first included. */
  readonly onLoad?: (load: PolicyLoad) => void;
  /** A clock that only goes forward, in milliseconds. */
  readonly nowMs?: () => number;
}

export interface WatchedPolicySource extends PolicySource {
  /** Milliseconds since the set in force was loaded; 0 when there is none. */
  ageMs(): number;
  /** Looks at the folder now, without waiting for the next look; resolves when it was read. */
  reload(): Promise<void>;
}

/** How long the set before still counts for `NotMutated` (policy.md). */
export const PREVIOUS_SET_MS = 10_000;
/** Looks at start for a folder that keeps changing meanwhile; later looks go on. */
const FIRST_ATTEMPTS = 5;

/**
 * Loads the policies that a reader gives and follows their changes. A set is exchanged as a whole, and only for one that compiles and
 * has rules: a broken or emptied one is refused, with its errors in `loadErrors`, and the last good set stays in force. Resolves after
 * the first look, also when nothing could be loaded: `inForce()` is undefined then.
 */
export async function startPolicySource(options: PolicySourceOptions): Promise<WatchedPolicySource> {
  const nowMs = options.nowMs ?? (() => performance.now());
  const { reader } = options;
  const listeners = new Set<(set: PolicySet) => void>();
  let current: { readonly set: PolicySet; readonly sinceMs: number } | undefined;
  let previous: PolicySet | undefined;
  let errors: readonly string[] = [];
  let fingerprint: string | undefined;
  let closed = false;

  const put = (set: PolicySet): void => {
    previous = current?.set;
    current = { set, sinceMs: nowMs() };
    for (const listener of listeners) listener(set);
  };

  const refuse = (messages: readonly string[], dirty: readonly string[]): void => {
    const known = messages.join('\n') === errors.join('\n');
    errors = messages;
    if (!known) options.onLoad?.({ outcome: 'refused', errors, dirty });
  };

  const judge = async (folder: PolicyFolder): Promise<void> => {
    const commit = folder.commit === undefined ? {} : { commit: folder.commit };
    const compiled = options.compile(folder.files, commit);
    if (!compiled.ok) {
      refuse(compiled.errors.map(formatLocatedError), folder.dirty);
      return;
    }
    const { set } = compiled;
    if (set.ruleCount === 0) {
      refuse([emptyMessage(reader.place, folder.files.length)], folder.dirty);
      return;
    }
    await reader.accept?.(folder);
    const recovered = errors.length > 0;
    errors = [];
    const same = set.digest === current?.set.digest && set.commit === current.set.commit;
    if (!same) put(set);
    if (!same || recovered) {
      const { dirty, files } = folder;
      options.onLoad?.({ outcome: 'loaded', errors, dirty, files, digest: set.digest, ...commit });
    }
    if (!same && options.stateDir !== undefined) {
      await storeLastGood(options.stateDir, { files: folder.files, ...commit }).catch((cause: unknown) => {
        errors = [`the last good set cannot be kept in ${options.stateDir}: ${messageOf(cause)}`];
      });
    }
  };

  /** Reads the policies when they changed and stand still. Never rejects. */
  const look = async (): Promise<void> => {
    try {
      const seen = await reader.fingerprint();
      if (seen === fingerprint) return;
      const standsStill = async (): Promise<boolean> =>
        reader.settleMs === 0 || (await reader.fingerprint()) === seen;
      if (fingerprint !== undefined) {
        await sleep(reader.settleMs);
        if (!(await standsStill())) return;
      }
      const read = await reader.read().catch((error: unknown) => messageOf(error));
      if (!(await standsStill())) return;
      if (typeof read === 'string') refuse([read], []);
      else await judge(read);
      fingerprint = seen;
    } catch (error) {
      // What cannot be looked at now is looked at again, whether it has changed or not.
      refuse([messageOf(error)], []);
      fingerprint = '';
    }
  };

  const restore = async (): Promise<void> => {
    const stored = options.stateDir === undefined ? undefined : await findLastGood(options.stateDir);
    if (stored === undefined) return;
    const commit = stored.commit === undefined ? {} : { commit: stored.commit };
    const compiled = options.compile(stored.files, commit);
    if (!compiled.ok || compiled.set.ruleCount === 0) return;
    put(compiled.set);
    const { files } = stored;
    options.onLoad?.({
      outcome: 'restored',
      errors,
      dirty: [],
      files,
      digest: compiled.set.digest,
      ...commit,
    });
  };

  for (let attempt = 0; attempt < FIRST_ATTEMPTS; attempt += 1) {
    await look();
    if (fingerprint !== undefined) break;
  }
  if (current === undefined) await restore();
  const follower = followFolder(reader.folder, reader.intervalMs, look);
  return {
    inForce: () => {
      if (current === undefined) return undefined;
      const { set, sinceMs } = current;
      return previous === undefined || nowMs() - sinceMs >= PREVIOUS_SET_MS
        ? { current: set }
        : { current: set, previous };
    },
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    loadErrors: () => errors,
    ageMs: () => (current === undefined ? 0 : nowMs() - current.sinceMs),
    reload: () => follower.lookNow(),
    close: async () => {
      if (closed) return;
      closed = true;
      await follower.close();
    },
  };
}

function emptyMessage(place: string, files: number): string {
  return files === 0 ? `${place} holds no *.yaml files` : `the ${files} files of ${place} hold no rules`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
