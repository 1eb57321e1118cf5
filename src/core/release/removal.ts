import type { HelmRelease } from '../api/helm-release.ts';
import type { Attempt } from './attempt.ts';
import { releaseNameOf, releaseNamespaceOf, storageNamespaceOf } from './names.ts';
import type { ActionPlan } from './plan.ts';
import type { ReleaseRecord } from './release-record.ts';
import { isDigestOf } from './snapshot.ts';

/** Where a release to remove lies; it may differ from where the present spec points. */
export interface Removal {
  readonly plan: ActionPlan & { readonly verb: 'Uninstall' };
  readonly releaseName: string;
  readonly releaseNamespace: string;
  readonly storageNamespace: string;
}

/**
 * What to uninstall before the finalizer of a deleted HelmRelease may go; undefined when nothing is to be (suspended,
 * or never released by this controller). Status says where the release was made, whatever the spec says now.
 *
 * An install that was interrupted before its outcome was recorded leaves an empty history: it is uninstalled where the
 * spec put it (Flux leaves it behind). An install only runs where no release was, so this one is nobody else's.
 */
export function removalOnDeletion(release: HelmRelease): Removal | undefined {
  const { spec, status } = release;
  if (spec.suspend === true) return undefined;
  const known = removalOf(release, 'deletion');
  const interrupted =
    status?.lastAttemptedReleaseAction === 'install' && (status.storageNamespace ?? '') !== '';
  if (known !== undefined || !interrupted) return known;
  return {
    plan: { verb: 'Uninstall', purpose: 'deletion' },
    releaseName: releaseNameOf(release),
    releaseNamespace: releaseNamespaceOf(release),
    storageNamespace: status.storageNamespace ?? storageNamespaceOf(release),
  };
}

/**
 * What to uninstall because an edit moved the release: to another storage namespace, namespace, name or (unless
 * `chartNameChangeStrategy: InPlaceUpdate`) chart. Undefined when the target is unchanged.
 */
export function removalOnMove(release: HelmRelease, attempt: Attempt): Removal | undefined {
  const current = release.status?.history?.[0];
  const storage = release.status?.storageNamespace;
  if (current === undefined || storage === undefined || storage === '') return undefined;
  const inPlace = release.spec.upgrade?.chartNameChangeStrategy === 'InPlaceUpdate';
  const moved =
    storage !== attempt.storageNamespace ||
    current.namespace !== attempt.releaseNamespace ||
    current.name !== attempt.releaseName ||
    (!inPlace && current.chartName !== attempt.chart.name);
  return moved ? removalOf(release, 'replacement') : undefined;
}

/** Whether a removal is at the place that the spec names: that place was judged by the policies, as the spec was. */
export function isWhereSpecSays(release: HelmRelease, removal: Removal): boolean {
  return (
    removal.releaseName === releaseNameOf(release) &&
    removal.releaseNamespace === releaseNamespaceOf(release) &&
    removal.storageNamespace === storageNamespaceOf(release)
  );
}

/**
 * Whether the records hold a revision that the release's history has the digest of. Status alone proves nothing: who may write it
 * (Flux's `edit` role may) could name any release of the cluster there, to have it uninstalled.
 */
export function isProvenBy(release: HelmRelease, records: readonly ReleaseRecord[]): boolean {
  const history = release.status?.history ?? [];
  return records.some((record) => history.some((snapshot) => isDigestOf(snapshot, record)));
}

function removalOf(release: HelmRelease, purpose: 'deletion' | 'replacement'): Removal | undefined {
  const current = release.status?.history?.[0];
  const storageNamespace = release.status?.storageNamespace;
  if (current === undefined || storageNamespace === undefined || storageNamespace === '') return undefined;
  return {
    plan: { verb: 'Uninstall', purpose, current },
    releaseName: current.name,
    releaseNamespace: current.namespace,
    storageNamespace,
  };
}
