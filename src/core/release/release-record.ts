import type { JsonObject } from '../json/json.ts';

/** A release record as helm stores it in a Secret of type `helm.sh/release.v1`, one for each revision. */
export interface ReleaseRecord {
  readonly name: string;
  /** Namespace of the release's objects; the record itself lies in the storage namespace. */
  readonly namespace: string;
  /** Revision, from 1. */
  readonly version: number;
  /** helm's status word: `deployed`, `failed`, `pending-install`, `uninstalling`, ... */
  readonly status: string;
  readonly description: string;
  readonly chartName: string;
  readonly chartVersion: string;
  readonly appVersion: string;
  /** The values that were given to helm, without the chart's own. */
  readonly config: JsonObject;
  readonly manifest: string;
  /** RFC 3339 times; an empty text stands for none. */
  readonly firstDeployed: string;
  readonly lastDeployed: string;
  readonly deleted: string;
  /** `ssa` or `csa`; absent in records of helm 3. */
  readonly applyMethod?: string;
  /** The parsed record, for digests and for writing it back. */
  readonly raw: JsonObject;
  /** resourceVersion of its Secret; absent when the record was seen on the way to the API server. */
  readonly resourceVersion?: string;
}
