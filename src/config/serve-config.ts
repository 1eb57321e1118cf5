import { join } from 'node:path';
import { parseDuration } from '../core/duration.ts';
import { cacheFolder, stateFolder } from './folders.ts';

/** What `helmgate serve` is told by flags. */
export interface ServeFlags {
  readonly policies?: string;
  readonly policiesRef?: string;
  readonly policiesPath?: string;
  readonly policiesInterval?: string;
  readonly policiesSigners?: string;
  readonly policiesTokenFile?: string;
  readonly policiesCa?: string;
  readonly policiesSshKey?: string;
  readonly policiesKnownHosts?: string;
  readonly policiesAllowRewind?: boolean;
  readonly auditLog?: string;
  readonly keepJudged: boolean;
  readonly exemptionKey?: string;
  readonly stateDir?: string;
  readonly cacheDir?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly helm?: string;
  readonly webhook: boolean;
  readonly loop: boolean;
  readonly register: boolean;
  readonly host?: string;
  readonly port?: string;
  readonly service?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsCa?: string;
  readonly workers?: string;
  readonly drainQuiet?: string;
  readonly exitWithParent: boolean;
}

/** Everything that `helmgate serve` needs to know, checked. */
export interface ServeConfig {
  readonly policies: PolicyPlaceConfig;
  readonly auditLog: string;
  /** Keep what was judged beside the audit log. */
  readonly keepJudged: boolean;
  /** File of the key that signs what webhook and loop tell each other through objects. */
  readonly exemptionKey: string;
  readonly stateDir: string;
  readonly cacheDir: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  /** Path of the helm binary. */
  readonly helm: string;
  readonly webhook: boolean;
  readonly loop: boolean;
  readonly register: boolean;
  readonly host: string;
  readonly port: number;
  /** The Service by which the API server reaches the webhook; without it, by address. */
  readonly service?: ServiceAddress;
  readonly tls?: { readonly certFile: string; readonly keyFile: string; readonly caFile: string };
  readonly workers: number;
  readonly drainQuietMs: number;
  readonly exitWithParent: boolean;
}

/** Where policies come from: a folder on this machine, or a git repository. */
export type PolicyPlaceConfig =
  | { readonly kind: 'folder'; readonly dir: string }
  | {
      readonly kind: 'repository';
      readonly url: string;
      readonly ref?: string;
      readonly path?: string;
      readonly intervalMs?: number;
      readonly signersFile?: string;
      readonly tokenFile?: string;
      readonly caFile?: string;
      readonly sshKeyFile?: string;
      readonly knownHostsFile?: string;
      readonly allowRewind: boolean;
    };

/** A port of a Service of the cluster. */
export interface ServiceAddress {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
}

/** A flag or a combination of flags that can't be right; the message says which and what to type. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Releases worked on at once. A helm child takes up to 100 MB and a tenth of a second of CPU, and waits for the cluster most of
 * its life: on two cores six finish 50 installs a tenth sooner than four (bench/releases.ts). Flux has four.
 */
const DEFAULT_WORKERS = 6;
/** 64 children of 50 MB are 3 GiB; more only queue at the API server. */
const MAX_WORKERS = 64;
/** A caller keeps its connection 90 s, and lets 10 s pass between requests at most under load (docs/operations). */
const DEFAULT_DRAIN_QUIET_MS = 10_000;

/** Checks the flags. Throws a {@link ConfigError}. */
export function readServeConfig(
  flags: ServeFlags,
  env: Readonly<Record<string, string | undefined>>,
): ServeConfig {
  if (flags.policies === undefined)
    throw new ConfigError(
      '--policies is required: the folder of the policy files, or the URL of a git repository',
    );
  if (!flags.webhook && !flags.loop)
    throw new ConfigError('--no-webhook and --no-loop together leave nothing to do');
  const tls = [flags.tlsCert, flags.tlsKey, flags.tlsCa];
  const [certFile, keyFile, caFile] = tls;
  if (tls.some((file) => file !== undefined) && tls.includes(undefined)) {
    throw new ConfigError('--tls-cert, --tls-key and --tls-ca go together; `helmgate certs` makes all three');
  }
  const stateDir = flags.stateDir ?? stateFolder(env);
  return {
    policies: readPolicyPlace(flags.policies, flags),
    auditLog: flags.auditLog ?? join(stateDir, 'audit.jsonl'),
    keepJudged: flags.keepJudged,
    exemptionKey: flags.exemptionKey ?? join(stateDir, 'exemption-key'),
    stateDir,
    cacheDir: flags.cacheDir ?? join(cacheFolder(env), 'charts'),
    ...(flags.kubeconfig === undefined ? {} : { kubeconfig: flags.kubeconfig }),
    ...(flags.context === undefined ? {} : { context: flags.context }),
    helm: flags.helm ?? 'helm',
    webhook: flags.webhook,
    loop: flags.loop,
    register: flags.register,
    host: flags.host ?? '127.0.0.1',
    port: readWhole('--port', flags.port, 0, 0, 65_535),
    ...(flags.service === undefined ? {} : { service: readService(flags.service) }),
    ...(certFile === undefined || keyFile === undefined || caFile === undefined
      ? {}
      : { tls: { certFile, keyFile, caFile } }),
    workers: readWhole('--workers', flags.workers, DEFAULT_WORKERS, 1, MAX_WORKERS),
    drainQuietMs: readDuration('--drain-quiet', flags.drainQuiet, DEFAULT_DRAIN_QUIET_MS),
    exitWithParent: flags.exitWithParent,
  };
}

const REPOSITORY_FLAGS = {
  policiesRef: 'ref',
  policiesPath: 'path',
  policiesSigners: 'signersFile',
  policiesTokenFile: 'tokenFile',
  policiesCa: 'caFile',
  policiesSshKey: 'sshKeyFile',
  policiesKnownHosts: 'knownHostsFile',
} as const;
/** Hosted repositories count requests; a second between two looks is the least that makes sense for one of our own. */
const MIN_POLICIES_INTERVAL_MS = 1_000;

/** Whether the repository's URL can be used is for the reader of repositories to say. */
function readPolicyPlace(place: string, flags: ServeFlags): PolicyPlaceConfig {
  const given = Object.entries(REPOSITORY_FLAGS).flatMap(([flag, name]) => {
    const value = flags[flag as keyof typeof REPOSITORY_FLAGS];
    return value === undefined ? [] : [[name, value] as const];
  });
  const { policiesInterval, policiesAllowRewind = false } = flags;
  if (!/^[a-z][a-z0-9+.-]*:|::/i.test(place)) {
    if (given.length > 0 || policiesInterval !== undefined || policiesAllowRewind) {
      throw new ConfigError(
        'the flags --policies-... are for policies in a git repository: give its URL by --policies',
      );
    }
    return { kind: 'folder', dir: place };
  }
  const intervalMs = readDuration('--policies-interval', policiesInterval, 60_000);
  if (intervalMs < MIN_POLICIES_INTERVAL_MS) throw new ConfigError('--policies-interval takes 1s at least');
  return {
    kind: 'repository',
    url: place,
    intervalMs,
    allowRewind: policiesAllowRewind,
    ...Object.fromEntries(given),
  };
}

function readWhole(flag: string, text: string | undefined, absent: number, min: number, max: number): number {
  if (text === undefined) return absent;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max)) {
    throw new ConfigError(`${flag} takes a whole number from ${min} to ${max}, not '${text}'`);
  }
  return value;
}

/** The port that a Service for webhooks usually has. */
const DEFAULT_SERVICE_PORT = 443;
const SERVICE = /^([a-z0-9]([-a-z0-9]*[a-z0-9])?)\/([a-z0-9]([-a-z0-9]*[a-z0-9])?)(?::(\d{1,5}))?$/;

function readService(text: string): ServiceAddress {
  const [, namespace, , name, , port] = SERVICE.exec(text) ?? [];
  if (namespace === undefined || name === undefined) {
    throw new ConfigError(`--service takes NAMESPACE/NAME or NAMESPACE/NAME:PORT, not '${text}'`);
  }
  return { namespace, name, port: readWhole('--service', port, DEFAULT_SERVICE_PORT, 1, 65_535) };
}

function readDuration(flag: string, text: string | undefined, absent: number): number {
  if (text === undefined) return absent;
  const value = parseDuration(text);
  if (value === undefined || value < 0)
    throw new ConfigError(`${flag} takes a duration such as 10s, not '${text}'`);
  return value;
}
