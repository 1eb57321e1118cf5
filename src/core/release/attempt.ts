/** What one pass over a HelmRelease tries to reach: the release's place, the resolved chart and the final values. */
export interface Attempt {
  readonly releaseName: string;
  readonly releaseNamespace: string;
  readonly storageNamespace: string;
  readonly chart: {
    readonly name: string;
    /** The version as the record and the history carry it, with build metadata. */
    readonly version: string;
    /** Digest of the OCI artifact; absent for charts of an HTTP repository. */
    readonly ociDigest?: string;
  };
  /** Digest of the merged values (`digestValues`). */
  readonly configDigest: string;
}
