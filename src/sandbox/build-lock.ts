import { mkdir, open, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Held until released. */
export interface BuildLock {
  release(): Promise<void>;
}

/** How often a holder shows that it lives. */
const beatMs = 2_000;
/** A holder that has not shown itself for this long is dead or suspended: ten beats, so that a loaded machine does not count. */
const staleMs = 20_000;
const pollMs = 250;

export interface BuildLockOptions {
  readonly path: string;
  readonly signal?: AbortSignal;
  /** Called once, when somebody else holds the lock. */
  readonly onWait?: () => void;
}

/**
 * Takes a lock file between processes of one user. The holder touches it every 2 s; one that was not touched for 20 s is taken
 * over, so a killed holder blocks nobody. Two holders at once are possible after a suspension, and harmless: both build into a
 * name of their own and rename.
 */
export async function acquireBuildLock(options: BuildLockOptions): Promise<BuildLock> {
  await mkdir(dirname(options.path), { recursive: true, mode: 0o700 });
  let told = false;
  while (true) {
    options.signal?.throwIfAborted();
    if (await tryCreate(options.path)) return hold(options.path);
    if (await isStale(options.path)) {
      await takeAway(options.path);
      continue;
    }
    if (!told) options.onWait?.();
    told = true;
    await sleep(pollMs);
  }
}

async function tryCreate(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600);
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function isStale(path: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs > staleMs;
  } catch {
    return false;
  }
}

/** Renames before it removes: of two that find it stale, one renames and the other fails and looks again. */
async function takeAway(path: string): Promise<void> {
  const aside = `${path}.${process.pid}.stale`;
  try {
    await rename(path, aside);
    await rm(aside, { force: true });
  } catch {
    // Somebody else was faster.
  }
}

async function hold(path: string): Promise<BuildLock> {
  await writeFile(path, `${process.pid}\n`);
  const beat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, beatMs);
  beat.unref();
  return {
    async release(): Promise<void> {
      clearInterval(beat);
      await rm(path, { force: true });
    },
  };
}
