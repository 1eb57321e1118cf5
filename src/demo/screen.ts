import type { Writable } from 'node:stream';

/** A failed expectation of the demo: what was expected and what was seen instead. */
export class DemoError extends Error {
  override readonly name = 'DemoError';
}

/** One line of the closing table. */
export interface ScreenSummary {
  readonly title: string;
  readonly seconds: number;
  readonly checks: number;
}

/**
 * What the demo shows: numbered steps, the commands it runs, their own output, and a tick for each expectation that
 * held. On a terminal a last line shows what is waited for; elsewhere only whole lines are written.
 */
export class Screen {
  readonly #out: Writable;
  readonly #live: boolean;
  readonly #now: () => number;
  readonly #steps: { title: string; startedMs: number; endedMs: number; checks: number }[] = [];
  #waiting = '';

  constructor(out: Writable & { isTTY?: boolean }, now: () => number) {
    this.#out = out;
    this.#live = out.isTTY === true;
    this.#now = now;
  }

  step(title: string): void {
    this.#endStep();
    this.#steps.push({ title, startedMs: this.#now(), endedMs: 0, checks: 0 });
    this.line(`\n== ${this.#steps.length}. ${title}`);
  }

  /** An expectation held. */
  holds(what: string): void {
    const step = this.#steps.at(-1);
    if (step !== undefined) step.checks += 1;
    this.line(`   ok ${what}`);
  }

  command(text: string): void {
    this.line(`   $ ${text}`);
  }

  /** Output of a command, indented. */
  output(text: string): void {
    for (const line of text.trimEnd().split('\n')) this.line(`     ${line}`);
  }

  line(text: string): void {
    this.#clearWaiting();
    this.#out.write(`${text}\n`);
  }

  /** Shows what is waited for, on a terminal only. */
  waiting(text: string): void {
    if (!this.#live) return;
    this.#clearWaiting();
    this.#waiting = `   .. ${text}`.slice(0, 110);
    this.#out.write(this.#waiting);
  }

  summary(): readonly ScreenSummary[] {
    this.#endStep();
    return this.#steps.map(({ title, startedMs, endedMs, checks }) => ({
      title,
      seconds: (endedMs - startedMs) / 1000,
      checks,
    }));
  }

  #endStep(): void {
    const step = this.#steps.at(-1);
    if (step !== undefined && step.endedMs === 0) step.endedMs = this.#now();
  }

  #clearWaiting(): void {
    if (this.#waiting === '') return;
    this.#out.write(`\r${' '.repeat(this.#waiting.length)}\r`);
    this.#waiting = '';
  }
}
