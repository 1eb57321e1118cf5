import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A private folder for one helm child: its home, its caches, its kubeconfig. */
export interface ChildFolder {
  readonly path: string;
  /** The whole environment of the child. */
  readonly env: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

const PREFIX = 'child-';

/**
 * Makes a folder (mode 0700) under `workDir` with a kubeconfig that knows the server's address and no credentials. It
 * holds no secret: values go through a pipe, and the path token in the address dies with the gate's session.
 */
export async function createChildFolder(workDir: string, server: string): Promise<ChildFolder> {
  await mkdir(workDir, { recursive: true, mode: 0o700 });
  const path = await mkdtemp(join(workDir, `${PREFIX}${process.pid}-`));
  const kubeconfig = join(path, 'kubeconfig');
  try {
    await writeFile(kubeconfig, kubeconfigText(server), { mode: 0o600, flag: 'wx' });
    await mkdir(join(path, 'plugins'), { mode: 0o700 });
  } catch (error) {
    await rm(path, { recursive: true, force: true });
    throw error;
  }
  return {
    path,
    env: {
      // helm runs no program: there are no plugins, and post-renderers would be plugins.
      PATH: '/usr/bin:/bin',
      ...COLLECTOR,
      HOME: path,
      TMPDIR: path,
      KUBECONFIG: kubeconfig,
      KUBECACHEDIR: join(path, 'kube-cache'),
      HELM_DRIVER: 'secret',
      HELM_CACHE_HOME: join(path, 'cache'),
      HELM_CONFIG_HOME: join(path, 'config'),
      HELM_DATA_HOME: join(path, 'data'),
      HELM_PLUGINS: join(path, 'plugins'),
      XDG_CACHE_HOME: join(path, 'cache'),
      XDG_CONFIG_HOME: join(path, 'config'),
      XDG_DATA_HOME: join(path, 'data'),
    },
    remove: () => rm(path, { recursive: true, force: true }),
  };
}

/** Removes what children of processes that are gone have left; called once at start. */
export async function sweepChildFolders(workDir: string): Promise<void> {
  const names = await readdir(workDir).catch(() => []);
  for (const name of names) {
    const pid = /^child-(\d{1,10})-/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) {
      await rm(join(workDir, name), { recursive: true, force: true });
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * helm ends after a fraction of a second and takes some 50 MB: collecting garbage on the way costs a fifth of its CPU
 * for nothing. From 256 MiB on it collects as usual.
 */
const COLLECTOR = { GOGC: 'off', GOMEMLIMIT: '256MiB' } as const;

/** JSON is YAML. */
function kubeconfigText(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'gate', cluster: { server } }],
    users: [{ name: 'gate', user: {} }],
    contexts: [{ name: 'gate', context: { cluster: 'gate', user: 'gate' } }],
    'current-context': 'gate',
  });
}
