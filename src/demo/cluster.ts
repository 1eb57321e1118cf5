import { setTimeout as sleep } from 'node:timers/promises';
import { runProgram } from './run-program.ts';
import { DemoError, type Screen } from './screen.ts';

/** How often a condition that is waited for is looked at. */
const POLL_MS = 300;

/** Parsed output of `kubectl get -o json`; the demo reads it as loosely as a person would. */
export type Loose = any;

export interface ClusterOptions {
  readonly kubectl: string;
  readonly helm: string;
  readonly bin: string;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly screen: Screen;
  readonly signal: AbortSignal;
  /** Throws when something that the demo needs has died. */
  readonly assertAlive: () => void;
}

/** The demo's hands: the real kubectl, helm, git and helmgate, and waiting for what they show. */
export class Cluster {
  readonly #options: ClusterOptions;

  constructor(options: ClusterOptions) {
    this.#options = options;
  }

  /** Runs kubectl, shows the command and its output, and expects it to succeed. */
  async kubectl(...args: readonly string[]): Promise<string> {
    this.#options.screen.command(`kubectl ${shellWords(args)}`);
    const said = await this.kubectlQuietly(...args);
    this.#options.screen.output(said);
    return said;
  }

  /** Runs kubectl without showing anything, and expects it to succeed. */
  async kubectlQuietly(...args: readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.#run(this.#options.kubectl, args);
    if (exitCode !== 0) {
      throw new DemoError(
        `kubectl ${shellWords(args)} failed (exit ${exitCode}): ${(stdout + stderr).trim()}`,
      );
    }
    return stdout + stderr;
  }

  /** What kubectl says, whether it succeeds or not; shows nothing. */
  async kubectlTried(...args: readonly string[]): Promise<string> {
    const { stdout, stderr } = await this.#run(this.#options.kubectl, args);
    return stdout + stderr;
  }

  /** Runs kubectl, shows what it says, and expects it to be refused. */
  async kubectlRefused(...args: readonly string[]): Promise<string> {
    this.#options.screen.command(`kubectl ${shellWords(args)}`);
    const { exitCode, stdout, stderr } = await this.#run(this.#options.kubectl, args);
    this.#options.screen.output(stdout + stderr);
    if (exitCode === 0) throw new DemoError(`expected: kubectl ${shellWords(args)} is refused; it passed`);
    return stdout + stderr;
  }

  /** An object as `kubectl get -o json` shows it; undefined when there is none. */
  async get(kind: string, name: string): Promise<Loose | undefined> {
    const args = ['get', kind, name, '--ignore-not-found', '-o', 'json'];
    const { exitCode, stdout, stderr } = await this.#run(this.#options.kubectl, args);
    if (exitCode !== 0) throw new DemoError(`kubectl get ${kind} ${name} failed: ${stderr}`);
    return stdout.trim() === '' ? undefined : JSON.parse(stdout);
  }

  /** `helm list`, as data. */
  async helmReleases(): Promise<readonly Loose[]> {
    const { exitCode, stdout, stderr } = await this.#run(this.#options.helm, ['list', '-o', 'json']);
    if (exitCode !== 0 && stderr !== '') throw new DemoError(`helm list failed: ${stderr}`);
    return JSON.parse(stdout === '' ? '[]' : stdout);
  }

  /** `helm history` of a release, oldest first; empty when there is none. */
  async helmHistory(release: string): Promise<readonly Loose[]> {
    const { exitCode, stdout } = await this.#run(this.#options.helm, ['history', release, '-o', 'json']);
    return exitCode === 0 ? JSON.parse(stdout) : [];
  }

  async helm(...args: readonly string[]): Promise<string> {
    this.#options.screen.command(`helm ${shellWords(args)}`);
    const { exitCode, stdout, stderr } = await this.#run(this.#options.helm, args);
    this.#options.screen.output(stdout + stderr);
    if (exitCode !== 0) throw new DemoError(`helm ${args[0]} failed (exit ${exitCode}): ${stderr}`);
    return stdout;
  }

  /** Shows a helmgate command, runs it and returns what it prints. */
  async helmgate(args: readonly string[]): Promise<string> {
    this.#options.screen.command(`helmgate ${shellWords(args)}`);
    const { exitCode, stdout, stderr } = await this.#run(process.execPath, [this.#options.bin, ...args]);
    if (exitCode !== 0)
      throw new DemoError(`helmgate ${args[0]} failed (exit ${exitCode}): ${stdout}${stderr}`);
    return stdout;
  }

  /** Shows a helmgate command and runs it, however it ends. */
  async helmgateTried(args: readonly string[]): ReturnType<typeof runProgram> {
    this.#options.screen.command(`helmgate ${shellWords(args)}`);
    return this.#run(process.execPath, [this.#options.bin, ...args]);
  }

  async git(...args: readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.#run('git', args);
    if (exitCode !== 0) throw new DemoError(`git ${args.join(' ')} failed: ${stderr}`);
    return stdout;
  }

  /** Looks until `probe` answers something, for `seconds` at most; says what was last seen when it never does. */
  async until<T>(
    what: string,
    seconds: number,
    probe: () => Promise<T | undefined>,
    lastSeen?: () => Promise<string>,
  ): Promise<T> {
    const { screen, signal, assertAlive } = this.#options;
    const began = Date.now();
    for (;;) {
      assertAlive();
      const seen = await probe();
      if (seen !== undefined) return seen;
      const elapsedSeconds = (Date.now() - began) / 1000;
      if (elapsedSeconds > seconds) {
        const detail = lastSeen === undefined ? '' : `; last seen: ${await lastSeen()}`;
        throw new DemoError(`waited ${seconds} s in vain until ${what}${detail}`);
      }
      screen.waiting(what, elapsedSeconds, seconds);
      await sleep(POLL_MS, undefined, { signal });
    }
  }

  #run(file: string, args: readonly string[]): ReturnType<typeof runProgram> {
    const { cwd, env, signal } = this.#options;
    return runProgram(file, args, { cwd, env, signal });
  }
}

/** The condition of a type, or undefined. */
export function condition(object: Loose | undefined, type: string): Loose | undefined {
  return object?.status?.conditions?.find((entry: Loose) => entry.type === type);
}

/** One line that says how an object stands. */
export function standing(object: Loose | undefined): string {
  if (object === undefined) return 'no such object';
  const conditions = (object.status?.conditions ?? []).map(
    (c: Loose) => `${c.type}=${c.status} ${c.reason}: ${c.message}`,
  );
  return conditions.length === 0 ? 'no conditions' : conditions.join(' | ');
}

/** Arguments as they would have to be typed in a shell. */
function shellWords(args: readonly string[]): string {
  return args
    .map((arg) => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`))
    .join(' ');
}
