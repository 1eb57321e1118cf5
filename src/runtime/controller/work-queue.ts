/** What a pass over one key asks for next. */
export type PassResult =
  /** Nothing until something changes. */
  | { readonly next: 'wait' }
  /** Again after this many milliseconds, unless something changes before. */
  | { readonly next: 'after'; readonly delayMs: number }
  /** Again soon, later with each consecutive time (the pass failed or must go on). */
  | { readonly next: 'backoff' };

export interface WorkQueueOptions {
  /** Handles one key. A rejection counts as `backoff` and is told to `onError`. */
  readonly handle: (key: string) => Promise<PassResult>;
  /** How many keys are handled at once. */
  readonly concurrency: number;
  /** First and longest wait of the exponential back-off (flux.md 2.8: 750 ms and 15 min). */
  readonly minBackoffMs: number;
  readonly maxBackoffMs: number;
  /** A number in [0, 1); spreads the waits. */
  readonly random: () => number;
  readonly onError: (key: string, error: unknown) => void;
}

interface KeyState {
  queued: boolean;
  running: boolean;
  /** Asked for again while it ran. */
  dirty: boolean;
  failures: number;
  timer: NodeJS.Timeout | undefined;
}

/**
 * A queue of keys, never of events: a key that is asked for ten times is handled once, and never twice at the same
 * time. Keys of different namespaces (the part before `/`) take turns, so that one full namespace starves none.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #states = new Map<string, KeyState>();
  /** Ready keys by namespace; the namespaces' order is the order of turns. */
  readonly #ready = new Map<string, string[]>();
  #running = 0;
  #closed = false;
  #idle: (() => void)[] = [];

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  /** Number of keys that wait for a free worker. */
  get depth(): number {
    let depth = 0;
    for (const keys of this.#ready.values()) depth += keys.length;
    return depth;
  }

  /** Asks for a pass over `key` now. */
  add(key: string): void {
    if (this.#closed) return;
    const state = this.#state(key);
    this.#cancelTimer(state);
    if (state.running) state.dirty = true;
    else this.#enqueue(key, state);
  }

  /** Asks for a pass after `delayMs`; a pass that is asked for before replaces it. */
  addAfter(key: string, delayMs: number): void {
    if (this.#closed) return;
    const state = this.#state(key);
    if (state.queued || state.dirty) return;
    this.#cancelTimer(state);
    state.timer = setTimeout(() => {
      state.timer = undefined;
      this.add(key);
    }, delayMs);
  }

  /** Drops what is known of a key, once its object is gone. */
  forget(key: string): void {
    const state = this.#states.get(key);
    if (state === undefined || state.running || state.queued) return;
    this.#cancelTimer(state);
    this.#states.delete(key);
  }

  /** Takes no more keys and resolves when the running ones have ended. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const state of this.#states.values()) this.#cancelTimer(state);
    this.#ready.clear();
    if (this.#running > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #state(key: string): KeyState {
    let state = this.#states.get(key);
    if (state === undefined) {
      state = { queued: false, running: false, dirty: false, failures: 0, timer: undefined };
      this.#states.set(key, state);
    }
    return state;
  }

  #cancelTimer(state: KeyState): void {
    clearTimeout(state.timer);
    state.timer = undefined;
  }

  #enqueue(key: string, state: KeyState): void {
    if (state.queued) return;
    state.queued = true;
    const namespace = key.slice(0, key.indexOf('/'));
    const keys = this.#ready.get(namespace);
    if (keys === undefined) this.#ready.set(namespace, [key]);
    else keys.push(key);
    this.#startWorkers();
  }

  #takeNext(): string | undefined {
    for (const [namespace, keys] of this.#ready) {
      const key = keys.shift();
      this.#ready.delete(namespace);
      if (keys.length > 0) this.#ready.set(namespace, keys);
      if (key !== undefined) return key;
    }
    return undefined;
  }

  #startWorkers(): void {
    while (!this.#closed && this.#running < this.#options.concurrency) {
      const key = this.#takeNext();
      if (key === undefined) return;
      this.#running += 1;
      void this.#work(key);
    }
  }

  async #work(key: string): Promise<void> {
    const state = this.#state(key);
    state.queued = false;
    state.running = true;
    state.dirty = false;
    let result: PassResult;
    try {
      result = await this.#options.handle(key);
    } catch (error) {
      this.#options.onError(key, error);
      result = { next: 'backoff' };
    }
    state.running = false;
    this.#running -= 1;
    state.failures = result.next === 'backoff' ? state.failures + 1 : 0;
    if (!this.#closed) {
      if (state.dirty) this.#enqueue(key, state);
      else if (result.next === 'after') this.addAfter(key, result.delayMs);
      else if (result.next === 'backoff') this.addAfter(key, this.#backoffMs(state.failures));
      this.#startWorkers();
    }
    if (this.#running === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** Doubles from the minimum to the maximum, then takes off up to a quarter so that equals don't march in step. */
  #backoffMs(failures: number): number {
    const { minBackoffMs, maxBackoffMs, random } = this.#options;
    const full = Math.min(maxBackoffMs, minBackoffMs * 2 ** Math.min(failures - 1, 30));
    return full * (1 - 0.25 * random());
  }
}
