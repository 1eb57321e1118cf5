import { isProvenBy, isWhereSpecSays, type Removal } from '../../core/release/removal.ts';
import type { ReleasePass } from './release-pass.ts';

/**
 * Whether a release may be uninstalled on behalf of this HelmRelease. Where the spec points it may; another place, known from status
 * alone, must hold what the history has the digest of, and no other HelmRelease may claim it by its spec. Where that fails the
 * release is left alone, with a line in the log: a history that Flux wrote has other digests, and looks the same.
 */
export async function isOwnRemoval(pass: ReleasePass, removal: Removal): Promise<boolean> {
  if (isWhereSpecSays(pass.release, removal)) return true;
  const { storageNamespace, releaseName } = removal;
  const claimants = pass.options.claimantsOf(storageNamespace, releaseName);
  if (claimants.every((key) => key === pass.key)) {
    const records = await pass.options.records.read(storageNamespace, releaseName, pass.signal);
    if (records.length === 0 || isProvenBy(pass.release, records)) return true;
  }
  pass.options.log.warn(
    { release: pass.key, named: `${storageNamespace}/${releaseName}` },
    'status names a Helm release that this HelmRelease is not known to have made; it is left alone',
  );
  return false;
}
