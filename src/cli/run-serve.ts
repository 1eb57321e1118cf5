import { access as checkAccess, constants, mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Logger, pino } from 'pino';
import { ConfigError, type ServeConfig } from '../config/serve-config.ts';
import type { ExemptionKey } from '../core/admission/exemption.ts';
import {
  CONFIG_MAP,
  HELM_CHART,
  HELM_RELEASE,
  HELM_REPOSITORY,
  NAMESPACE,
  OCI_REPOSITORY,
  SECRET,
} from '../core/api/resources.ts';
import { compilePolicySet } from '../core/policy/compile.ts';
import { createApiGate } from '../io/apigate/api-gate.ts';
import { judgedFolder, openObjectStore } from '../io/auditlog/object-store.ts';
import { openAuditFile } from '../io/auditlog/open-audit-file.ts';
import { createChartRepositoryClient } from '../io/chart/client.ts';
import type {
  AuditLog,
  HelmRunner,
  JudgedStore,
  KubeClient,
  PolicySource,
  StartReflector,
} from '../io/contract.ts';
import { createHelmRunner } from '../io/helm/helm-runner.ts';
import { createReleaseStorage } from '../io/helm/release-storage.ts';
import { openKeyFile } from '../io/key-file.ts';
import { createKubeClient } from '../io/kube/kube-client.ts';
import { loadAccess } from '../io/kube/load-access.ts';
import { createReflectors } from '../io/kube/reflector.ts';
import type { KubeAccess } from '../io/kube-access.ts';
import { startPolicySource } from '../io/policyfiles/start-policy-source.ts';
import type { IssuedPair } from '../io/tls/authority.ts';
import { startController } from '../runtime/controller/controller.ts';
import { STATUS_MANAGER } from '../runtime/controller/write-status.ts';
import { createKubeVersion, type KubeVersion } from '../runtime/kube-version.ts';
import { lookupThrough } from '../runtime/object-lookup.ts';
import { shareReflectors } from '../runtime/share-reflectors.ts';
import { createMetrics, type Metrics, type PolicyGauges } from '../runtime/telemetry/metrics.ts';
import { judgeReviews } from '../runtime/webhook/judge-reviews.ts';
import { registerWebhook } from '../runtime/webhook/register-webhook.ts';
import { startWebhook } from '../runtime/webhook/start-webhook.ts';
import { policyReader } from './policy-reader.ts';
import { reachCluster } from './reach-cluster.ts';
import { openServingPair } from './serving-pair.ts';

const USER_AGENT = 'helmgate';
/** Name of both webhook configurations. */
const CONFIGURATION_NAME = 'helmgate';
/** What rules ask about at admission. GitRepository and Bucket, whose CRDs need not be there, are asked for one by one. */
const FACT_RESOURCES = [NAMESPACE, HELM_REPOSITORY, HELM_CHART, OCI_REPOSITORY, HELM_RELEASE];
/** What the loop watches. */
const LOOP_RESOURCES = [NAMESPACE, CONFIG_MAP, SECRET, HELM_REPOSITORY, HELM_RELEASE];
const CRD_FOLDER = fileURLToPath(new URL('../../charts/helmgate/crds', import.meta.url));
const CLOCK = { now: () => Date.now(), random: () => Math.random() };
/** How often the process looks whether the one that started it is still there. */
const PARENT_CHECK_MS = 250;

/** What the parts of a running gate share. */
interface Ground {
  readonly config: ServeConfig;
  readonly access: KubeAccess;
  readonly kube: KubeClient;
  readonly startReflector: StartReflector;
  readonly kubeVersion: KubeVersion;
  readonly policies: PolicySource & { ageMs(): number };
  readonly audit: AuditLog;
  readonly store: JudgedStore | undefined;
  readonly exemptionKey: ExemptionKey;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/**
 * Runs the webhook, the loop, or both until the signal aborts, then stops in order: the webhook drains, running helm
 * children are asked to stop, the audit log is closed last.
 */
export async function runServe(
  config: ServeConfig,
  env: Readonly<Record<string, string | undefined>>,
  outer: AbortSignal,
): Promise<void> {
  const log = pino(
    { base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ fd: 2, sync: true }),
  );
  const signal = config.exitWithParent ? AbortSignal.any([outer, parentGone()]) : outer;
  await using parts = new AsyncDisposableStack();
  await mkdir(config.stateDir, { recursive: true, mode: 0o700 });
  const metrics = createMetrics();
  const audit = await openAuditFile({ path: config.auditLog, now: () => new Date() });
  parts.defer(() => audit.close());
  const store = config.keepJudged
    ? await openObjectStore({
        folder: judgedFolder(config.auditLog),
        now: () => new Date(),
        onError: (message) => log.error({}, message),
      })
    : undefined;
  if (store !== undefined) parts.defer(() => store.close());
  const exemptionKey = await openKeyFile(config.exemptionKey).catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`--exemption-key: ${message}`, { cause: error });
  });
  const policies = await startPolicySource({
    reader: policyReader(config, env['PATH']),
    compile: compilePolicySet,
    stateDir: join(config.stateDir, 'policies'),
    onLoad: ({ outcome, errors, dirty, digest, commit, files }) => {
      if (digest !== undefined && files !== undefined) void store?.keepPolicies(digest, files);
      for (const error of errors) log.error({ error }, 'policies refused');
      if (outcome === 'refused') metrics.policyLoadFailed();
      else log.info({ outcome, digest, commit, dirty }, 'policies in force');
    },
  });
  parts.defer(() => policies.close());
  const helm = config.loop ? await findHelm(config, env, log, signal) : undefined;
  const access = await loadAccess({
    env,
    allowPlugins: true,
    kubeconfig: config.kubeconfig,
    context: config.context,
  });
  const kube = createKubeClient(access, { userAgent: USER_AGENT });
  parts.defer(() => kube.close());
  const reflectors = createReflectors(access, { userAgent: USER_AGENT });
  parts.defer(() => reflectors.close());
  await reachCluster(
    {
      kube,
      server: access.server,
      resources: [
        ...new Set([...(config.loop ? LOOP_RESOURCES : []), ...(config.webhook ? FACT_RESOURCES : [])]),
      ],
      crdFolder: CRD_FOLDER,
      onRetry: (message, retryInMs) => log.warn({ retryInMs }, message),
    },
    signal,
  );
  const kubeVersion = createKubeVersion(kube, CLOCK);
  // Heard of before the first release is judged; whoever needs it asks again when this fails.
  await kubeVersion.get(signal).catch(() => signal.throwIfAborted());
  const ground: Ground = {
    config,
    access,
    kube,
    startReflector: shareReflectors((resource, options) =>
      reflectors.start(resource, {
        onError: ({ message }) =>
          log.warn({ kind: resource.kind, error: message }, 'a watch failed; it goes on'),
        ...options,
      }),
    ),
    kubeVersion,
    policies,
    audit,
    store,
    exemptionKey,
    metrics,
    log,
  };
  if (helm !== undefined) await addLoop(parts, ground, helm, signal);
  if (config.webhook) await addWebhook(parts, ground, signal);
  if (policies.inForce() === undefined) {
    log.error(
      {},
      'no policy set is in force; everything is denied until the policy folder holds a valid one',
    );
    await firstPolicies(policies, signal);
  }
  if (!signal.aborted) log.info({ webhook: config.webhook, loop: config.loop }, 'ready');
  await aborted(signal);
  log.info({}, 'stopping');
}

/** The helm to run, asked for its version: a program that is missing or no helm is told of before anything else starts. */
async function findHelm(
  config: ServeConfig,
  env: Readonly<Record<string, string | undefined>>,
  log: Logger,
  signal: AbortSignal,
): Promise<HelmRunner> {
  const helmPath = await findProgram(config.helm, env['PATH']);
  const helm = createHelmRunner({ helmPath, workDir: join(config.stateDir, 'helm') });
  try {
    log.info({ version: await helm.version(signal) }, 'found helm');
  } catch (error) {
    signal.throwIfAborted();
    const message = error instanceof Error ? error.message : String(error);
    throw new ConfigError(
      message.includes('--helm') ? message : `${message}; name a helm 4 with --helm PATH`,
      { cause: error },
    );
  }
  return helm;
}

async function addLoop(
  parts: AsyncDisposableStack,
  ground: Ground,
  helm: HelmRunner,
  signal: AbortSignal,
): Promise<void> {
  const { config, access, kube, startReflector, kubeVersion, policies, audit, store, metrics, log } = ground;
  const gate = await createApiGate({
    access,
    onError: (error) =>
      log.error({ error: error instanceof Error ? error.message : String(error) }, 'the API gate failed'),
  });
  parts.defer(() => gate.close());
  const controller = startController({
    kube,
    startReflector,
    gate,
    helm,
    policies,
    audit,
    ...(store === undefined ? {} : { store }),
    exemptionKey: ground.exemptionKey,
    onDecision: (decision) => metrics.releaseJudged(decision),
    log,
    charts: createChartRepositoryClient({ cacheDir: config.cacheDir, userAgent: USER_AGENT }),
    storage: createReleaseStorage(kube, { nowMs: CLOCK.now, fieldManager: STATUS_MANAGER }),
    clock: CLOCK,
    kubeVersion,
    workers: config.workers,
  });
  parts.defer(() => controller.close());
  await controller.synced(signal);
}

async function addWebhook(parts: AsyncDisposableStack, ground: Ground, signal: AbortSignal): Promise<void> {
  const { config, access, kube, startReflector, kubeVersion, policies, audit, store, metrics, log } = ground;
  const reflectors = new Map(
    FACT_RESOURCES.map((resource) => {
      const metadataOnly = resource === NAMESPACE;
      return [resource.kind, startReflector(resource, { metadataOnly, onEvent: () => {} })] as const;
    }),
  );
  parts.defer(async () => {
    await Promise.all([...reflectors.values()].map((reflector) => reflector.close()));
  });
  await Promise.all([...reflectors.values()].map((reflector) => reflector.synced(signal)));
  let replacePair: (pair: IssuedPair) => void = () => {};
  const serving = await openServingPair(config, log, (pair) => replacePair(pair));
  parts.defer(() => serving.close());
  metrics.observeCertificateExpiry(() => serving.notAfterMs(), CLOCK.now);
  metrics.observePolicies(() => policyGauges(policies));
  const webhook = await startWebhook({
    host: config.host,
    port: config.port,
    pair: serving.pair,
    judging: judgeReviews({
      policies,
      lookup: lookupThrough({ reflectors, client: kube, kubeVersion: (within) => kubeVersion.get(within) }),
      clock: CLOCK,
      exemptionKey: ground.exemptionKey,
      ...(store === undefined ? {} : { store }),
    }),
    audit,
    metrics,
    log,
    notReady: () => (policies.inForce() === undefined ? ['no policy set is in force'] : []),
    now: () => new Date(),
    limits: { drainQuietMs: config.drainQuietMs },
  });
  replacePair = (pair) => webhook.replacePair(pair);
  parts.defer(() => webhook.drain());
  log.info({ address: webhook.address, port: webhook.port }, 'the webhook listens');
  if (!config.register) return;
  const registration = await registerWebhook(
    {
      kube,
      log,
      name: CONFIGURATION_NAME,
      startReflector,
      caBundlePem: serving.caPem,
      probeNamespace: access.namespace,
      reach:
        config.service === undefined
          ? { url: `https://${config.host}:${webhook.port}` }
          : { service: config.service },
    },
    signal,
  );
  parts.defer(() => registration.close());
}

function policyGauges(policies: Ground['policies']): PolicyGauges | undefined {
  const set = policies.inForce()?.current;
  if (set === undefined) return undefined;
  const { digest, commit = '', ruleCount, exceptions = [] } = set;
  return {
    digest,
    commit,
    rules: ruleCount,
    exceptions: exceptions.map(({ name }) => name),
    ageSeconds: policies.ageMs() / 1000,
  };
}

/** A path as it is, a bare name looked up in PATH as a shell would. */
async function findProgram(name: string, path: string | undefined): Promise<string> {
  if (name.includes('/')) return name;
  for (const folder of (path ?? '').split(delimiter)) {
    if (!folder.startsWith('/')) continue;
    const candidate = join(folder, name);
    const usable = await checkAccess(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (usable) return candidate;
  }
  throw new ConfigError(`no '${name}' in PATH; install helm 4 or say where it is with --helm PATH`);
}

/** Resolves when a first set is in force, or when the gate stops. */
function firstPolicies(policies: PolicySource, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stop();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const stop = policies.onChange(done);
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted || policies.inForce() !== undefined) done();
  });
}

/** Aborts when the process that started this one has ended. */
function parentGone(): AbortSignal {
  const controller = new AbortController();
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    controller.abort(new Error('the parent process is gone'));
  }, PARENT_CHECK_MS);
  timer.unref();
  return controller.signal;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
