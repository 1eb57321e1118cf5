import type { JsonObject } from '../json/json.ts';
import type { Finding, Mutation } from '../policy/decision.ts';
import type { StoredInput } from './judged-input.ts';

/** How a decision or an action ended. */
export type Verdict = 'Allow' | 'Deny' | 'Hold' | 'Error';

/** Which policy set judged. */
export interface PolicySetReference {
  readonly digest: string;
  readonly commit?: string;
  /** Digest of the set before the last reload, where its word counted as well. */
  readonly previous?: string;
}

interface AuditRecordBase {
  /** RFC 3339 with milliseconds, UTC. */
  readonly time: string;
  /** Identifies the decision: the AdmissionReview's uid, or one made for a release-time decision. */
  readonly uid: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly verdict: Verdict;
  readonly findings: readonly Finding[];
  /** `sha256:<hex>` of the canonical JSON of the judged object. */
  readonly objectDigest?: string;
  /** Digest and commit of the policy set that judged. */
  readonly policySet?: PolicySetReference;
  /** Where what was judged is kept. */
  readonly stored?: StoredInput;
  readonly durationMs: number;
}

/** A decision at admission. */
export interface AdmissionAuditRecord extends AuditRecordBase {
  readonly phase: 'admission';
  readonly endpoint: 'mutate' | 'validate';
  readonly operation: string;
  readonly apiVersion: string;
  readonly generateName?: string;
  readonly dryRun: boolean;
  readonly user: { readonly username: string; readonly uid?: string; readonly groups: readonly string[] };
  /** RFC 6901 pointers that the patch touches; values are left out. */
  readonly patchPaths: readonly string[];
  /** Which rules changed the object, and where they stand; on the mutating endpoint. */
  readonly mutations?: readonly Mutation[];
  /** The rules (`policy/rule`) that only who asks kept out. */
  readonly leftOut?: readonly string[];
}

/** A decision at release time. */
export interface ReleaseAuditRecord extends AuditRecordBase {
  readonly phase: 'release';
  readonly generation: number;
  readonly chart: { readonly name: string; readonly version: string; readonly digest?: string };
  readonly valuesDigest: string;
  /** What was let pass with a word about it, as the use of a break-glass; absent when there is nothing. */
  readonly warnings?: readonly string[];
}

/** An action of the loop: one helm child, with what it wrote. */
export interface ActionAuditRecord extends AuditRecordBase {
  readonly phase: 'action';
  readonly action: string;
  readonly chart?: { readonly name: string; readonly version: string; readonly digest?: string };
  readonly valuesDigest?: string;
  /** helm's command line without values. */
  readonly command: string;
  readonly exitCode: number | null;
  readonly apiWrites: readonly { readonly method: string; readonly path: string; readonly status: number }[];
  readonly outcome: string;
}

/** Something about Helmgate itself: a policy set loaded or refused, a start, a stop. */
export interface LifecycleAuditRecord extends AuditRecordBase {
  readonly phase: 'lifecycle';
  readonly event: string;
  readonly details: JsonObject;
}

/** One row of the audit log, before the chain's fields are added to it (admission.md, Audit). */
export type AuditRecord =
  | AdmissionAuditRecord
  | ReleaseAuditRecord
  | ActionAuditRecord
  | LifecycleAuditRecord;
