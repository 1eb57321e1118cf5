import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { ReleaseAction, Snapshot } from '../api/helm-release.ts';
import { stringifyJson } from '../json/stringify.ts';
import type { ReleaseRecord } from './release-record.ts';

export interface SnapshotOptions {
  readonly action?: ReleaseAction;
  /** Digest of the values that the record's config came from. */
  readonly configDigest: string;
  /** RFC 3339; stands in for times that the record lacks. */
  readonly now: string;
}

/**
 * The entry of `status.history` for a record. It carries no `apiVersion`: Flux then takes it over by name, version,
 * chart and config digest, without checking the digest, whose input is Helmgate's own.
 */
export function snapshotOf(record: ReleaseRecord, options: SnapshotOptions): Snapshot {
  return {
    digest: digestRecord(record),
    name: record.name,
    namespace: record.namespace,
    version: record.version,
    status: record.status,
    ...(options.action === undefined ? {} : { action: options.action }),
    chartName: record.chartName,
    chartVersion: record.chartVersion,
    ...(record.appVersion === '' ? {} : { appVersion: record.appVersion }),
    configDigest: options.configDigest,
    firstDeployed: wholeSeconds(record.firstDeployed) ?? options.now,
    lastDeployed: wholeSeconds(record.lastDeployed) ?? options.now,
    ...deletedAt(record),
  };
}

/** Whether the snapshot was taken of this very revision of this very release. */
export function isSnapshotOf(snapshot: Snapshot, record: ReleaseRecord): boolean {
  return (
    snapshot.name === record.name &&
    snapshot.namespace === record.namespace &&
    snapshot.version === record.version
  );
}

/** `<namespace>/<name>.v<revision>`, as Flux's messages name a release. */
export function fullReleaseName(snapshot: Pick<Snapshot, 'namespace' | 'name' | 'version'>): string {
  return `${snapshot.namespace}/${snapshot.name}.v${snapshot.version}`;
}

/** `<chart>@<version>`. */
export function versionedChartName(snapshot: Pick<Snapshot, 'chartName' | 'chartVersion'>): string {
  return `${snapshot.chartName}@${snapshot.chartVersion}`;
}

/**
 * Whether the snapshot's digest is this record's, whatever helm has done to the record's status since. Only who could read the record
 * (or the snapshot) can have written it: values and the fractions of seconds are nowhere else.
 */
export function isDigestOf(snapshot: Snapshot, record: ReleaseRecord): boolean {
  return (
    isSnapshotOf(snapshot, record) && snapshot.digest === digestRecord({ ...record, status: snapshot.status })
  );
}

function digestRecord(record: ReleaseRecord): string {
  const { name, namespace, version, status, chartName, chartVersion, appVersion, config, manifest } = record;
  const { firstDeployed, lastDeployed } = record;
  const times = [firstDeployed, lastDeployed];
  const parts = [
    name,
    namespace,
    version,
    status,
    chartName,
    chartVersion,
    appVersion,
    config,
    manifest,
    times,
  ];
  return `sha256:${bytesToHex(sha256(utf8ToBytes(stringifyJson(parts))))}`;
}

/** helm's zero time is year 1; Kubernetes times have no fraction. */
function wholeSeconds(time: string): string | undefined {
  return time === '' || time.startsWith('0001-') ? undefined : time.replace(/\.\d+/, '');
}

function deletedAt(record: ReleaseRecord): { readonly deleted?: string } {
  const deleted = wholeSeconds(record.deleted);
  return deleted === undefined ? {} : { deleted };
}
