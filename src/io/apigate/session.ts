import { randomBytes } from 'node:crypto';
import type { GateSessionOptions } from '../contract.ts';

/** One child's way through the gate, and what the gate has learnt from it. */
export interface Session {
  readonly token: string;
  readonly options: GateSessionOptions;
  /** Aborts everything under way when the session is closed. */
  readonly closing: AbortController;
  /** resourceVersion of each release record that this child has read or written, by Secret name. */
  readonly recordVersions: Map<string, string>;
}

/** 256 bits: not to be guessed, so a lookup by equality tells nothing. */
const TOKEN_BYTES = 32;

/** Throws when the user to impersonate is empty: a request without a name would be made as ourselves. */
export function createSession(options: GateSessionOptions): Session {
  if (options.impersonateUser?.trim() === '') throw new Error('refused: the user to impersonate is empty');
  return {
    token: randomBytes(TOKEN_BYTES).toString('base64url'),
    options,
    closing: new AbortController(),
    recordVersions: new Map(),
  };
}
