import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiClient, createApiClient } from './api-client.ts';
import {
  apiServerArguments,
  type ComponentName,
  controllerManagerArguments,
  etcdArguments,
  kwokArguments,
  schedulerArguments,
} from './component-arguments.ts';
import { findFreePort } from './free-port.ts';
import { type GuardedProcess, type ProcessEnd, spawnGuarded } from './guarded-process.ts';
import { locateTools } from './locate-tools.ts';
import type { ToolName } from './pinned-tools.ts';
import {
  nameSandboxFiles,
  type SandboxFiles,
  writeKubeconfigs,
  writeSandboxSecrets,
} from './sandbox-files.ts';
import { createSandboxFolder } from './sandbox-folder.ts';
import type { ToolProgress } from './tool-progress.ts';

export interface SandboxOptions {
  /** Read for KUBEBUILDER_ASSETS, PATH, XDG_CACHE_HOME, HOME, TMPDIR, and Go's own names when a tool is built. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Name of the kubeconfig's context; `sandbox` without it. */
  readonly name?: string;
  /** Stops the start, or the running sandbox, when it aborts. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ToolProgress) => void;
  /** Binaries found before; without them they are located, and built where missing. */
  readonly binaries?: Readonly<Partial<Record<ToolName, string>>>;
  readonly extraApiServerArguments?: readonly string[];
  /** How long the control plane may take to come up, binaries present; 60 s, ten times the usual, without it. */
  readonly readyTimeoutMs?: number;
}

/** A component that ended without being asked to. */
export interface ComponentExit {
  readonly component: ComponentName;
  readonly end: ProcessEnd;
  /** The last lines of its log, oldest first. */
  readonly lastLines: readonly string[];
}

/** A running control plane. Everything of it, its folder included, is gone after {@link Sandbox.stop}, and when this process is. */
export interface Sandbox extends AsyncDisposable {
  /** Temporary folder (0700) of keys, data and logs. */
  readonly dir: string;
  /** Path of a kubeconfig of a cluster administrator, credentials inline. */
  readonly kubeconfig: string;
  /** `https://127.0.0.1:PORT` */
  readonly url: string;
  /** Paths of PEM files. */
  readonly caCertificate: string;
  readonly clientCertificate: string;
  readonly clientKey: string;
  readonly binaries: Readonly<Partial<Record<ToolName, string>>> & {
    readonly helm: string;
    readonly kubectl: string;
  };
  /**
   * Environment in which plain `kubectl` and `helm` are the pinned ones and talk to this sandbox. Their caches are in `dir`: a
   * discovery cache is keyed by host and port, and a later sandbox may get the same port.
   */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pids: Readonly<Record<ComponentName, number>>;
  readonly logs: Readonly<Record<ComponentName, string>>;
  /** Name of the one node. */
  readonly node: string;
  /** Time from having the binaries to a Ready node. */
  readonly readyMs: number;
  /** Tells of the first component that ends unasked; the sandbox stops itself then. Returns how to unsubscribe. */
  onExit(listener: (exit: ComponentExit) => void): () => void;
  /** Resolves when every process has ended and the folder is gone; a second or less, usually. Repeated calls share one stop. */
  stop(): Promise<void>;
}

/** The control plane did not come up; the message names the component, what it said last, and what to do. */
export class SandboxStartError extends Error {
  override readonly name = 'SandboxStartError';
}

const nodeName = 'sandbox-node';
/** Between two looks: short against the 3 s that a start takes, long against the cost of a request. */
const pollMs = 25;
const defaultReadyTimeoutMs = 60_000;
/** Nothing needs saving: SIGTERM is a courtesy that lets watches end in order. */
const stopGraceMs = 500;
/** A port can be taken between picking and binding; three times in a row means something else is wrong. */
const portAttempts = 3;

/**
 * Brings up etcd, kube-apiserver, kube-controller-manager, kube-scheduler and kwok on loopback, with keys of their own.
 *
 * Every component is guarded (see `guarded-process.ts`): it cannot outlive this process.
 *
 * @throws {SandboxStartError} when a component ends or is not ready in time. Nothing is left behind then.
 * @throws {ToolUnavailableError} when a binary is missing and cannot be built.
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  options.signal?.throwIfAborted();
  const binaries = {
    ...options.binaries,
    ...(await locateTools({
      env: options.env,
      ...(options.binaries === undefined ? {} : { known: options.binaries }),
      ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    })),
  };
  return await new SandboxStart(options, binaries).run();
}

type Binaries = Sandbox['binaries'] & Readonly<Record<ComponentName, string>>;

/** One start: holds what has been started so far, so that a failure at any point can undo it. */
class SandboxStart {
  readonly #options: SandboxOptions;
  readonly #binaries: Binaries;
  readonly #began = performance.now();
  readonly #folder;
  readonly #files: SandboxFiles;
  readonly #processes = new Map<ComponentName, GuardedProcess>();
  readonly #listeners = new Set<(exit: ComponentExit) => void>();
  readonly #deadline: number;
  #firstExit: ComponentExit | undefined;
  #stopping: Promise<void> | undefined;
  #api: ApiClient | undefined;

  constructor(options: SandboxOptions, binaries: Binaries) {
    this.#options = options;
    this.#binaries = binaries;
    this.#deadline = this.#began + (options.readyTimeoutMs ?? defaultReadyTimeoutMs);
    this.#folder = createSandboxFolder(options.env['TMPDIR'] || '/tmp');
    this.#files = nameSandboxFiles(this.#folder.dir);
  }

  async run(): Promise<Sandbox> {
    const abort = (): void => void this.stop();
    this.#options.signal?.addEventListener('abort', abort, { once: true });
    try {
      const sandbox = await this.#start();
      this.#options.signal?.throwIfAborted();
      return sandbox;
    } catch (error) {
      this.#options.signal?.removeEventListener('abort', abort);
      await this.stop();
      this.#options.signal?.throwIfAborted();
      throw error;
    }
  }

  async #start(): Promise<Sandbox> {
    this.#spawn('etcd', etcdArguments(this.#files));
    const secrets = await writeSandboxSecrets(this.#files, new Date());
    const url = await this.#startApiServer(async (candidate) => {
      await writeKubeconfigs(this.#files, secrets, candidate, this.#options.name ?? 'sandbox');
      this.#api?.close();
      this.#api = createApiClient({ url: candidate, caPem: secrets.caPem, ...secrets.admin });
    });
    this.#spawn('kube-controller-manager', controllerManagerArguments(this.#files));
    this.#spawn('kwok', kwokArguments(this.#files));
    this.#spawn('kube-scheduler', schedulerArguments(this.#files));
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName, labels: nodeLabels } };
    await this.#until('accept a Node', async (api) => {
      const { status } = await api.call('POST', '/api/v1/nodes', node);
      return status === 201 || status === 409;
    });
    await this.#until('be ready', async (api) => (await api.call('GET', '/readyz')).status === 200);
    await this.#until('have a Ready node', async (api) =>
      isUsableNode((await api.call('GET', `/api/v1/nodes/${nodeName}`)).body),
    );
    this.#api?.close();
    return this.#describe(url);
  }

  /** Starts the API server on a free port, and on another one when that port was taken meanwhile. */
  async #startApiServer(prepare: (url: string) => Promise<void>): Promise<string> {
    for (let attempt = 1; ; attempt += 1) {
      const port = await findFreePort();
      const url = `https://127.0.0.1:${port}`;
      await prepare(url);
      const extra = this.#options.extraApiServerArguments ?? [];
      const server = this.#spawn('kube-apiserver', apiServerArguments(this.#files, port, extra));
      try {
        // Any answer will do: the controllers bear with a server that is not quite ready, and start meanwhile.
        await this.#until('answer', async (api) => (await api.call('GET', '/livez')).status > 0);
        return url;
      } catch (error) {
        const portTaken = server.hasEnded() && /address already in use/.test(server.lastLines().join('\n'));
        if (!portTaken || attempt === portAttempts) throw error;
        this.#firstExit = undefined;
      }
    }
  }

  #spawn(component: ComponentName, args: readonly string[]): GuardedProcess {
    this.#options.signal?.throwIfAborted();
    const { env } = this.#options;
    const started = spawnGuarded({
      name: component,
      command: this.#binaries[component],
      args,
      // Nothing of the user's environment reaches a server: no proxy, no Go setting, no kubeconfig.
      env: { PATH: '/usr/bin:/bin', HOME: this.#files.dir, TMPDIR: env['TMPDIR'] },
      cwd: this.#files.dir,
      logFile: this.#logFile(component),
    });
    this.#processes.set(component, started);
    void started.ended.then((end) => this.#noteExit({ component, end, lastLines: started.lastLines() }));
    return started;
  }

  #noteExit(exit: ComponentExit): void {
    if (this.#stopping !== undefined || this.#firstExit !== undefined) return;
    this.#firstExit = exit;
    if (!this.#running) return;
    for (const listener of this.#listeners) listener(exit);
    void this.stop();
  }

  #running = false;

  /** Looks again and again until `reached`; fails when a component ends or time is up. */
  async #until(goal: string, reached: (api: ApiClient) => Promise<boolean>): Promise<void> {
    let lastError = 'it answers, but is not there yet';
    while (true) {
      this.#options.signal?.throwIfAborted();
      if (this.#firstExit !== undefined) throw new SandboxStartError(describeExit(this.#firstExit));
      if (this.#api !== undefined) {
        try {
          if (await reached(this.#api)) return;
        } catch (error) {
          lastError = error instanceof Error ? error.message : String(error);
        }
      }
      if (performance.now() > this.#deadline) {
        const lines = this.#processes.get('kube-apiserver')?.lastLines().slice(-5) ?? [];
        throw new SandboxStartError(
          `the control plane did not ${goal} in time (${lastError}). The machine may be overloaded; try again. ` +
            `kube-apiserver said last:\n${lines.join('\n')}`,
        );
      }
      await sleep(pollMs);
    }
  }

  #logFile(component: ComponentName): string {
    return join(this.#files.dir, `${component}.log`);
  }

  async stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    await this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#api?.close();
    await Promise.all([...this.#processes.values()].map((each) => each.stop(stopGraceMs)));
    await this.#folder.remove();
  }

  #describe(url: string): Sandbox {
    this.#running = true;
    const files = this.#files;
    const stop = async (): Promise<void> => await this.stop();
    const each = <Value>(value: (component: ComponentName) => Value): Record<ComponentName, Value> => ({
      etcd: value('etcd'),
      'kube-apiserver': value('kube-apiserver'),
      'kube-controller-manager': value('kube-controller-manager'),
      'kube-scheduler': value('kube-scheduler'),
      kwok: value('kwok'),
    });
    return {
      dir: files.dir,
      kubeconfig: files.kubeconfig,
      url,
      caCertificate: files.caCertificate,
      clientCertificate: files.adminCertificate,
      clientKey: files.adminKey,
      binaries: this.#binaries,
      env: { ...this.#options.env, ...clientEnvironment(files, this.#binaries, this.#options.env['PATH']) },
      pids: each((component) => this.#processes.get(component)?.pid ?? -1),
      logs: each((component) => this.#logFile(component)),
      node: nodeName,
      readyMs: performance.now() - this.#began,
      onExit: (listener) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
      },
      stop,
      [Symbol.asyncDispose]: stop,
    };
  }
}

const nodeLabels = {
  'kubernetes.io/hostname': nodeName,
  'kubernetes.io/os': 'linux',
  'kubernetes.io/arch': 'amd64',
} as const;

/** What makes plain `kubectl` and `helm` the pinned ones, talking to the sandbox with caches in its folder. */
export function clientEnvironment(
  files: Pick<SandboxFiles, 'dir' | 'kubeconfig'>,
  binaries: { readonly helm: string; readonly kubectl: string },
  path: string | undefined,
): Readonly<Record<string, string>> {
  const folders = [...new Set([dirname(binaries.kubectl), dirname(binaries.helm)])];
  return {
    KUBECONFIG: files.kubeconfig,
    KUBECACHEDIR: join(files.dir, 'kube-cache'),
    HELM_CACHE_HOME: join(files.dir, 'helm', 'cache'),
    HELM_CONFIG_HOME: join(files.dir, 'helm', 'config'),
    HELM_DATA_HOME: join(files.dir, 'helm', 'data'),
    PATH: [...folders, path ?? '/usr/bin:/bin'].join(':'),
  };
}

/** Ready, and without the taint that new nodes carry until the node-lifecycle controller has seen them ready. */
function isUsableNode(body: string): boolean {
  const node = JSON.parse(body) as {
    readonly spec?: { readonly taints?: readonly unknown[] };
    readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
  };
  const ready =
    node.status?.conditions?.some((each) => each.type === 'Ready' && each.status === 'True') ?? false;
  return ready && (node.spec?.taints ?? []).length === 0;
}

/** One paragraph: who ended, how, and its last words. */
export function describeExit(exit: ComponentExit): string {
  const { code, signal, startError } = exit.end;
  const how =
    startError ?? (signal === undefined ? `ended with code ${code ?? 'unknown'}` : `was ended by ${signal}`);
  const said =
    exit.lastLines.length === 0
      ? 'It said nothing.'
      : `It said last:\n${exit.lastLines.slice(-10).join('\n')}`;
  return `${exit.component} ${how}. ${said}`;
}
