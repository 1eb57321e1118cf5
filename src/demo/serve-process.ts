import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { DemoError } from './screen.ts';

/** How long a stopped gate may take to end its helm children and leave (design: 45 s of draining at most). */
const STOP_TIMEOUT_MS = 20_000;
/** Log lines kept to explain a failure. */
const KEPT_LINES = 200;
/** pino's number for warnings. */
const WARN_LEVEL = 40;

/** `helmgate serve` as a process of its own, as a user would run it. */
export class ServeProcess {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #said = new Map<string, number>();
  readonly #ended: Promise<number | null>;
  /** How it ended, in words. */
  #exit: string | undefined;

  constructor(args: readonly string[], options: { bin: string; cwd: string; env: NodeJS.ProcessEnv }) {
    this.#child = spawn(process.execPath, [options.bin, 'serve', '--exit-with-parent', ...args], {
      cwd: options.cwd,
      // Named, since this process may be killed before the child has looked who its parent is.
      env: { ...options.env, HELMGATE_PARENT: String(process.pid) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => this.#read(line));
    }
    this.#ended = new Promise((resolve) => {
      this.#child.on('exit', (code, signal) => {
        this.#exit = signal === null ? `ended by itself (exit ${code})` : `was ended by ${signal}`;
        resolve(code);
      });
      this.#child.on('error', (error) => {
        this.#exit = `could not be started (${error.message})`;
        resolve(null);
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Whether it has said that it is ready. */
  get ready(): boolean {
    return this.timesSaid('ready') > 0;
  }

  /** Throws when the process has ended by itself. */
  assertAlive(): void {
    if (this.#exit === undefined) return;
    throw new DemoError(`helmgate serve ${this.#exit}; it said last:\n${this.tail(15)}`);
  }

  /** The last log lines, oldest first. */
  tail(count: number): string {
    return this.#lines.slice(-count).join('\n');
  }

  /** Messages of the log at level warn or above, newest last. */
  complaints(): readonly string[] {
    return this.#lines.flatMap((line) => {
      const message = parseLine(line);
      return message !== undefined && message.level >= WARN_LEVEL ? [message.text] : [];
    });
  }

  /** How often the log has said exactly this, warnings and errors aside. */
  timesSaid(text: string): number {
    return this.#said.get(text) ?? 0;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async stop(): Promise<void> {
    if (this.#exit !== undefined) return;
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await this.#ended;
    clearTimeout(timer);
  }

  #read(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > KEPT_LINES) this.#lines.shift();
    const message = parseLine(line);
    // The texts below warnings are few; what comes with an error is not.
    if (message === undefined || message.level >= WARN_LEVEL) return;
    this.#said.set(message.text, this.timesSaid(message.text) + 1);
  }
}

interface LogMessage {
  readonly level: number;
  readonly text: string;
}

function parseLine(line: string): LogMessage | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const { level, msg, error } = JSON.parse(line) as { level?: number; msg?: string; error?: string };
    if (level === undefined || msg === undefined) return undefined;
    return { level, text: error === undefined ? msg : `${msg}: ${error}` };
  } catch {
    return undefined;
  }
}
