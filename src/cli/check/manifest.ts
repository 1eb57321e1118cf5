import { isJsonObject, type Json, type JsonObject } from '../../core/json/json.ts';
import { valueAt } from '../../core/json/pointer.ts';
import { type LocatedError, locatedError } from '../../core/policy/located-error.ts';
import { readYaml, type YamlDocument, type YamlSource } from '../../core/policy/yaml-file.ts';

/** One Kubernetes object of a file. */
export interface Manifest {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly object: JsonObject;
  readonly document: YamlDocument;
  /** Index of the document among those of its file that are not empty. */
  readonly documentIndex: number;
  /** Where the object stands in its document: items of a List have tokens. */
  readonly tokens: readonly string[];
}

/** The objects of some files, and what cannot be read: a file with an error gives no objects, the others are read on. */
export interface ReadManifests {
  /** Those that are not empty; none when the file has errors in its YAML. */
  readonly documents: readonly YamlDocument[];
  readonly manifests: readonly Manifest[];
  /** Documents that claim to be no object at all: values files, configuration of other programs. */
  readonly skipped: number;
  readonly errors: readonly LocatedError[];
}

/**
 * Reads the objects of one file; the namespace is that of objects that name none. A document with neither apiVersion nor kind is an
 * error in a file that the user named, and skipped in one that was found in a folder.
 */
export function readManifests(
  source: YamlSource & { readonly named?: boolean },
  namespace: string,
): ReadManifests {
  const read = readYaml(source, 'manifest');
  if (!read.ok) return { documents: [], manifests: [], skipped: 0, errors: read.errors };
  return manifestsOf(read.documents, namespace, source.named !== false);
}

/** The same for the documents of a file that was read already; `strict` when each must be an object. */
export function manifestsOf(
  documents: readonly YamlDocument[],
  namespace: string,
  strict: boolean,
): ReadManifests {
  const manifests: Manifest[] = [];
  const errors: LocatedError[] = [];
  let skipped = 0;
  for (const [index, document] of documents.entries()) {
    if (!strict && !claimsKind(document.value)) skipped += 1;
    else {
      const found = objectsOf({ document, documentIndex: index }, document.value, [], namespace);
      if (!('problem' in found)) manifests.push(...found);
      else errors.push(locatedError(document.source, document.placeOf(found.tokens), found.problem));
    }
  }
  return { documents, manifests, skipped, errors };
}

function claimsKind(value: Json): boolean {
  return isJsonObject(value) && (value['apiVersion'] !== undefined || value['kind'] !== undefined);
}

/** Why a value is no Kubernetes object, and where that shows. */
interface NoObject {
  readonly problem: string;
  readonly tokens: readonly string[];
}

/** The objects of a document; a List's items one by one. */
function objectsOf(
  at: Pick<Manifest, 'document' | 'documentIndex'>,
  value: Json | undefined,
  tokens: readonly string[],
  defaultNamespace: string,
): readonly Manifest[] | NoObject {
  const noObject = (why: string, ...field: readonly string[]): NoObject => {
    return { problem: `this is no Kubernetes object: ${why}`, tokens: [...tokens, ...field] };
  };
  if (!isJsonObject(value)) return noObject(`it is ${typeName(value)}, no mapping`);
  const { apiVersion = null, kind = null, items } = value;
  const missing = Object.entries({ apiVersion, kind }).filter(([, own]) => own === null || own === '');
  if (missing.length > 0) {
    const verb = missing.length === 1 ? 'is' : 'are';
    return noObject(`${missing.map(([field]) => field).join(' and ')} ${verb} missing`);
  }
  if (typeof apiVersion !== 'string')
    return noObject(`apiVersion must be a text, and is ${typeName(apiVersion)}`, 'apiVersion');
  if (typeof kind !== 'string') return noObject(`kind must be a text, and is ${typeName(kind)}`, 'kind');
  if (kind === 'List' && !Array.isArray(items ?? []))
    return noObject(`items of a List must be a list, and is ${typeName(items)}`, 'items');
  if (kind.endsWith('List') && Array.isArray(items) && tokens.length === 0) {
    const lists = (items as readonly Json[]).map((item, index) =>
      objectsOf(at, item, ['items', String(index)], defaultNamespace),
    );
    return (
      lists.find((list) => 'problem' in list) ?? lists.flatMap((list) => ('problem' in list ? [] : list))
    );
  }
  const slash = apiVersion.lastIndexOf('/');
  const namespace = valueAt(value, ['metadata', 'namespace']);
  const name = valueAt(value, ['metadata', 'name']);
  return [
    {
      group: slash === -1 ? '' : apiVersion.slice(0, slash),
      version: apiVersion.slice(slash + 1),
      kind,
      namespace: typeof namespace === 'string' && namespace !== '' ? namespace : defaultNamespace,
      name: typeof name === 'string' ? name : '',
      object: value,
      ...at,
      tokens,
    },
  ];
}

function typeName(value: Json | undefined): string {
  if (value === undefined || value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value === 'boolean') return 'true or false';
  return typeof value === 'string' ? 'a text' : 'a number';
}
