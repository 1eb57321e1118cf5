import { afterAction } from '../../core/release/after-action.ts';
import type { Attempt } from '../../core/release/attempt.ts';
import { beginAction } from '../../core/release/begin-action.ts';
import { type Removal, removalOnDeletion } from '../../core/release/removal.ts';
import { isOwnRemoval } from './own-removal.ts';
import { performAction } from './perform-action.ts';
import { resultOf } from './reconcile-release.ts';
import type { ReleasePass } from './release-pass.ts';
import type { PassResult } from './work-queue.ts';
import { STATUS_MANAGER } from './write-status.ts';

/** The finalizer that Flux uses too, so that either can finish what the other began. */
export const FINALIZER = 'finalizers.fluxcd.io';

/** Uninstalls what a deleted HelmRelease released, then lets the object go. A failed uninstall keeps it. */
export async function deleteRelease(pass: ReleasePass): Promise<PassResult> {
  const finalizers = pass.release.metadata.finalizers ?? [];
  if (!finalizers.includes(FINALIZER)) return { next: 'wait' };
  const removal = removalOnDeletion(pass.release);
  if (removal !== undefined && (await isOwnRemoval(pass, removal))) {
    const result = await uninstall(pass, removal);
    if (result !== undefined) return result;
  }
  await writeFinalizers(
    pass,
    finalizers.filter((name) => name !== FINALIZER),
  );
  pass.options.log.info({ release: pass.key }, 'released its finalizer');
  return { next: 'wait' };
}

/** Adds the finalizer before anything is released. */
export async function addFinalizer(pass: ReleasePass): Promise<void> {
  await writeFinalizers(pass, [...(pass.release.metadata.finalizers ?? []), FINALIZER]);
}

/** Undefined when the release is gone, else what to do about its still being there. */
async function uninstall(pass: ReleasePass, removal: Removal): Promise<PassResult | undefined> {
  const { plan, releaseName, releaseNamespace, storageNamespace } = removal;
  const records = await pass.options.records.read(storageNamespace, releaseName, pass.signal);
  if (records.length === 0) return undefined;
  const attempt: Attempt = {
    releaseName,
    releaseNamespace,
    storageNamespace,
    chart: { name: plan.current?.chartName ?? '', version: plan.current?.chartVersion ?? '' },
    configDigest: plan.current?.configDigest ?? '',
  };
  await pass.save(beginAction(pass.release, plan, pass.now()));
  pass.options.log.info({ release: pass.key, action: 'Uninstall' }, 'acting');
  const outcome = await performAction(pass, plan, { attempt });
  const { status, next } = afterAction(pass.release, plan, attempt, outcome, pass.now());
  await pass.save(status);
  return next.kind === 'finalize' ? undefined : resultOf(next, pass.options.clock.random());
}

/** The resourceVersion in the patch makes the API server refuse it when someone else wrote meanwhile. */
async function writeFinalizers(pass: ReleasePass, finalizers: readonly string[]): Promise<void> {
  const { resourceVersion } = pass.release.metadata;
  await pass.options.kube.mergePatch(
    pass.ref,
    { metadata: { finalizers, ...(resourceVersion === undefined ? {} : { resourceVersion }) } },
    { fieldManager: STATUS_MANAGER },
    pass.signal,
  );
}
