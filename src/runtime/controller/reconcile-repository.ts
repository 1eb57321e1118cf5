import type { Condition } from '../../core/api/helm-release.ts';
import type { HelmRepository } from '../../core/api/helm-repository.ts';
import { HELM_REPOSITORY } from '../../core/api/resources.ts';
import { parseDuration } from '../../core/duration.ts';
import type { JsonObject } from '../../core/json/json.ts';
import { type ConditionText, removeCondition, setCondition } from '../../core/release/conditions.ts';
import type { ChartErrorShape, ChartRepositoryClient, KubeClient } from '../../io/contract.ts';
import { type Clock, jittered, kubeTime } from '../clock.ts';
import type { Log } from '../telemetry/log.ts';
import type { IndexStore } from './index-store.ts';
import type { ReleaseJudge } from './release-judge.ts';
import { CredentialsError, readRepositoryAccess } from './repository-access.ts';
import type { PassResult } from './work-queue.ts';
import { writeStatus } from './write-status.ts';

/** Flux's default for `spec.interval` of a HelmRepository (flux.md 1.6). */
const DEFAULT_INTERVAL_MS = 60_000;

export interface RepositoryPassOptions {
  readonly kube: KubeClient;
  readonly charts: ChartRepositoryClient;
  readonly indexes: IndexStore;
  readonly judge: ReleaseJudge;
  readonly clock: Clock;
  readonly log: Log;
  /** Told when an index has other content than before. */
  readonly onNewIndex: (key: string) => void;
}

/** Fetches the index of one HelmRepository and says in its status how that went. */
export async function reconcileRepository(
  repository: HelmRepository,
  options: RepositoryPassOptions,
  signal: AbortSignal,
): Promise<PassResult> {
  const { indexes, judge, clock } = options;
  const { namespace = '', name } = repository.metadata;
  const key = `${namespace}/${name}`;
  if (repository.metadata.deletionTimestamp !== undefined) {
    indexes.drop(key);
    return { next: 'wait' };
  }
  if (repository.spec.suspend === true) return { next: 'wait' };
  // A repository of type oci is a static object without status (flux.md 1.6).
  if (repository.spec.type === 'oci') return { next: 'wait' };

  const denial = judge.judgeRepository(repository);
  if (denial !== undefined) {
    // An index that was read before stays: it tells which running releases still are what they should be.
    await report(
      repository,
      options,
      [stalled('PolicyDenied', denial), notReady('PolicyDenied', denial)],
      signal,
    );
    return { next: 'wait' };
  }
  try {
    const access = await readRepositoryAccess(repository, options.kube, signal);
    const index = await options.charts.fetchIndex(access, signal);
    const isNew = indexes.keep(key, { index, url: repository.spec.url });
    await report(repository, options, [ready(index.digest)], signal);
    if (isNew) options.onNewIndex(key);
  } catch (error) {
    signal.throwIfAborted();
    return await reportFailure(repository, options, error, signal);
  }
  const intervalMs = parseDuration(repository.spec.interval ?? '') ?? DEFAULT_INTERVAL_MS;
  return { next: 'after', delayMs: jittered(intervalMs, clock.random()) };
}

async function reportFailure(
  repository: HelmRepository,
  options: RepositoryPassOptions,
  error: unknown,
  signal: AbortSignal,
): Promise<PassResult> {
  if (error instanceof CredentialsError) {
    await report(repository, options, failed('AuthenticationFailed', error.message), signal);
    return { next: 'backoff' };
  }
  if (!isChartError(error)) throw error;
  const { reason, message, retriable } = error;
  options.log.warn(
    {
      repository: keyOf(repository),
      reason,
      error: message,
    },
    'a repository could not be read',
  );
  const conditions = failed(reason, message);
  await report(
    repository,
    options,
    retriable ? conditions : [stalled(reason, message), ...conditions],
    signal,
  );
  return retriable ? { next: 'backoff' } : { next: 'wait' };
}

/** Conditions of one outcome; what is not named any more is removed. */
async function report(
  repository: HelmRepository,
  { kube, clock }: RepositoryPassOptions,
  texts: readonly ConditionText[],
  signal: AbortSignal,
): Promise<void> {
  const { namespace = '', name, generation = 0 } = repository.metadata;
  const now = kubeTime(clock.now());
  const kept = texts.map((text) => text.type);
  let conditions: readonly Condition[] = removeCondition(
    repository.status?.conditions,
    ...['Ready', 'Stalled', 'Reconciling', 'FetchFailed'].filter((type) => !kept.includes(type)),
  );
  for (const text of texts) {
    conditions = setCondition(conditions, { ...text, observedGeneration: generation }, now);
  }
  const before = (repository.status ?? {}) as JsonObject;
  const after = { ...before, conditions, observedGeneration: generation } as unknown as JsonObject;
  await writeStatus(kube, { resource: HELM_REPOSITORY, namespace, name }, before, after, signal);
}

function ready(digest: string): ConditionText {
  return {
    type: 'Ready',
    status: 'True',
    reason: 'Succeeded',
    message: `read index with revision '${digest}'`,
  };
}

function notReady(reason: string, message: string): ConditionText {
  return { type: 'Ready', status: 'False', reason, message };
}

function stalled(reason: string, message: string): ConditionText {
  return { type: 'Stalled', status: 'True', reason, message };
}

function failed(reason: string, message: string): readonly ConditionText[] {
  return [{ type: 'FetchFailed', status: 'True', reason, message }, notReady(reason, message)];
}

function keyOf({ metadata }: HelmRepository): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function isChartError(error: unknown): error is ChartErrorShape & Error {
  return error instanceof Error && 'reason' in error && 'retriable' in error;
}
