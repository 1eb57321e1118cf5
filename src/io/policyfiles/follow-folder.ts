import { type FSWatcher, watch } from 'node:fs';

/** Looks at a folder again and again. */
export interface FolderFollower {
  /** Looks now, after the look that may be under way; resolves when that is done. */
  lookNow(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Without a folder there is nothing that the kernel could report. Calls `look` every `intervalMs`, and sooner when the kernel reports a change of the folder's own entries. One look at a time. The
 * report is an accelerator only: network mounts and subfolders do without. `look` must not reject.
 */
export function followFolder(
  folder: string | undefined,
  intervalMs: number,
  look: () => Promise<void>,
): FolderFollower {
  let closed = false;
  let looking: Promise<void> | undefined;
  let asked = false;
  let timer: NodeJS.Timeout | undefined;
  let watcher = watchEntries(folder, () => void lookNow());

  const lookUntilQuiet = async (): Promise<void> => {
    for (;;) {
      asked = false;
      await look();
      if (!asked || closed) break;
    }
    looking = undefined;
    schedule();
  };
  const lookNow = (): Promise<void> => {
    if (closed) return Promise.resolve();
    clearTimeout(timer);
    if (looking === undefined) looking = lookUntilQuiet();
    else asked = true;
    return looking;
  };
  const schedule = (): void => {
    if (closed) return;
    timer = setTimeout(() => {
      // A folder that was removed and made again has lost its watcher.
      watcher ??= watchEntries(folder, () => void lookNow());
      void lookNow();
    }, intervalMs).unref();
  };
  schedule();

  function watchEntries(path: string | undefined, onChange: () => void): FSWatcher | undefined {
    if (path === undefined) return undefined;
    try {
      const made = watch(path, { persistent: false }, (event) => {
        onChange();
        if (event === 'rename') forget(made);
      });
      made.on('error', () => forget(made));
      return made;
    } catch {
      return undefined;
    }
  }
  function forget(gone: FSWatcher): void {
    gone.close();
    if (watcher === gone) watcher = undefined;
  }

  return {
    lookNow,
    close: async () => {
      closed = true;
      clearTimeout(timer);
      watcher?.close();
      await looking;
    },
  };
}
