import { open, readdir, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import type { YamlSource } from '../../core/policy/yaml-file.ts';

/** The API server takes no request above 3 MiB, and a file of manifests is seldom longer than one object. */
const MAX_FILE_BYTES = 3 * 1_048_576;
/** A repository of 10,000 manifests is far above what one run is for. */
const MAX_FILES = 10_000;
/** Bytes of all files together: 10,000 manifests of 25 KB. They are held in memory, and their parsed forms take ten times as much. */
const MAX_TOTAL_BYTES = 256 * 1_048_576;
/** Files read at once: enough to keep a disk busy, far below the usual limit of open files. */
const READ_AT_ONCE = 32;

/** The text of a file of manifests, and how it was come by. */
export interface ManifestFile extends YamlSource {
  /** Absolute; absent for the standard input. */
  readonly path?: string;
  /** Whether the user named the file itself, and not a folder that it lies in. */
  readonly named: boolean;
  /** Whether a byte order mark stood in front of the text. */
  readonly byteOrderMark: boolean;
}

/** Why manifests could not be read; the message names the file. */
export class ManifestFilesError extends Error {
  override readonly name = 'ManifestFilesError';
}

/**
 * The texts of the files named: a folder gives its .yaml, .yml and .json files, those of its folders included, in the order of
 * their paths; `-` is the standard input. A link that is named is followed, links within folders are not. A file that is named twice is read once.
 */
export async function readManifestFiles(
  paths: readonly string[],
  cwd: string,
  stdin: Readable,
): Promise<readonly ManifestFile[]> {
  const found = new Map<string, boolean>();
  for (const path of paths) {
    const { files, named } =
      path === '-' ? { files: ['-'], named: true } : await filesOf(resolve(cwd, path), path);
    for (const file of files) found.set(file, named || found.get(file) === true);
    if (found.size > MAX_FILES) throw new ManifestFilesError(`more than ${MAX_FILES} files`);
  }
  const entries = [...found];
  const sources: ManifestFile[] = [];
  let total = 0;
  for (let at = 0; at < entries.length; at += READ_AT_ONCE) {
    const read = await Promise.all(
      entries.slice(at, at + READ_AT_ONCE).map(async ([path, named]): Promise<ManifestFile> => {
        const bytes = path === '-' ? await readStream(stdin) : await readFile(path);
        total += bytes.length;
        if (total > MAX_TOTAL_BYTES)
          throw new ManifestFilesError(`the files are longer than ${MAX_TOTAL_BYTES} bytes together`);
        const text = decode(path, bytes);
        const byteOrderMark = text.startsWith('\ufeff');
        const plain = byteOrderMark ? text.slice(1) : text;
        if (path === '-') return { file: '-', text: plain, named, byteOrderMark };
        return { file: shown(path, cwd), path, text: plain, named, byteOrderMark };
      }),
    );
    sources.push(...read);
  }
  return sources;
}

async function filesOf(
  path: string,
  written: string,
): Promise<{ readonly files: readonly string[]; readonly named: boolean }> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new ManifestFilesError(`${written}: no such file or folder`, { cause });
  });
  if (!found.isDirectory()) return { files: [path], named: true };
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && /\.(ya?ml|json)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return { files, named: false };
}

async function readFile(path: string): Promise<Buffer> {
  try {
    await using handle = await open(path, 'r');
    if (!(await handle.stat()).isFile()) throw new ManifestFilesError(`${path} is not a file`);
    return await readStream(handle.createReadStream({ autoClose: false }), path);
  } catch (cause) {
    if (cause instanceof ManifestFilesError) throw cause;
    throw new ManifestFilesError(`${path} cannot be read`, { cause });
  }
}

async function readStream(stream: Readable, name = 'the standard input'): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk as Uint8Array);
    length += bytes.length;
    if (length > MAX_FILE_BYTES)
      throw new ManifestFilesError(`${name} is longer than ${MAX_FILE_BYTES} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function decode(name: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new ManifestFilesError(`${name} is not valid UTF-8`, { cause });
  }
}

function shown(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short.startsWith('..') ? path : short;
}
