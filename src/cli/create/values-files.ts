import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { readGoYaml } from '../../core/json/go-yaml-read.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json/json.ts';
import { CreateError } from './create-error.ts';

/** No object larger than 1.5 MiB can be stored in etcd, so no values file need be larger. */
const MAX_BYTES = 1_572_864;

/** Reads and merges values files: later files win, maps are merged member by member, all else is replaced. */
export async function readValuesFiles(files: readonly string[], cwd: string): Promise<JsonObject> {
  let values: JsonObject = {};
  for (const file of files) values = merge(values, await readValuesFile(file, cwd));
  return values;
}

async function readValuesFile(file: string, cwd: string): Promise<JsonObject> {
  const reading = readGoYaml(await readBounded(file, cwd));
  if (!reading.ok) throw new CreateError(`converting values to JSON from ${file} failed: ${reading.message}`);
  if (reading.value === null) return {};
  if (!isJsonObject(reading.value)) {
    throw new CreateError(`unmarshaling values from ${file} failed: the file must hold a map of values`);
  }
  return reading.value;
}

async function readBounded(file: string, cwd: string): Promise<string> {
  try {
    await using handle = await open(resolve(cwd, file), 'r');
    const buffer = Buffer.alloc(MAX_BYTES + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length);
      length += bytesRead;
      if (bytesRead === 0 || length === buffer.length) break;
    }
    if (length > MAX_BYTES)
      throw new CreateError(`reading values from ${file} failed: larger than ${MAX_BYTES} bytes`);
    return new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, length));
  } catch (error) {
    if (error instanceof CreateError) throw error;
    throw new CreateError(`reading values from ${file} failed: ${reasonOf(error)}`, { cause: error });
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof TypeError) return 'the file is not UTF-8 text';
  const code = (error as { readonly code?: unknown }).code;
  if (code === 'ENOENT') return 'no such file or directory';
  if (code === 'EISDIR') return 'is a directory';
  return error instanceof Error ? error.message : String(error);
}

function merge(below: JsonObject, above: JsonObject): JsonObject {
  const merged = new Map<string, Json | undefined>(Object.entries(below));
  for (const [key, value] of Object.entries(above)) {
    const under = merged.get(key);
    merged.set(key, isJsonObject(under) && isJsonObject(value) ? merge(under, value) : value);
  }
  return Object.fromEntries(merged);
}
