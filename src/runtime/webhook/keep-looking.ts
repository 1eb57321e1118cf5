/** A look that is taken again and again. */
export interface Looking {
  /** Takes the next look at once. */
  readonly lookNow: () => void;
  close(): Promise<void>;
}

/** Calls `look` every `intervalMs`, or as soon as somebody asks; one at a time. `look` must not reject. */
export function keepLooking(intervalMs: number, look: (signal: AbortSignal) => Promise<void>): Looking {
  const stop = new AbortController();
  let wake = new AbortController();
  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await pause(intervalMs, AbortSignal.any([stop.signal, wake.signal]));
      wake = new AbortController();
      if (!stop.signal.aborted) await look(stop.signal);
    }
  };
  const running = run();
  return {
    lookNow: () => wake.abort(),
    close: async () => {
      stop.abort();
      await running;
    },
  };
}

/** Waits, at most until the signal aborts; never rejects. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
