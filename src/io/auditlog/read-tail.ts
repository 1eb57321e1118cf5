import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

import { CHAIN_START, type ChainHead, MAX_ROW_BYTES } from '../../core/audit/row.ts';
import { headOfRow } from '../../core/audit/verify-chain.ts';
import { AuditLogError } from './audit-log-error.ts';

/** Where the chain of an existing file ends. */
export interface LogTail {
  readonly head: ChainHead;
  /** Bytes up to the end of the last whole row. */
  readonly sizeBytes: number;
  /** A last line without its newline, left by a crash in mid-write: it is cut off, and these are its size and digest. */
  readonly torn?: { readonly bytes: number; readonly sha256: string };
}

const NEWLINE = 0x0a;
/** A whole row and a torn one fit in, each with its newline. */
const TAIL_BYTES = 2 * (MAX_ROW_BYTES + 1);

/**
 * Reads the end of an audit log: the head that its last row leaves behind. Rejects with an AuditLogError when the last whole row is
 * not sound, since no chain can be continued behind it.
 */
export async function readTail(file: FileHandle, path: string): Promise<LogTail> {
  const { size } = await file.stat();
  if (size === 0) return { head: CHAIN_START, sizeBytes: 0 };
  const start = Math.max(0, size - TAIL_BYTES);
  const bytes = Buffer.alloc(size - start);
  await file.read(bytes, 0, bytes.length, start);
  const lastNewline = bytes.lastIndexOf(NEWLINE);
  const tornBytes = bytes.subarray(lastNewline + 1);
  const torn =
    tornBytes.length === 0
      ? {}
      : { torn: { bytes: tornBytes.length, sha256: createHash('sha256').update(tornBytes).digest('hex') } };
  const sizeBytes = size - tornBytes.length;
  if (lastNewline === -1) {
    if (start > 0) throw damaged(path, 'its end is one line longer than any row');
    return { head: CHAIN_START, sizeBytes, ...torn };
  }
  const lineStart = lastNewline === 0 ? 0 : bytes.lastIndexOf(NEWLINE, lastNewline - 1) + 1;
  const head = headOfRow(bytes.toString('utf8', lineStart, lastNewline));
  if (head === undefined) throw damaged(path, 'its last row does not have the hash it states');
  return { head, sizeBytes, ...torn };
}

function damaged(path: string, why: string): AuditLogError {
  return new AuditLogError(
    'DamagedTail',
    `the audit log ${path} cannot be continued: ${why}. Look at it with "helmgate audit verify", then move it away; a new one is begun`,
  );
}
