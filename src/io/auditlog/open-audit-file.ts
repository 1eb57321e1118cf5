import { constants, statSync } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

import type { AuditRecord, LifecycleAuditRecord } from '../../core/audit/record.ts';
import { type ChainHead, makeRow } from '../../core/audit/row.ts';
import type { AuditLog } from '../contract.ts';
import { AuditLogError } from './audit-log-error.ts';
import { readTail } from './read-tail.ts';

/**
 * When rows reach the disk itself, not only the kernel. A crash or SIGKILL of Helmgate loses no acknowledged row in either
 * way; they differ when the machine loses power.
 *
 * - `always`: each batch is synced before its rows are acknowledged;
 * - `interval`: at most {@link SYNC_INTERVAL_MS} of rows can be lost, and verify shows a chain that ends earlier.
 */
export type SyncPolicy = 'always' | 'interval';

export const SYNC_INTERVAL_MS = 1_000;

export interface AuditFileOptions {
  readonly path: string;
  readonly sync?: SyncPolicy;
  /** The wall clock, for rows about the log itself. */
  readonly now: () => Date;
}

export interface AuditFile extends AuditLog {
  /** The last row that was written. */
  head(): ChainHead;
}

interface Waiting {
  readonly record: AuditRecord;
  readonly resolve: () => void;
  readonly reject: (error: AuditLogError) => void;
}

/**
 * Opens (or begins) an audit log file and continues its chain. One process writes to a file; rows that are appended while a
 * write is under way share the next one. A failed write rejects its rows, and the file is cut back to the last whole row, so
 * that the chain goes on from there when there is room again.
 *
 * A torn last line, left by a crash in mid-write, belongs to a decision that was never answered: it is cut off, and
 * a `lifecycle` row with the event `AuditTailRepaired` records its size and digest. Rotation is not done here yet: a file that is
 * moved, removed, cut or written to by somebody else is noticed at the next row, and refused from then on.
 */
export async function openAuditFile(options: AuditFileOptions): Promise<AuditFile> {
  const { path } = options;
  let file: FileHandle;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    // Append, for the kernel to place each write at the end; readable, for the tail; never through a symlink.
    const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
    file = await open(path, flags, 0o600);
  } catch (cause) {
    throw ioError(path, 'open', cause);
  }
  try {
    const tail = await readTail(file, path);
    if (tail.torn !== undefined) await file.truncate(tail.sizeBytes);
    const log = createWriter(file, options, tail.head, tail.sizeBytes, (await file.stat()).ino);
    if (tail.torn !== undefined) await log.append(repairedRow(tail.torn, options.now()));
    return log;
  } catch (error) {
    await file.close();
    throw error instanceof AuditLogError ? error : ioError(path, 'read', error);
  }
}

function createWriter(
  file: FileHandle,
  options: AuditFileOptions,
  startHead: ChainHead,
  startSize: number,
  inode: number,
): AuditFile {
  const { path } = options;
  let head = startHead;
  let size = startSize;
  let waiting: Waiting[] = [];
  let flushing: Promise<void> | undefined;
  let unsynced = false;
  let closed = false;
  /** Set for good when nothing can be written any more. */
  let dead: AuditLogError | undefined;

  /** Asked synchronously: a stat of a cached inode takes microseconds, a tenth of the way through the thread pool. */
  const checkUntouched = (): void => {
    const seen = statSync(path, { throwIfNoEntry: false });
    if (seen === undefined || seen.ino !== inode) {
      throw new AuditLogError(
        'ForeignWrite',
        `the audit log ${path} was moved or removed; restart to begin a new one`,
      );
    }
    if (seen.size !== size) {
      throw new AuditLogError(
        'ForeignWrite',
        `somebody else changed the audit log ${path}; give each process a file of its own`,
      );
    }
  };

  const writeBatch = async (batch: readonly Waiting[]): Promise<void> => {
    checkUntouched();
    let next = head;
    const lines: string[] = [];
    const written: Waiting[] = [];
    for (const each of batch) {
      try {
        const row = makeRow(each.record, next);
        next = row.head;
        lines.push(row.line);
        written.push(each);
      } catch (cause) {
        each.reject(new AuditLogError('Io', 'a record could not be made into a row', cause));
      }
    }
    const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
    try {
      await writeAll(file, bytes);
      if (options.sync === 'always') await file.datasync();
    } catch (cause) {
      await file.truncate(size).catch((error: unknown) => {
        dead = ioError(path, 'cut back', error);
      });
      throw ioError(path, 'write', cause);
    }
    unsynced ||= options.sync !== 'always';
    head = next;
    size += bytes.length;
    for (const each of written) each.resolve();
  };

  const flush = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        if (dead !== undefined) throw dead;
        await writeBatch(batch);
      } catch (error) {
        const reason = error instanceof AuditLogError ? error : ioError(path, 'write', error);
        for (const each of batch) each.reject(reason);
      }
    }
    flushing = undefined;
  };

  const sync = async (): Promise<void> => {
    if (!unsynced) return;
    unsynced = false;
    // A failed sync may have dropped the pages: what is on disk is unknown from then on.
    await file.datasync().catch((cause: unknown) => {
      dead = ioError(path, 'sync', cause);
    });
  };
  const timer = setInterval(() => void sync(), SYNC_INTERVAL_MS).unref();

  return {
    head: () => head,
    append: (record) =>
      new Promise((resolve, reject) => {
        if (closed) {
          reject(new AuditLogError('Closed', `the audit log ${path} is closed`));
          return;
        }
        waiting.push({ record, resolve, reject });
        flushing ??= flush();
      }),
    close: async () => {
      if (closed) return;
      closed = true;
      clearInterval(timer);
      await flushing;
      await sync();
      await file.close();
    },
  };
}

/** A short write (a full disk, a signal) is continued until it is whole or fails. */
async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at);
    at += bytesWritten;
  }
}

function repairedRow(
  torn: { readonly bytes: number; readonly sha256: string },
  now: Date,
): LifecycleAuditRecord {
  return {
    phase: 'lifecycle',
    event: 'AuditTailRepaired',
    details: { bytes: torn.bytes, sha256: torn.sha256 },
    time: now.toISOString(),
    uid: '',
    kind: '',
    namespace: '',
    name: '',
    verdict: 'Error',
    findings: [],
    durationMs: 0,
  };
}

function ioError(path: string, doing: string, cause: unknown): AuditLogError {
  const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
  return new AuditLogError('Io', `cannot ${doing} the audit log ${path}${code}`, cause);
}
