import { basename, dirname, resolve } from 'node:path';
import { isJsonObject, type Json } from '../../core/json/json.ts';
import { valueAt } from '../../core/json/pointer.ts';
import { readYaml } from '../../core/policy/yaml-file.ts';
import type { ManifestFile } from './read-manifest-files.ts';

/** Fields of a kustomization that name files which are no resources. */
const FIELDS = ['patches', 'patchesStrategicMerge', 'patchesJson6902', 'replacements', 'configurations'];

/** The names that kustomize looks for. */
export const KUSTOMIZATIONS: readonly string[] = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];

/**
 * The files that the kustomizations among some files name as patches, replacements or configurations, by absolute path: they look like
 * objects and are parts of some. The value is the kustomization, as it is shown.
 */
export function findPatchFiles(files: readonly ManifestFile[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const file of files) {
    if (file.path === undefined || !KUSTOMIZATIONS.includes(basename(file.path))) continue;
    const folder = dirname(file.path);
    const read = readYaml(file, 'manifest');
    for (const { value } of read.ok ? read.documents : []) {
      if (!isKustomization(value)) continue;
      for (const name of FIELDS.flatMap((field) => namesIn(valueAt(value, [field]))))
        found.set(resolve(folder, name), file.file);
    }
  }
  return found;
}

/** Kustomize fills in apiVersion and kind where both are absent. Flux has a kind of the same name in another group. */
function isKustomization(value: Json): boolean {
  const apiVersion = valueAt(value, ['apiVersion']);
  return (
    apiVersion === undefined ||
    (typeof apiVersion === 'string' && apiVersion.startsWith('kustomize.config.k8s.io/'))
  );
}

/** An entry is a path, a patch written out, or an object with a path. */
function namesIn(entries: Json | undefined): readonly string[] {
  return (Array.isArray(entries) ? (entries as readonly Json[]) : []).flatMap((entry) => {
    const name = isJsonObject(entry) ? entry['path'] : entry;
    return typeof name === 'string' && !name.includes('\n') ? [name] : [];
  });
}
