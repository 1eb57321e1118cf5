import { isJsonObject, type Json, type JsonObject } from '../../core/json/json.ts';
import { valueAt } from '../../core/json/pointer.ts';
import type { YamlDocument } from '../../core/policy/yaml-file.ts';

/** One Kubernetes object of a file. */
export interface Manifest {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly object: JsonObject;
  readonly document: YamlDocument;
  /** Where the object stands in its document: items of a List have tokens. */
  readonly tokens: readonly string[];
}

/** The objects of a document; a List's items one by one. Undefined for a document that is no Kubernetes object. */
export function readManifests(
  document: YamlDocument,
  defaultNamespace: string,
): readonly Manifest[] | undefined {
  return manifestsOf(document, document.value, [], defaultNamespace);
}

function manifestsOf(
  document: YamlDocument,
  value: Json | undefined,
  tokens: readonly string[],
  defaultNamespace: string,
): readonly Manifest[] | undefined {
  if (!isJsonObject(value)) return undefined;
  const { apiVersion, kind, items } = value;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return undefined;
  if (kind.endsWith('List') && Array.isArray(items) && tokens.length === 0) {
    const lists = (items as readonly Json[]).map((item, index) =>
      manifestsOf(document, item, ['items', String(index)], defaultNamespace),
    );
    return lists.some((list) => list === undefined) ? undefined : lists.flatMap((list) => list ?? []);
  }
  const at = apiVersion.lastIndexOf('/');
  const namespace = valueAt(value, ['metadata', 'namespace']);
  const name = valueAt(value, ['metadata', 'name']);
  return [
    {
      group: at === -1 ? '' : apiVersion.slice(0, at),
      version: apiVersion.slice(at + 1),
      kind,
      namespace: typeof namespace === 'string' && namespace !== '' ? namespace : defaultNamespace,
      name: typeof name === 'string' ? name : '',
      object: value,
      document,
      tokens,
    },
  ];
}
