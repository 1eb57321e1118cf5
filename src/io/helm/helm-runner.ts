import { tmpdir } from 'node:os';
import { stringifyJson } from '../../core/json/stringify.ts';
import type { HelmRunner } from '../contract.ts';
import { createChildFolder, sweepChildFolders } from './child-folder.ts';
import { runChild } from './child-process.ts';
import { argumentsOf, readsValues } from './helm-arguments.ts';
import { createRedaction } from './redaction.ts';

export interface HelmRunnerOptions {
  /** The helm binary, found by the caller; helm is never looked up in a PATH here. */
  readonly helmPath: string;
  /** Private folder in which each child gets a folder of its own; no other program may write there. */
  readonly workDir: string;
  /** Between SIGTERM and SIGKILL: helm records the failed release in it. */
  readonly graceMs?: number;
}

/** helm could not be run at all; the message says what to do. */
export class HelmMissingError extends Error {
  override readonly name = 'HelmMissingError';
}

const GRACE_MS = 10_000;
/** helm's own timeout counts per wait; rendering, discovery and storage writes come on top. */
const TIMEOUT_MARGIN_MS = 30_000;
const VERSION_TIMEOUT_MS = 10_000;
const VERSION = /v\d+\.\d+\.\d+[-+.0-9A-Za-z]*/;

/** Runs helm 4 children. Folders that dead processes left in `workDir` are removed before the first one. */
export function createHelmRunner(options: HelmRunnerOptions): HelmRunner {
  const graceMs = options.graceMs ?? GRACE_MS;
  let swept: Promise<void> | undefined;

  return {
    async run(action, access, signal) {
      signal.throwIfAborted();
      const args = argumentsOf(action);
      swept ??= sweepChildFolders(options.workDir);
      await swept;
      const folder = await createChildFolder(options.workDir, access.server);
      try {
        const child = await runChild(
          {
            command: options.helmPath,
            args,
            cwd: folder.path,
            env: folder.env,
            input: readsValues(action) ? stringifyJson(action.values) : '',
            timeoutMs: action.timeoutMs + TIMEOUT_MARGIN_MS,
            graceMs,
          },
          signal,
        ).catch((error: unknown) => {
          throw missing(options.helmPath, error);
        });
        const redact = createRedaction([...(access.secrets ?? []), access.server, tokenOf(access.server)]);
        return {
          ...child,
          stdout: redact(child.stdout),
          stderr: redact(child.stderr),
          commandLine: ['helm', ...args].join(' '),
        };
      } finally {
        await folder.remove();
      }
    },
    async version(signal) {
      const child = await runChild(
        {
          command: options.helmPath,
          args: ['version', '--template={{.Version}}'],
          cwd: tmpdir(),
          env: { PATH: '/usr/bin:/bin', HOME: '/nonexistent', HELM_PLUGINS: '/nonexistent' },
          input: '',
          timeoutMs: VERSION_TIMEOUT_MS,
          graceMs: 0,
        },
        signal,
      ).catch((error: unknown) => {
        throw missing(options.helmPath, error);
      });
      const version = VERSION.exec(child.stdout)?.[0];
      if (child.exitCode !== 0 || version === undefined) {
        const detail =
          child.stderr.trim() === '' ? `exit code ${String(child.exitCode)}` : child.stderr.trim();
        throw new HelmMissingError(`${options.helmPath} does not say its version: ${detail}`);
      }
      return version;
    },
  };
}

/** The unguessable part of the gate's address. */
function tokenOf(server: string): string {
  return new URL(server).pathname.replaceAll('/', '');
}

function missing(helmPath: string, error: unknown): HelmMissingError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const why =
    code === 'ENOENT' ? 'is not there' : code === 'EACCES' ? 'is not executable' : `failed: ${String(error)}`;
  return new HelmMissingError(
    `helm cannot be run: ${helmPath} ${why}; install helm 4 or name it with --helm`,
    {
      cause: error,
    },
  );
}
