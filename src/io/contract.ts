/**
 * What the loops see of the outside world. Implementations live in the folders beside this file; `main.ts` and
 * `cli` wire them. Every method that waits takes an AbortSignal and rejects with its reason when it aborts.
 */
import type { KubeObject, ObjectRef, Resource } from '../core/api/kube-object.ts';
import type { JudgedInput, StoredInput } from '../core/audit/judged-input.ts';
import type { AuditRecord } from '../core/audit/record.ts';
import type { Json, JsonObject } from '../core/json/json.ts';
import type { PolicySet } from '../core/policy/policy-set.ts';
import type { HelmAction } from '../core/release/helm-action.ts';
import type { ReleaseRecord } from '../core/release/release-record.ts';

export type {
  HelmAction,
  HelmInstall,
  HelmRollback,
  HelmUninstall,
  HelmUpgrade,
} from '../core/release/helm-action.ts';

// ---------------------------------------------------------------- Kubernetes

/** Why a request to the API server failed; `status` is the HTTP code, 0 when no answer came. */
export interface KubeErrorShape {
  readonly status: number;
  /** metav1.Status reason (`NotFound`, `Conflict`, `Invalid`, ...) or `Unreachable`. */
  readonly reason: string;
  readonly message: string;
  /** `Retry-After` in milliseconds, when the server said so. */
  readonly retryAfterMs?: number;
}

export interface ListOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Ask for PartialObjectMetadata instead of whole objects. */
  readonly metadataOnly?: boolean;
}

export interface WriteOptions {
  readonly fieldManager: string;
  readonly force?: boolean;
  readonly subresource?: 'status';
  readonly dryRun?: boolean;
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
}

/** Requests to one API server under one identity, over pooled connections. Failures reject with a `KubeError`. */
export interface KubeClient {
  /** The object, or undefined when the server answers 404. */
  find(ref: ObjectRef, signal: AbortSignal): Promise<KubeObject | undefined>;
  /** All objects, read in pages. */
  list(resource: Resource, options: ListOptions, signal: AbortSignal): Promise<readonly KubeObject[]>;
  create(
    resource: Resource,
    object: JsonObject,
    options: WriteOptions,
    signal: AbortSignal,
  ): Promise<KubeObject>;
  /** PUT; the object's resourceVersion is the precondition. */
  replace(
    ref: ObjectRef,
    object: JsonObject,
    options: WriteOptions,
    signal: AbortSignal,
  ): Promise<KubeObject>;
  /** Server-side apply. */
  apply(ref: ObjectRef, object: JsonObject, options: WriteOptions, signal: AbortSignal): Promise<KubeObject>;
  /** RFC 7386 merge patch; a `metadata.resourceVersion` in the patch is the precondition. */
  mergePatch(
    ref: ObjectRef,
    patch: JsonObject,
    options: WriteOptions,
    signal: AbortSignal,
  ): Promise<KubeObject>;
  /** Resolves also when the object is already gone. */
  delete(ref: ObjectRef, signal: AbortSignal): Promise<void>;
  /** A request outside the typed ones, for discovery and raw paths; the body is parsed JSON. */
  request(method: string, path: string, body: Json | undefined, signal: AbortSignal): Promise<Json>;
  /** Server-side-apply-able resource for a kind, from discovery (cached). */
  resourceFor(apiVersion: string, kind: string, signal: AbortSignal): Promise<Resource | undefined>;
  close(): Promise<void>;
}

export type ReflectorEvent =
  | { readonly type: 'added' | 'updated'; readonly object: KubeObject }
  | { readonly type: 'deleted'; readonly object: KubeObject };

/** A local copy of one resource, kept by list and watch. */
export interface Reflector {
  /** Resolves when the first list is in the store. */
  synced(signal: AbortSignal): Promise<void>;
  find(namespace: string, name: string): KubeObject | undefined;
  list(): readonly KubeObject[];
  /** Milliseconds since the last sign of life of the watch (event, bookmark or list). */
  stalenessMs(): number;
  close(): Promise<void>;
}

export interface ReflectorOptions extends ListOptions {
  readonly onEvent: (event: ReflectorEvent) => void;
  readonly onError?: (error: KubeErrorShape) => void;
}

export type StartReflector = (resource: Resource, options: ReflectorOptions) => Reflector;

// ---------------------------------------------------------------- helm

/** How a helm child ended. Output is cut to the runner's limit and freed of control characters. */
export interface HelmResult {
  readonly exitCode: number | null;
  readonly killedBy?: 'timeout' | 'abort' | 'output';
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
  /** argv without values and without the gate's path token, for the audit log. */
  readonly commandLine: string;
}

/** Where a helm child finds the API server, and what its output must not show. */
export interface HelmAccess {
  readonly server: string;
  /** Values from Secrets: masked in the output, also in their base64, URL and JSON forms. */
  readonly secrets?: readonly string[];
}

export interface HelmRunner {
  /**
   * Runs one helm child against the given API server address; the child's environment is built from nothing. An abort
   * ends the child's process group and resolves with `killedBy: 'abort'` once it has gone; it rejects only when the
   * signal was aborted before the start, when helm is missing or when the action names something impossible.
   */
  run(action: HelmAction, access: HelmAccess, signal: AbortSignal): Promise<HelmResult>;
  /** `v4.3.1`; rejects with a clear error when there is no helm. */
  version(signal: AbortSignal): Promise<string>;
}

/** A release record as helm stores it (flux.md 3.2). */
export type StoredRelease = ReleaseRecord;

/** helm's release Secrets in one namespace. */
export interface ReleaseStorage {
  /** All revisions of a release, highest first. */
  history(storageNamespace: string, name: string, signal: AbortSignal): Promise<readonly StoredRelease[]>;
  /** Rewrites a stuck record (`pending-*`, `uninstalling`) as failed, guarded by its resourceVersion. */
  markFailed(
    storageNamespace: string,
    release: StoredRelease,
    description: string,
    signal: AbortSignal,
  ): Promise<void>;
}

// ---------------------------------------------------------------- the API gate

/** A write of a release record that went through the gate. */
export interface StorageWrite {
  readonly verb: 'create' | 'update' | 'delete';
  /** Absent on deletes and when the record could not be read. */
  readonly release?: StoredRelease;
  readonly name: string;
  /** HTTP status that the API server (or the gate, when it refused) answered. */
  readonly status: number;
}

/** One write that a helm child made through the gate, for the audit log. */
export interface GateWrite {
  readonly method: string;
  readonly path: string;
  readonly status: number;
}

export interface GateSessionOptions {
  /** When given, records of other releases cannot be written through this session. */
  readonly releaseName?: string;
  readonly releaseNamespace: string;
  readonly storageNamespace: string;
  readonly fieldManager: string;
  /**
   * The user that the API server sees in every request of this session, records included; without it the requests are
   * Helmgate's own. An empty text is refused when the session is opened.
   */
  readonly impersonateUser?: string;
  /** Called after the API server answered a storage write. */
  readonly onStorageWrite: (write: StorageWrite) => void;
  readonly onWrite?: (write: GateWrite) => void;
  /**
   * Judges a pending release before its record is stored (install, upgrade and rollback); a text refuses it and is what helm
   * prints. A rejection refuses it too.
   */
  readonly admitRelease?: (release: StoredRelease, signal: AbortSignal) => Promise<string | undefined>;
  /**
   * The signal that also ends the child. A release that waits for its judgement is refused as soon as it aborts; all other
   * requests go on, so that helm can still record that it was cancelled.
   */
  readonly signal?: AbortSignal;
}

/** A way through the gate for one helm child. */
export interface GateSession {
  /** `http://127.0.0.1:PORT/<token>`: dead after close. */
  readonly server: string;
  close(): Promise<void>;
}

export interface ApiGate {
  open(options: GateSessionOptions): GateSession;
  close(): Promise<void>;
}

// ---------------------------------------------------------------- charts

/** How to reach a chart repository: URL and what its Secrets say. */
export interface RepositoryAccess {
  readonly url: string;
  readonly timeoutMs: number;
  readonly username?: string;
  readonly password?: string;
  readonly caPem?: string;
  readonly certPem?: string;
  readonly keyPem?: string;
  readonly passCredentials: boolean;
}

/** One version of one chart in an index. */
export interface IndexEntry {
  readonly name: string;
  readonly version: string;
  readonly appVersion?: string;
  readonly created?: string;
  readonly deprecated?: boolean;
  /** Hex sha256 of the .tgz as the index states it, when it does. */
  readonly digest?: string;
  /** The chart's constraint on the version of Kubernetes. */
  readonly kubeVersion?: string;
  readonly urls: readonly string[];
}

/** An index.yaml that was fetched: kept as text, parsed for one chart at a time. */
export interface RepositoryIndex {
  /** `sha256:<hex>` of the bytes. */
  readonly digest: string;
  readonly sizeBytes: number;
  /** The entries of one chart; empty when the index does not name it. */
  entries(chart: string): readonly IndexEntry[];
}

/** A chart .tgz on local disk, checked and pinned by digest. */
export interface FetchedChart {
  readonly path: string;
  readonly digest: string;
  readonly name: string;
  readonly version: string;
  readonly appVersion?: string;
}

/** Why a repository or chart could not be had; `reason` is Flux's condition reason. */
export interface ChartErrorShape {
  readonly reason:
    | 'AuthenticationFailed'
    | 'IndexationFailed'
    | 'Failed'
    | 'URLInvalid'
    | 'InvalidChartReference'
    | 'ChartPullError'
    | 'ChartDigestMismatch';
  readonly message: string;
  /** Whether trying again later can help without anybody changing anything. */
  readonly retriable: boolean;
}

export interface ChartRepositoryClient {
  /** Fetches the index; rejects with a `ChartError`. */
  fetchIndex(access: RepositoryAccess, signal: AbortSignal): Promise<RepositoryIndex>;
  /** Fetches and checks the .tgz of an entry (from the local cache when its digest is known); rejects with a `ChartError`. */
  fetchChart(access: RepositoryAccess, entry: IndexEntry, signal: AbortSignal): Promise<FetchedChart>;
}

// ---------------------------------------------------------------- policies and audit

/** The policy sets in force. A reload replaces the whole value at once. */
export interface PoliciesInForce {
  readonly current: PolicySet;
  /** The set before, while it still counts for `NotMutated` (10 s after a reload). */
  readonly previous?: PolicySet;
}

export interface PolicySource {
  /** What to judge with now; undefined until a first good set was read. */
  inForce(): PoliciesInForce | undefined;
  /** Calls back after each successful reload; returns the way to stop it. */
  onChange(listener: (set: PolicySet) => void): () => void;
  /** Errors of the newest load, empty when it was good; the last good set stays in force meanwhile. */
  loadErrors(): readonly string[];
  close(): Promise<void>;
}

/** Keeps what was judged beside the audit log, so that it can be judged again. It never stands in the way of a decision. */
export interface JudgedStore {
  /** The reference for the row. `objectDigest` is that of the object's canonical JSON, where it is known already. */
  keep(input: JudgedInput, objectDigest?: string): StoredInput;
}

export interface AuditLog {
  /** Resolves when the row is written; rejects when it could not be (the caller then denies). */
  append(record: AuditRecord): Promise<void>;
  close(): Promise<void>;
}
