import type { Json, JsonObject } from '../json/json.ts';
import type { Operation, UserInfo } from '../policy/subject.ts';

/** The part of admission.k8s.io/v1 AdmissionRequest that judging needs. */
export interface AdmissionRequest {
  /** Echoed in the answer; identifies the call, not the user's request. */
  readonly uid: string;
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
  readonly resource: { readonly group: string; readonly version: string; readonly resource: string };
  /** `status`, `scale`, ...; absent for the object itself. */
  readonly subResource?: string;
  readonly operation: Operation;
  readonly namespace: string;
  /** Empty on a create with `generateName`. */
  readonly name: string;
  /** Absent on DELETE. */
  readonly object?: JsonObject;
  /** Absent on CREATE. */
  readonly oldObject?: JsonObject;
  readonly user: UserInfo;
  readonly dryRun: boolean;
  readonly options?: Json;
}
