import type { HelmRelease, HelmReleaseStatus } from '../api/helm-release.ts';
import { commonMetadataDigest, postRenderersDigest } from './spec-digests.ts';

/**
 * Records which post renderers and common metadata the running release was made with. Only for a release that was:
 * Flux records them after failed actions too, and then takes the old rendering for the wanted one.
 */
export function withObservedRendering(status: HelmReleaseStatus, { spec }: HelmRelease): HelmReleaseStatus {
  const { observedPostRenderersDigest: _, observedCommonMetadataDigest: __, ...rest } = status;
  const renderers = postRenderersDigest(spec);
  const metadata = commonMetadataDigest(spec);
  return {
    ...rest,
    ...(renderers === undefined ? {} : { observedPostRenderersDigest: renderers }),
    ...(metadata === undefined ? {} : { observedCommonMetadataDigest: metadata }),
  };
}
