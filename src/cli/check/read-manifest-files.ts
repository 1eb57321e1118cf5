import { lstat, open, readdir } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import type { YamlSource } from '../../core/policy/yaml-file.ts';

/** The API server takes no request above 3 MiB, and a file of manifests is seldom longer than one object. */
const MAX_FILE_BYTES = 3 * 1_048_576;
/** A repository of 10,000 manifests is far above what one run is for. */
const MAX_FILES = 10_000;

/** Why manifests could not be read; the message names the file. */
export class ManifestFilesError extends Error {
  override readonly name = 'ManifestFilesError';
}

/**
 * The texts of the files named: a folder gives its .yaml, .yml and .json files, those of its folders included, in the order of
 * their paths; `-` is the standard input. Links within folders are not followed.
 */
export async function readManifestFiles(
  paths: readonly string[],
  cwd: string,
  stdin: Readable,
): Promise<readonly YamlSource[]> {
  const sources: YamlSource[] = [];
  for (const path of paths) {
    if (path === '-') sources.push({ file: '-', text: decode('-', await readStream(stdin)) });
    else {
      for (const file of await filesOf(resolve(cwd, path), path)) {
        if (sources.length >= MAX_FILES) throw new ManifestFilesError(`more than ${MAX_FILES} files`);
        sources.push({ file: shown(file, cwd), text: decode(file, await readFile(file)) });
      }
    }
  }
  return sources;
}

async function filesOf(path: string, written: string): Promise<readonly string[]> {
  const stat = await lstat(path).catch((cause: unknown) => {
    throw new ManifestFilesError(`${written}: no such file or folder`, { cause });
  });
  if (!stat.isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && /\.(ya?ml|json)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
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
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ManifestFilesError(`${name} is not valid UTF-8`, { cause });
  }
}

function shown(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short.startsWith('..') ? path : short;
}
