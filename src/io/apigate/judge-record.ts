import type { GateSessionOptions, StoredRelease } from '../contract.ts';
import { parseReleaseSecretName } from '../release-record.ts';

/**
 * The text that refuses a new release record, or undefined to let it through. `release` is the record, or why it can't be read: what
 * can't be read can't be admitted. Rejects only when `gone` aborts: then nobody waits for the answer.
 */
export async function judgeRecord(
  options: GateSessionOptions,
  name: string,
  release: StoredRelease | string,
  gone: AbortSignal,
): Promise<string | undefined> {
  const { admitRelease, releaseName } = options;
  if (releaseName !== undefined && parseReleaseSecretName(name)?.release !== releaseName) {
    return `refused by Helmgate: ${name} is not a record of release ${releaseName}`;
  }
  if (admitRelease === undefined) return undefined;
  if (typeof release === 'string')
    return `refused by Helmgate: the release record cannot be read: ${release}`;
  const signal = options.signal === undefined ? gone : AbortSignal.any([gone, options.signal]);
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    signal.throwIfAborted();
    return await Promise.race([admitRelease(release, signal), aborted.promise]);
  } catch (error) {
    gone.throwIfAborted();
    if (signal.aborted) return 'refused by Helmgate: the operation was cancelled';
    const reason = error instanceof Error ? error.message : String(error);
    return `refused by Helmgate: the release could not be judged: ${reason}`;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
