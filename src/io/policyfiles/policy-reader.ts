import type { PolicyFolder } from './read-policy-files.ts';

/** Where policies come from: a folder, or a repository. Both methods reject with a PolicyFilesError. */
export interface PolicyReader {
  /** What messages call it. */
  readonly place: string;
  /** A text that changes when the policies may have; cheap, since it is asked for again and again. */
  fingerprint(): Promise<string>;
  /** All policy files as they are now. */
  read(): Promise<PolicyFolder>;
  /** Told when what was read is in force. */
  accept?(read: PolicyFolder): Promise<void>;
  /** The folder whose changes the kernel reports; absent for a repository. */
  readonly folder?: string;
  /** How long a change must have stood still before it is read: 0 where it is atomic. */
  readonly settleMs: number;
  /** Between two looks. */
  readonly intervalMs: number;
}
