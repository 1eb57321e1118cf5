/**
 * Fields that only the beta API versions have, rewritten to what v2 and v1 have for them. Storage holds the newest version and
 * prunes the others silently; without this an object would lose them and change its generation at every apply.
 *
 * - `valuesFile` goes in front of `valuesFiles`, as Flux reads it, unless it already is the first one.
 * - `postRenderers[].kustomize.patchesStrategicMerge` and `patchesJson6902` become entries of `patches`: the first in front, the
 *   second behind, which is the order in which kustomize runs its transformers.
 * - HelmChart's `accessFrom` has no equal: refused by name.
 *
 * One default moved between the versions, that of `maxHistory`: nothing can be rewritten there, so it is said.
 */
import { canonicalJson } from '../json/canonical.ts';
import { isEqualJson } from '../json/equal.ts';
import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';
import { formatPointer, valueAt, withoutKeyAt, withValueAt } from '../json/pointer.ts';

/** A field that has no equal in the storage version. */
export interface UnsupportedField {
  /** Dotted path; list items as numbers. */
  readonly path: string;
  readonly message: string;
  readonly wouldPass: string;
}

export interface Lifted {
  readonly object: JsonObject;
  /** Pointers that were written or removed. */
  readonly pointers: readonly string[];
  /** Beta fields, by tokens, that alone make up a field which was absent before: a former default in all but name. */
  readonly filled: readonly { readonly tokens: readonly string[]; readonly value: Json }[];
  readonly unsupported: readonly UnsupportedField[];
}

/** Each is a line of the audit log and a warning; people write one or two. */
const MAX_LIFTED_RENDERERS = 100;

/** What an absent `maxHistory` means by now. Storage is v2, so v2's controller reads the field, whatever version wrote the object. */
export const HISTORY_WARNING = 'spec.maxHistory: absent, it meant 10 revisions in v2beta1 and means 5 in v2';

const BETA_VERSIONS: ReadonlySet<string> = new Set(['v2beta1', 'v2beta2', 'v1beta1', 'v1beta2']);

/** Rewrites the beta-only fields of an object; the object itself when it has none. */
export function liftBetaFields(kind: string, version: string, object: JsonObject): Lifted {
  const nothing: Lifted = { object, pointers: [], filled: [], unsupported: [] };
  // The CRD's v2 has these fields too (docs/adr/0008), so that they may come in a v2 request or out of storage.
  if (kind === 'HelmRelease') return liftPostRenderers(liftValuesFile(nothing, ['spec', 'chart', 'spec']));
  if (!BETA_VERSIONS.has(version)) return nothing;
  if (kind === 'HelmChart') return refuseAccessFrom(liftValuesFile(nothing, ['spec']));
  return nothing;
}

/** What is to be said about a field that the object of this version leaves to a default which is another one in v2. */
export function movedDefaultWarnings(kind: string, version: string, object: JsonObject): readonly string[] {
  if (kind !== 'HelmRelease' || version !== 'v2beta1') return [];
  return (valueAt(object, ['spec', 'maxHistory']) ?? null) === null ? [HISTORY_WARNING] : [];
}

function liftValuesFile(lifted: Lifted, parent: readonly string[]): Lifted {
  const from = [...parent, 'valuesFile'];
  const to = [...parent, 'valuesFiles'];
  const file = valueAt(lifted.object, from);
  if (typeof file !== 'string') return lifted;
  const written = valueAt(lifted.object, to);
  const files: readonly Json[] = Array.isArray(written) ? written : [];
  const value = file === '' || files[0] === file ? files : [file, ...files];
  const without = withoutKeyAt(lifted.object, from);
  const object = isEqualJson(value, written ?? []) ? without : withValueAt(without, to, value);
  const filled = written === undefined && file !== '' ? [{ tokens: from, value: file }] : [];
  const pointers = object === without ? [formatPointer(from)] : [formatPointer(from), formatPointer(to)];
  return {
    ...lifted,
    object,
    pointers: [...lifted.pointers, ...pointers],
    filled: [...lifted.filled, ...filled],
  };
}

function liftPostRenderers(lifted: Lifted): Lifted {
  const renderers = valueAt(lifted.object, ['spec', 'postRenderers']);
  if (!Array.isArray(renderers)) return lifted;
  const results = (renderers as readonly Json[]).map(liftPatches);
  const changed = results.flatMap(({ renderer }, index) => (renderer === undefined ? [] : [index]));
  const unsupported = results.flatMap((result) => result.unsupported);
  if (changed.length + unsupported.length > MAX_LIFTED_RENDERERS) {
    const path = 'spec.postRenderers';
    const message = `${path} has more than ${MAX_LIFTED_RENDERERS} entries with old patch lists, too many to rewrite for v2`;
    const wouldPass = 'write them as entries of kustomize.patches';
    return { ...lifted, unsupported: [...lifted.unsupported, { path, message, wouldPass }] };
  }
  if (changed.length + unsupported.length === 0) return lifted;
  const rewritten = (renderers as readonly Json[]).map((old, index) => results[index]?.renderer ?? old);
  const pointers = changed.map((index) =>
    formatPointer(['spec', 'postRenderers', String(index), 'kustomize']),
  );
  return {
    ...lifted,
    object:
      changed.length === 0 ? lifted.object : withValueAt(lifted.object, ['spec', 'postRenderers'], rewritten),
    pointers: [...lifted.pointers, ...pointers],
    unsupported: [...lifted.unsupported, ...unsupported],
  };
}

/** A renderer whose old lists were rewritten, undefined where there was nothing to do. */
interface LiftedRenderer {
  readonly renderer?: JsonObject;
  readonly unsupported: readonly UnsupportedField[];
}

function liftPatches(renderer: Json, index: number): LiftedRenderer {
  const kustomize = isJsonObject(renderer) ? renderer['kustomize'] : undefined;
  if (!isJsonObject(renderer) || !isJsonObject(kustomize)) return { unsupported: [] };
  const path = `spec.postRenderers.${index}.kustomize`;
  const merges = convert(kustomize['patchesStrategicMerge'], (patch) =>
    isJsonObject(patch) ? { patch: canonicalJson(patch) } : undefined,
  );
  const jsons = convert(kustomize['patchesJson6902'], convertJson6902);
  const unsupported = [
    ...unreadable(merges, `${path}.patchesStrategicMerge`, 'an inline object'),
    ...unreadable(jsons, `${path}.patchesJson6902`, 'a target and a list of operations'),
  ];
  if (unsupported.length > 0 || (merges === undefined && jsons === undefined)) return { unsupported };
  const { patchesStrategicMerge: _merges, patchesJson6902: _jsons, patches, ...rest } = kustomize;
  const all = [
    ...(merges ?? []),
    ...(Array.isArray(patches) ? (patches as readonly Json[]) : []),
    ...(jsons ?? []),
  ];
  const lifted = all.length === 0 ? rest : { ...rest, patches: all as readonly Json[] };
  return { renderer: { ...renderer, kustomize: lifted }, unsupported };
}

function convertJson6902(entry: Json): Json | undefined {
  if (!isJsonObject(entry) || !isJsonObject(entry['target']) || !Array.isArray(entry['patch']))
    return undefined;
  return { patch: canonicalJson(entry['patch'] as readonly Json[]), target: entry['target'] };
}

/** Each item converted; undefined items could not be. No list at all gives undefined. */
function convert(
  list: Json | undefined,
  one: (item: Json) => Json | undefined,
): readonly (Json | undefined)[] | undefined {
  if (list === undefined) return undefined;
  return Array.isArray(list) ? (list as readonly Json[]).map(one) : [undefined];
}

function unreadable(
  list: readonly (Json | undefined)[] | undefined,
  path: string,
  expected: string,
): readonly UnsupportedField[] {
  const at = list?.indexOf(undefined) ?? -1;
  if (at === -1) return [];
  const message = `${path}.${at} cannot be rewritten for v2: it is not ${expected}`;
  return [{ path: `${path}.${at}`, message, wouldPass: 'write it as an entry of kustomize.patches' }];
}

function refuseAccessFrom(lifted: Lifted): Lifted {
  if (valueAt(lifted.object, ['spec', 'accessFrom']) === undefined) return lifted;
  const message = 'spec.accessFrom does not exist in v1 and would be lost';
  const field = { path: 'spec.accessFrom', message, wouldPass: 'leave spec.accessFrom out' };
  return { ...lifted, unsupported: [...lifted.unsupported, field] };
}
