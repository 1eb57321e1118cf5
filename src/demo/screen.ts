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

/** Without a terminal a wait is told of when it has lasted this long, once. */
const TOLD_AFTER_SECONDS = 5;
/** Width of a terminal that does not say. */
const USUAL_COLUMNS = 80;

/** Where the demo is shown: a terminal says how wide it is. */
export type ScreenOutput = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/**
 * What the demo shows: numbered steps, the commands it runs, their own output, and a tick for each expectation that
 * held. On a terminal a last line shows what is waited for; elsewhere only whole lines are written.
 */
export class Screen {
  readonly #out: ScreenOutput;
  readonly #now: () => number;
  readonly #steps: { title: string; startedMs: number; endedMs: number; checks: number }[] = [];
  #showsWaiting = false;
  #toldOf = '';

  constructor(out: ScreenOutput, now: () => number) {
    this.#out = out;
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
    const whole = text.trimEnd();
    if (whole === '') return;
    for (const line of whole.split('\n')) this.line(line === '' ? '' : `     ${line}`);
  }

  line(text: string): void {
    this.#clearWaiting();
    this.#toldOf = '';
    this.#out.write(`${text}\n`);
  }

  /** Shows what is waited for: on a terminal a line that goes again, elsewhere one plain line for a long wait. */
  waiting(what: string, elapsedSeconds: number, limitSeconds: number): void {
    if (this.#out.isTTY !== true) {
      if (elapsedSeconds < TOLD_AFTER_SECONDS || this.#toldOf === what) return;
      this.line(`   .. waiting until ${what} (${limitSeconds} s at most)`);
      this.#toldOf = what;
      return;
    }
    const text = `   .. ${Math.floor(elapsedSeconds)} s, until ${what} (${limitSeconds} s at most)`;
    this.#clearWaiting();
    this.#out.write(text.slice(0, (this.#out.columns ?? USUAL_COLUMNS) - 1));
    this.#showsWaiting = true;
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

  /** Carriage return and "erase to the end of the line" (ECMA-48, EL). */
  #clearWaiting(): void {
    if (!this.#showsWaiting) return;
    this.#out.write('\r\x1b[K');
    this.#showsWaiting = false;
  }
}
