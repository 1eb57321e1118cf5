import { isUtf8 } from 'node:buffer';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';
import type { LocatedError } from '../../core/policy/located-error.ts';
import { MAX_MANIFESTS_LENGTH, type YamlSource } from '../../core/policy/yaml-file.ts';
import { fileError, refusalOf } from './file-error.ts';
import { type FoundFile, findManifestFiles, type PassedOver, shownPath } from './find-manifest-files.ts';
import { findPatchFiles, KUSTOMIZATIONS } from './find-patch-files.ts';
import { ManifestFilesError } from './manifest-files-error.ts';

/** No text that is longer is parsed. */
const MAX_FILE_BYTES = MAX_MANIFESTS_LENGTH;
/** Bytes of all files together: 10,000 manifests of 25 KB. They are held in memory, and their parsed forms take ten times as much. */
const MAX_TOTAL_BYTES = 256 * 1_048_576;
/** Files read at once: enough to keep a disk busy, far below the usual limit of open files. */
const READ_AT_ONCE = 32;

/** The text of a file of manifests, and how it was come by. */
export interface ManifestFile extends YamlSource {
  /** Absolute; absent for the standard input and other pipes. */
  readonly path?: string;
  /** Whether the user named the file itself, and not a folder that it lies in. */
  readonly named: boolean;
  /** Whether a byte order mark stood in front of the text. */
  readonly byteOrderMark: boolean;
}

export interface ManifestFiles {
  readonly files: readonly ManifestFile[];
  /** What cannot be read, a whole file or folder each. */
  readonly errors: readonly LocatedError[];
  readonly passedOver: readonly PassedOver[];
}

export interface ReadingOptions {
  readonly cwd: string;
  readonly stdin: Readable;
  /** Ends the waiting for what a pipe may still give. */
  readonly signal?: AbortSignal;
  /** Globs of what is left out. */
  readonly exclude?: readonly string[] | undefined;
}

/**
 * The texts of the files named and of those in folders (find-manifest-files.ts); `-` is the standard input. What cannot be read is an error
 * beside the others; files that a kustomization names as patches are passed over. Rejects with a {@link ManifestFilesError} when there is too much.
 */
export async function gatherManifests(
  paths: readonly string[],
  options: ReadingOptions,
): Promise<ManifestFiles> {
  const { files, errors, passedOver } = await readAll(paths, options);
  const patches = findPatchFiles([...files, ...(await kustomizationsBeside(files, options))]);
  const kustomizationOf = ({ path }: ManifestFile) => (path === undefined ? undefined : patches.get(path));
  const parts = files.flatMap((source): readonly PassedOver[] => {
    const kustomization = kustomizationOf(source);
    const why = `named by ${kustomization}, and part of an object: give what kustomize build prints`;
    return kustomization === undefined ? [] : [{ path: source.file, why }];
  });
  return {
    files: files.filter((source) => kustomizationOf(source) === undefined),
    errors,
    passedOver: [...passedOver, ...parts],
  };
}

/** As {@link gatherManifests}, for who needs all of them: rejects with a {@link ManifestFilesError} at the first that cannot be read. */
export async function readManifestFiles(
  paths: readonly string[],
  cwd: string,
  stdin: Readable,
  exclude?: readonly string[],
): Promise<readonly ManifestFile[]> {
  const { files, errors } = await readAll(paths, { cwd, stdin, exclude });
  const [error] = errors;
  if (error !== undefined) throw new ManifestFilesError(`${error.file}: ${error.message}`);
  return files;
}

async function readAll(paths: readonly string[], options: ReadingOptions): Promise<ManifestFiles> {
  const {
    files: found,
    errors: missing,
    passedOver,
  } = await findManifestFiles(paths, options.cwd, options.exclude ?? []);
  const errors = [...missing];
  const files: ManifestFile[] = [];
  const budget = { bytes: MAX_TOTAL_BYTES };
  for (let at = 0; at < found.length; at += READ_AT_ONCE) {
    const batch = found.slice(at, at + READ_AT_ONCE);
    for (const each of await Promise.all(batch.map((file) => readOne(file, options, budget)))) {
      if ('message' in each) errors.push(each);
      else files.push(each);
    }
  }
  return { files, errors, passedOver };
}

/** The kustomizations in the folders of files that were named one by one, as a hook before a commit does; those that cannot be read are none. */
async function kustomizationsBeside(
  files: readonly ManifestFile[],
  options: ReadingOptions,
): Promise<readonly ManifestFile[]> {
  const folders = new Set(
    files.flatMap(({ named, path }) => (named && path !== undefined ? [dirname(path)] : [])),
  );
  const paths = [...folders].flatMap((folder) => KUSTOMIZATIONS.map((name) => join(folder, name)));
  const found: ManifestFile[] = [];
  for (const path of paths) {
    const read = await readOne({ path, named: false }, options, { bytes: MAX_FILE_BYTES });
    if (!('message' in read)) found.push(read);
  }
  return found;
}

/** What may still be read of all files; taken before a file is read, since many are read at once. */
interface Budget {
  bytes: number;
}

const TOO_LONG = `longer than ${MAX_FILE_BYTES} bytes`;

/** Thrown and caught in this file only. */
class TooLongError extends Error {}

async function readOne(
  { path, named, descriptor }: FoundFile,
  { cwd, stdin, signal }: ReadingOptions,
  budget: Budget,
): Promise<ManifestFile | LocatedError> {
  const file = path === '-' ? path : shownPath(path, cwd);
  const stream = path === '-' || descriptor === 0 ? stdin : pipeOf(descriptor);
  try {
    const bytes = stream === undefined ? await readFile(path, budget) : await readPipe(stream, signal);
    if (bytes === undefined) return fileError(file, 'no regular file');
    if (!isUtf8(bytes)) return fileError(file, 'this is no valid UTF-8', lineOfBadByte(bytes));
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
    const byteOrderMark = text.startsWith('\ufeff');
    const source = { file, text: byteOrderMark ? text.slice(1) : text, named, byteOrderMark };
    return stream === undefined ? { ...source, path } : source;
  } catch (cause) {
    if (cause instanceof ManifestFilesError) throw cause;
    if (cause instanceof TooLongError) return fileError(file, cause.message);
    if (signal?.aborted === true) throw cause;
    return fileError(file, refusalOf(cause));
  }
}

function pipeOf(descriptor: number | undefined): Readable | undefined {
  return descriptor === undefined
    ? undefined
    : new Socket({ fd: descriptor, readable: true, writable: false });
}

/** Undefined when no regular file is there any more: what took its place is not waited for. */
async function readFile(path: string, budget: Budget): Promise<Buffer | undefined> {
  await using handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const found = await handle.stat();
  if (!found.isFile()) return undefined;
  if (found.size > MAX_FILE_BYTES) throw new TooLongError(TOO_LONG);
  budget.bytes -= found.size;
  if (budget.bytes < 0)
    throw new ManifestFilesError(`the files are longer than ${MAX_TOTAL_BYTES} bytes together`);
  return await readStream(handle.createReadStream({ autoClose: false }));
}

async function readPipe(stream: Readable, signal: AbortSignal | undefined): Promise<Buffer> {
  return await readStream(signal === undefined ? stream : addAbortSignal(signal, stream));
}

async function readStream(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk as Uint8Array);
    length += bytes.length;
    if (length > MAX_FILE_BYTES) throw new TooLongError(TOO_LONG);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

/** A line break is no part of a longer character, so each line can be looked at by itself. */
function lineOfBadByte(bytes: Buffer): number {
  let line = 1;
  for (let start = 0; start < bytes.length; line += 1) {
    const end = bytes.indexOf(0x0a, start);
    if (end === -1 || !isUtf8(bytes.subarray(start, end))) break;
    start = end + 1;
  }
  return line;
}
