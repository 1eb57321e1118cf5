/**
 * A sandbox with CRDs, a chart repository, a policy folder in git and `helmgate serve` as a process of its own: what the
 * end-to-end tests and the benchmarks play on.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Loose } from '../../src/demo/cluster.ts';
import { type DemoShelf, openShelf } from '../../src/demo/demo-shelf.ts';
import { type ProgramResult, runProgram } from '../../src/demo/run-program.ts';
import { ServeProcess } from '../../src/demo/serve-process.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/start-sandbox.ts';

export const root: string = fileURLToPath(new URL('../..', import.meta.url));
const bin = join(root, 'bin', 'helmgate.js');
const never = new AbortController().signal;

export interface StageOptions {
  /** Policy files by name, relative to the folder; given the chart repository's URL. */
  readonly policies: (url: string) => Readonly<Record<string, string>>;
  readonly serveArgs?: readonly string[];
}

export class Stage implements AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly shelf: DemoShelf;
  readonly folder: string;
  readonly policies: string;
  readonly auditLog: string;
  serve: ServeProcess;
  readonly #serveArgs: readonly string[];

  constructor(sandbox: Sandbox, shelf: DemoShelf, folder: string, serveArgs: readonly string[]) {
    this.sandbox = sandbox;
    this.shelf = shelf;
    this.folder = folder;
    this.policies = join(folder, 'policies');
    this.auditLog = join(folder, 'audit.jsonl');
    this.#serveArgs = serveArgs;
    this.serve = this.startServe();
  }

  get env(): NodeJS.ProcessEnv {
    return { ...process.env, ...this.sandbox.env, XDG_STATE_HOME: join(this.folder, 'state') };
  }

  /** Starts `helmgate serve` (again), with further flags. */
  startServe(...flags: readonly string[]): ServeProcess {
    const args = [
      ...[
        '--policies',
        this.policies,
        '--audit-log',
        this.auditLog,
        '--state-dir',
        join(this.folder, 'state'),
      ],
      ...['--helm', this.sandbox.binaries.helm, '--register', '--drain-quiet', '0s', ...this.#serveArgs],
      ...flags,
    ];
    this.serve = new ServeProcess(args, { bin, cwd: this.folder, env: this.env });
    return this.serve;
  }

  async serveReady(seconds = 60): Promise<void> {
    await this.until('serve is ready', seconds, async () => {
      this.serve.assertAlive();
      return this.serve.ready ? true : undefined;
    });
  }

  run(file: string, ...args: readonly string[]): Promise<ProgramResult> {
    return runProgram(file, args, { cwd: this.folder, env: this.env, signal: never });
  }

  /** Runs kubectl and returns what it prints; throws with its message when it fails. */
  async kubectl(...args: readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run(this.sandbox.binaries.kubectl, ...args);
    if (exitCode !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
    return stdout + stderr;
  }

  /** Runs kubectl with text on its standard input; answers exit code and both outputs. */
  async kubectlWith(input: string, ...args: readonly string[]): Promise<ProgramResult> {
    return await runProgram(this.sandbox.binaries.kubectl, args, {
      cwd: this.folder,
      env: this.env,
      signal: never,
      input,
    });
  }

  /** Applies a manifest given as text or data; throws when it is refused. */
  async apply(manifest: string | object, ...flags: readonly string[]): Promise<string> {
    const text = typeof manifest === 'string' ? manifest : JSON.stringify(manifest);
    const { exitCode, stdout, stderr } = await this.kubectlWith(text, 'apply', ...flags, '-f', '-');
    if (exitCode !== 0) throw new Error(stderr);
    return stdout + stderr;
  }

  async get(kind: string, name: string, namespace = 'default'): Promise<Loose | undefined> {
    const text = await this.kubectl('get', kind, name, '-n', namespace, '--ignore-not-found', '-o', 'json');
    return text.trim() === '' ? undefined : JSON.parse(text);
  }

  async helmHistory(name: string, namespace = 'default'): Promise<readonly Loose[]> {
    const { exitCode, stdout } = await this.run(
      this.sandbox.binaries.helm,
      ...['history', name, '-n', namespace, '-o', 'json'],
    );
    return exitCode === 0 ? JSON.parse(stdout) : [];
  }

  helmgate(...args: readonly string[]): Promise<ProgramResult> {
    return this.run(process.execPath, bin, ...args);
  }

  async auditRows(): Promise<readonly Loose[]> {
    const text = await readFile(this.auditLog, 'utf8');
    // What stands behind the last newline is being written just now.
    const lines = text.split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line));
  }

  async until<T>(what: string, seconds: number, probe: () => Promise<T | undefined>): Promise<T> {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      const seen = await probe();
      if (seen !== undefined) return seen;
      if (Date.now() > deadline)
        throw new Error(`waited ${seconds} s in vain: ${what}\n${this.serve.tail(12)}`);
      await sleep(150);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.serve.stop();
    await this.shelf.repository.close();
    await this.sandbox.stop();
  }
}

/** Brings everything up; `serve` is started and may not be ready yet (see {@link Stage.serveReady}). */
export async function startStage(options: StageOptions): Promise<Stage> {
  const sandbox = await startSandbox({ env: process.env });
  try {
    const folder = join(sandbox.dir, 'stage');
    await mkdir(join(folder, 'policies'), { recursive: true });
    const chart = join(root, 'charts', 'demo', 'flagger');
    const shelf = await openShelf(join(folder, 'charts'), chart, sandbox.binaries.helm);
    for (const [name, text] of Object.entries(options.policies(shelf.url))) {
      const path = join(folder, 'policies', name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    }
    const kubectl = (...args: readonly string[]): Promise<ProgramResult> =>
      runProgram(sandbox.binaries.kubectl, args, {
        cwd: folder,
        env: { ...process.env, ...sandbox.env },
        signal: never,
      });
    await kubectl('apply', '--server-side', '-f', join(root, 'charts', 'helmgate', 'crds'));
    const waited = await kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s');
    if (waited.exitCode !== 0) throw new Error(`the CRDs did not come up: ${waited.stderr}`);
    return new Stage(sandbox, shelf, folder, options.serveArgs ?? []);
  } catch (error) {
    await sandbox.stop();
    throw error;
  }
}

/** A policy file that allows one repository and sets nothing. */
export function openPolicy(url: string): string {
  return `apiVersion: helmgate.dev/v1alpha1
kind: Policy
metadata: {name: open}
spec:
  enforcement: Deny
  rules:
    - id: sources
      allowedSources:
        - {url: "${url}"}
`;
}

export function repositoryManifest(name: string, url: string, spec: object = {}): object {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'HelmRepository',
    metadata: { name, namespace: 'default' },
    spec: { url, interval: '2s', ...spec },
  };
}

export function releaseManifest(name: string, version: string, spec: object = {}): object {
  return {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: { name, namespace: 'default' },
    spec: {
      interval: '10m',
      timeout: '5s',
      chart: { spec: { chart: 'flagger', version, sourceRef: { kind: 'HelmRepository', name: 'flagger' } } },
      ...spec,
    },
  };
}

/** A condition of an object, or undefined. */
export function conditionOf(object: Loose | undefined, type: string): Loose | undefined {
  return object?.status?.conditions?.find((entry: Loose) => entry.type === type);
}
