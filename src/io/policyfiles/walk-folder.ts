import { constants } from 'node:fs';
import { open, opendir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';

import { PolicyFilesError } from './policy-files-error.ts';

/** A policy file that was found, not yet read. */
export interface FoundFile {
  /** Relative to the policy folder, with `/` between the parts. */
  readonly path: string;
  /** Where its bytes are, symlinks resolved. */
  readonly realPath: string;
  readonly sizeBytes: number;
  /** Changes whenever the file does: device, inode, size, and times in nanoseconds. */
  readonly stamp: string;
}

/** The compiler takes as many files. */
export const MAX_POLICY_FILES = 1_000;
/** Names looked at in all: room for READMEs and fixtures beside the policies, and an end for a folder of 100,000. */
export const MAX_FOLDER_ENTRIES = 10_000;
/** Folders within folders; teams nest by cluster, tenant and topic. */
export const MAX_FOLDER_DEPTH = 8;
/** A ConfigMap holds 1 MiB in all, so that no file that came through one is larger. */
export const MAX_POLICY_FILE_BYTES: number = 1024 * 1024;
/** What the compiler takes of all files together. */
export const MAX_POLICY_FOLDER_BYTES: number = 16 * 1024 * 1024;

const POLICY_FILE = /\.ya?ml$/;

/**
 * Finds the policy files (`*.yaml`, `*.yml`) of a folder, sorted by path. Names that start with a dot are passed over, other
 * names are none of ours. A mounted ConfigMap is read through its `..data` link, resolved once, so that one look never mixes two
 * versions of it. Refused: a link that leads out of the folder, a FIFO, socket or device named like a policy, and anything over the limits.
 */
export async function walkFolder(folder: string): Promise<readonly FoundFile[]> {
  const root = await resolveRoot(folder);
  const found: FoundFile[] = [];
  const budget = { entries: 0, bytes: 0 };
  await walk({ root, found, budget }, root, '', 1);
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function resolveRoot(folder: string): Promise<string> {
  let root: string;
  try {
    root = await realpath(folder);
  } catch (cause) {
    throw new PolicyFilesError(`the policy folder ${folder} cannot be read: ${codeOf(cause)}`, { cause });
  }
  const data = await realpath(join(root, '..data')).catch(() => undefined);
  const mounted = data?.startsWith(root + sep) === true ? data : root;
  if (!(await stat(mounted)).isDirectory()) throw new PolicyFilesError(`${folder} is not a folder`);
  return mounted;
}

interface Walk {
  readonly root: string;
  readonly found: FoundFile[];
  readonly budget: { entries: number; bytes: number };
}

async function walk(state: Walk, folder: string, prefix: string, depth: number): Promise<void> {
  if (depth > MAX_FOLDER_DEPTH) {
    throw new PolicyFilesError(`${prefix} lies deeper than ${MAX_FOLDER_DEPTH} folders`);
  }
  for await (const entry of await opendir(folder)) {
    state.budget.entries += 1;
    if (state.budget.entries > MAX_FOLDER_ENTRIES) {
      throw new PolicyFilesError(`the policy folder has more than ${MAX_FOLDER_ENTRIES} entries`);
    }
    if (entry.name.startsWith('.')) continue;
    await visit(state, join(folder, entry.name), `${prefix}${entry.name}`, depth);
  }
}

async function visit(state: Walk, path: string, name: string, depth: number): Promise<void> {
  const realPath = await realpath(path).catch((cause: unknown) => {
    if (!POLICY_FILE.test(name)) return undefined;
    throw new PolicyFilesError(`${name} cannot be read: ${codeOf(cause)}`, { cause });
  });
  if (realPath === undefined) return;
  const inside = realPath.startsWith(state.root + sep);
  const seen = await stat(realPath, { bigint: true });
  if (seen.isDirectory()) {
    if (!inside) throw new PolicyFilesError(`${name} is a link that leads out of the policy folder`);
    await walk(state, realPath, `${name}/`, depth + 1);
    return;
  }
  if (!POLICY_FILE.test(name)) return;
  if (!inside) throw new PolicyFilesError(`${name} is a link that leads out of the policy folder`);
  if (!seen.isFile()) throw new PolicyFilesError(`${name} is no regular file`);
  const sizeBytes = Number(seen.size);
  if (sizeBytes > MAX_POLICY_FILE_BYTES) {
    throw new PolicyFilesError(`${name} has ${sizeBytes} bytes; at most ${MAX_POLICY_FILE_BYTES} are read`);
  }
  state.budget.bytes += sizeBytes;
  if (state.budget.bytes > MAX_POLICY_FOLDER_BYTES) {
    throw new PolicyFilesError(`the policy files have more than ${MAX_POLICY_FOLDER_BYTES} bytes together`);
  }
  state.found.push({
    path: name,
    realPath,
    sizeBytes,
    stamp: `${seen.dev}:${seen.ino}:${seen.size}:${seen.mtimeNs}:${seen.ctimeNs}`,
  });
  if (state.found.length > MAX_POLICY_FILES) {
    throw new PolicyFilesError(`there are more than ${MAX_POLICY_FILES} policy files`);
  }
}

/** Reads a found file's bytes: never more than the limit, and never from what took its place since (a FIFO, a link). */
export async function readFound(found: FoundFile): Promise<Buffer> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(found.realPath, flags).catch((cause: unknown) => {
    throw new PolicyFilesError(`${found.path} cannot be read: ${codeOf(cause)}`, { cause });
  });
  try {
    if (!(await file.stat()).isFile()) throw new PolicyFilesError(`${found.path} is no regular file`);
    const bytes = Buffer.alloc(found.sizeBytes + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(bytes, length, bytes.length - length);
      if (bytesRead === 0) break;
      length += bytesRead;
      if (length > found.sizeBytes) throw new PolicyFilesError(`${found.path} grew while it was read`);
    }
    return bytes.subarray(0, length);
  } finally {
    await file.close();
  }
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
}
