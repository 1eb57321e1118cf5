import { type FileHandle, open, stat } from 'node:fs/promises';
import { join as joinPath } from 'node:path';

import { MAX_ROW_BYTES } from '../../core/audit/row.ts';
import { AuditLogError } from './audit-log-error.ts';

/** One line of an audit log. */
export interface ReadLine {
  readonly text: string;
  /** False for a last line without its newline: being written, or torn by a crash. */
  readonly complete: boolean;
}

export interface ReadRowsOptions {
  /** Go on with what is appended, until the signal aborts. */
  readonly follow?: boolean;
  readonly signal: AbortSignal;
}

const CHUNK_BYTES = 64 * 1024;
/** A longer line is no row; what is over is dropped, so that memory stays bounded. */
const MAX_LINE_BYTES: number = MAX_ROW_BYTES + 1024;
const FOLLOW_PAUSE_MS = 200;
const NEWLINE = 0x0a;

/**
 * Reads the lines of an audit log in order. While following, a file that was moved away and begun anew is read from its
 * start. Throws an {@link AuditLogError} when it cannot be opened or read; ends when the signal aborts.
 */
export async function* readRows(
  path: string,
  options: ReadRowsOptions,
): AsyncGenerator<ReadLine, void, void> {
  const { signal, follow = false } = options;
  let file = await openFile(path);
  let position = 0;
  let pending: Buffer = Buffer.alloc(0);
  const chunk = Buffer.alloc(CHUNK_BYTES);
  try {
    while (!signal.aborted) {
      const bytesRead = await readChunk(file, chunk, position, path);
      position += bytesRead;
      let start = 0;
      for (;;) {
        const newline = chunk.subarray(0, bytesRead).indexOf(NEWLINE, start);
        if (newline === -1) break;
        yield { text: join(pending, chunk.subarray(start, newline)).toString('utf8'), complete: true };
        pending = Buffer.alloc(0);
        start = newline + 1;
      }
      pending = join(pending, chunk.subarray(start, bytesRead));
      if (bytesRead > 0) continue;
      if (!follow) {
        if (pending.length > 0) yield { text: pending.toString('utf8'), complete: false };
        return;
      }
      await sleep(FOLLOW_PAUSE_MS, signal);
      if (await isReplaced(file, path, position)) {
        await file.close();
        file = await openFile(path);
        position = 0;
        pending = Buffer.alloc(0);
      }
    }
  } finally {
    await file.close();
  }
}

function join(before: Buffer, more: Buffer): Buffer {
  const room = Math.max(0, MAX_LINE_BYTES - before.length);
  return Buffer.concat([before, more.subarray(0, room)]);
}

async function openFile(path: string): Promise<FileHandle> {
  return open(path, 'r').catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
}

async function readChunk(file: FileHandle, chunk: Buffer, position: number, path: string): Promise<number> {
  try {
    return (await file.read(chunk, 0, CHUNK_BYTES, position)).bytesRead;
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): AuditLogError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
  const message =
    code === 'EISDIR'
      ? `${path} is a folder: name the log in it, such as ${joinPath(path, 'audit.jsonl')}`
      : `cannot read the audit log ${path}: ${code}`;
  return new AuditLogError('Io', message, cause);
}

async function isReplaced(file: FileHandle, path: string, position: number): Promise<boolean> {
  const named = await stat(path).catch(() => undefined);
  return named !== undefined && (named.ino !== (await file.stat()).ino || named.size < position);
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
