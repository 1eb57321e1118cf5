import { randomBytes } from 'node:crypto';

import type { KubeObject, OwnerReference, Resource } from '../../core/api/kube-object.ts';
import { HELM_REPOSITORY } from '../../core/api/resources.ts';
import { canonicalJson } from '../../core/json/canonical.ts';
import type { Json, JsonObject } from '../../core/json/json.ts';
import type { KubeClient, StartReflector } from '../../io/contract.ts';
import type { Log } from '../telemetry/log.ts';
import { keepLooking, pause } from './keep-looking.ts';
import { probeAnswer, probeObject } from './probe.ts';
import {
  buildRegistrations,
  MUTATING_CONFIGURATION,
  VALIDATING_CONFIGURATION,
  type WebhookReach,
} from './registration.ts';

export interface RegisterOptions {
  readonly kube: KubeClient;
  readonly log: Log;
  readonly reach: WebhookReach;
  /** PEM of the CA behind the serving certificate. */
  readonly caBundlePem: string;
  /** Name of both configuration objects. Default `helmgate`. */
  readonly name?: string;
  /** Makes the configurations go when their owner goes (the chart's ClusterRole). */
  readonly owner?: OwnerReference;
  /** A namespace that exists, for the probe's dry run. Default `default`. */
  readonly probeNamespace?: string;
  /** How long the API server may take until it calls us. Default 30 s. */
  readonly proveWithinMs?: number;
  /** Between two looks at the live configurations. Default 2 s, so that a change is undone within 5 s. */
  readonly intervalMs?: number;
  /** Tells of changes at once, where given; the looks go on. */
  readonly startReflector?: StartReflector;
  /**
   * Whether `close` removes the configurations. Default: yes for a `url`, which dies with this process, and no for a Service, behind
   * which others go on.
   */
  readonly removeOnClose?: boolean;
}

export interface Registered {
  /** Exchanges the CA bundle (old and new CA together while the certificate is exchanged). */
  replaceCaBundle(pem: string, signal: AbortSignal): Promise<void>;
  /** How often a changed or deleted configuration was put back. */
  restored(): number;
  /** Stops watching over the configurations, and removes them where that is wanted. */
  close(): Promise<void>;
}

const FIELD_MANAGER = 'helmgate-webhook';
const WRITE = { fieldManager: FIELD_MANAGER, force: true } as const;
const DEFAULT_NAME = 'helmgate';
const DEFAULT_PROBE_NAMESPACE = 'default';
const DEFAULT_PROVE_MS = 30_000;
const DEFAULT_INTERVAL_MS = 2_000;
/** The API server takes about a second to heed a new configuration. */
const PROBE_PAUSE_MS = 200;
const LOOK_TIMEOUT_MS = 2_500;

/**
 * Registers both webhooks, arms them, and keeps them as they should be. Validating starts with `failurePolicy: Ignore`, and becomes `Fail`
 * only after the API server has refused a dry-run create *with our words*; from then on, also over restarts, it stays Fail. Rejects
 * when that proof does not come in time (what was registered now is removed then), or the API server refuses the
 * configurations. Afterwards both are put back when somebody changed, narrowed or deleted them.
 */
export async function registerWebhook(options: RegisterOptions, signal: AbortSignal): Promise<Registered> {
  const { kube, log, reach } = options;
  const name = options.name ?? DEFAULT_NAME;
  let { caBundlePem } = options;
  let restored = 0;
  const before = await kube.find({ resource: VALIDATING_CONFIGURATION, name }, signal);
  let armed = before !== undefined && isArmed(before);
  /** Answers how many of the two had to be written. */
  const ensure = async (within: AbortSignal): Promise<number> => {
    const built = buildRegistrations({
      name,
      reach,
      caBundlePem,
      validatingFailure: armed ? 'Fail' : 'Ignore',
      ...(options.owner === undefined ? {} : { owner: options.owner }),
    });
    const written = await Promise.all([
      ensureOne(kube, { resource: MUTATING_CONFIGURATION, name }, built.mutating, within),
      ensureOne(kube, { resource: VALIDATING_CONFIGURATION, name }, built.validating, within),
    ]);
    return written.filter(Boolean).length;
  };

  await ensure(signal);
  try {
    await prove(options, signal);
  } catch (error) {
    if (!armed) await removeAll(kube, name, AbortSignal.timeout(LOOK_TIMEOUT_MS)).catch(() => {});
    throw error;
  }
  armed = true;
  await ensure(signal);

  const guard = keepLooking(options.intervalMs ?? DEFAULT_INTERVAL_MS, async (within) => {
    try {
      const count = await ensure(AbortSignal.any([within, AbortSignal.timeout(LOOK_TIMEOUT_MS)]));
      restored += count;
      if (count > 0)
        log.warn({ count }, 'webhook configurations had been changed or deleted and were put back');
    } catch (error) {
      if (!within.aborted) log.warn({ err: error }, 'the webhook configurations could not be looked at');
    }
  });
  const { startReflector } = options;
  const reflectors =
    startReflector === undefined
      ? []
      : [MUTATING_CONFIGURATION, VALIDATING_CONFIGURATION].map((resource) =>
          startReflector(resource, { fieldSelector: `metadata.name=${name}`, onEvent: guard.lookNow }),
        );
  return {
    replaceCaBundle: async (pem, within) => {
      caBundlePem = pem;
      await ensure(within);
    },
    restored: () => restored,
    close: async () => {
      await guard.close();
      await Promise.all(reflectors.map((reflector) => reflector.close()));
      if (options.removeOnClose ?? 'url' in reach) {
        await removeAll(kube, name, AbortSignal.timeout(LOOK_TIMEOUT_MS));
      }
    },
  };
}

/** Whether a live validating configuration fails closed: it is never taken back to open. */
function isArmed(live: KubeObject): boolean {
  const webhooks = (live['webhooks'] as readonly JsonObject[] | undefined) ?? [];
  return webhooks.some((webhook) => webhook['failurePolicy'] === 'Fail');
}

interface ConfigurationRef {
  readonly resource: Resource;
  readonly name: string;
}

/** Makes the live object's webhooks exactly the wanted ones. Answers whether it had to write. */
async function ensureOne(
  kube: KubeClient,
  ref: ConfigurationRef,
  wanted: JsonObject,
  signal: AbortSignal,
): Promise<boolean> {
  const live = await kube.find(ref, signal);
  if (live === undefined) {
    await kube.apply(ref, wanted, WRITE, signal);
    return true;
  }
  if (sameWebhooks(live, wanted)) return false;
  // Not applied but replaced: an apply would leave what other managers added, such as a condition that lets requests pass.
  await kube.replace(
    ref,
    { ...(live as unknown as JsonObject), webhooks: wanted['webhooks'] },
    WRITE,
    signal,
  );
  return true;
}

function sameWebhooks(live: KubeObject, wanted: JsonObject): boolean {
  return (
    canonicalJson((live['webhooks'] as Json | undefined) ?? []) === canonicalJson(wanted['webhooks'] ?? [])
  );
}

/** Tries dry-run creates until one is refused with our words. */
async function prove(options: RegisterOptions, signal: AbortSignal): Promise<void> {
  const withinMs = options.proveWithinMs ?? DEFAULT_PROVE_MS;
  const deadline = performance.now() + withinMs;
  let last = 'the API server stored it';
  do {
    signal.throwIfAborted();
    const nonce = randomBytes(16).toString('hex');
    const object = probeObject(options.probeNamespace ?? DEFAULT_PROBE_NAMESPACE, nonce);
    try {
      await options.kube.create(
        HELM_REPOSITORY,
        object,
        { fieldManager: FIELD_MANAGER, dryRun: true },
        signal,
      );
      last = 'the API server did not ask us';
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
      if (last.includes(probeAnswer(nonce))) return;
    }
    await pause(PROBE_PAUSE_MS, signal);
  } while (performance.now() < deadline);
  throw new Error(
    `the API server does not reach the webhook at ${reachText(options.reach)} within ${withinMs / 1000} s, so that it was not armed: ${last}`,
  );
}

function reachText(reach: WebhookReach): string {
  return 'url' in reach
    ? reach.url
    : `the service ${reach.service.namespace}/${reach.service.name}:${reach.service.port}`;
}

async function removeAll(kube: KubeClient, name: string, signal: AbortSignal): Promise<void> {
  // Validating first: without it a lost mutation harms nobody, the other way round everything would be denied.
  await kube.delete({ resource: VALIDATING_CONFIGURATION, name }, signal);
  await kube.delete({ resource: MUTATING_CONFIGURATION, name }, signal);
}
