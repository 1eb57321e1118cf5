import type { Json, JsonObject } from '../json/json.ts';

/** Who sent the request (authentication.k8s.io UserInfo, cut to what rules and the audit log need). */
export interface UserInfo {
  readonly username: string;
  readonly uid?: string;
  readonly groups: readonly string[];
}

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

/**
 * What is judged: the object as it came (any served version), the stored object it replaces, and the request
 * around it. At release time there is no user and the operation is UPDATE.
 */
export interface Subject {
  readonly operation: Operation;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly namespace: string;
  /** Empty until the API server has generated it: a create with `generateName`, in the mutating call. */
  readonly name: string;
  readonly object: JsonObject;
  readonly oldObject?: JsonObject;
  readonly user?: UserInfo;
  readonly dryRun: boolean;
  readonly options?: Json;
}

/** The subject as an edit, of which both sides are known; undefined where there is nothing to compare with. */
export function editOf(subject: Subject): (Subject & { readonly oldObject: JsonObject }) | undefined {
  const { operation, oldObject } = subject;
  return operation === 'UPDATE' && oldObject !== undefined ? { ...subject, oldObject } : undefined;
}
