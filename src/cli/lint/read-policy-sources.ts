import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import type { YamlSource } from '../../core/policy/yaml-file.ts';
import { readPolicyFiles } from '../../io/policyfiles/read-policy-files.ts';
import { readManifestFiles } from '../check/read-manifest-files.ts';

/** Why policy files could not be read; the message names the path. */
export class PolicySourcesError extends Error {
  override readonly name = 'PolicySourcesError';
}

/**
 * The texts of policy files and of the files of policy folders, each once, named as the user named it. Rejects with a
 * {@link PolicySourcesError}.
 */
export async function readPolicySources(
  paths: readonly string[],
  cwd: string,
): Promise<readonly YamlSource[]> {
  const sources = new Map<string, YamlSource>();
  for (const path of paths) {
    try {
      for (const source of await readPath(path, cwd)) {
        const absolute = resolve(cwd, source.file);
        if (!sources.has(absolute)) sources.set(absolute, source);
      }
    } catch (cause) {
      const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new PolicySourcesError(missing ? `${path}: no such file or folder` : `${path}: ${why}`, {
        cause,
      });
    }
  }
  return [...sources.values()];
}

async function readPath(path: string, cwd: string): Promise<readonly YamlSource[]> {
  const absolute = resolve(cwd, path);
  if ((await stat(absolute)).isDirectory()) {
    const { files } = await readPolicyFiles(absolute);
    return files.map((file) => ({ file: join(path, file.path), text: file.text }));
  }
  const read = await readManifestFiles([absolute], cwd, Readable.from([]));
  return read.map(({ text }) => ({ file: path, text }));
}
