import type { HelmReleaseSpec, ValuesReference } from '../api/helm-release.ts';
import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';
import { mergeValues } from './merge-values.ts';
import { readValuesYaml, type ValuesYamlError } from './values-yaml.ts';

/** Flux's default of `valuesFrom[].valuesKey`. */
const DEFAULT_VALUES_KEY = 'values.yaml';

/** The data of a ConfigMap or a Secret (decoded) in the release's namespace; undefined when there is no such object. */
export type ValuesLookup = (
  kind: ValuesReference['kind'],
  name: string,
) => Readonly<Record<string, string>> | undefined;

/** Why values could not be composed. The message names the reference and holds nothing of its content. */
export interface ValuesError {
  readonly code: 'NotFound' | 'KeyNotFound' | 'TargetPathUnsupported' | ValuesYamlError;
  /** Index in `spec.valuesFrom`. */
  readonly index: number;
  readonly message: string;
}

export type ComposedValues =
  | { readonly ok: true; readonly values: JsonObject }
  | { readonly ok: false; readonly error: ValuesError };

/**
 * The values that helm gets: `valuesFrom` in order, then `values` over them. A missing object or key is skipped when
 * the reference is optional, text that is not YAML never is. Every number comes out as a float64, as in Flux.
 */
export function composeValues(
  spec: Pick<HelmReleaseSpec, 'values' | 'valuesFrom'>,
  namespace: string,
  lookup: ValuesLookup,
): ComposedValues {
  let values: JsonObject = {};
  for (const [index, reference] of (spec.valuesFrom ?? []).entries()) {
    const read = readReference(reference, lookup);
    if (!read.ok) {
      if (reference.optional === true && isMissing(read.code)) continue;
      const message = `${describe(reference, namespace)}: ${read.message}`;
      return { ok: false, error: { code: read.code, index, message } };
    }
    values = mergeValues(values, read.values);
  }
  return { ok: true, values: asFloats(mergeValues(values, spec.values ?? {})) };
}

type ReadReference =
  | { readonly ok: true; readonly values: JsonObject }
  | { readonly ok: false; readonly code: ValuesError['code']; readonly message: string };

function readReference(reference: ValuesReference, lookup: ValuesLookup): ReadReference {
  const data = lookup(reference.kind, reference.name);
  if (data === undefined) {
    return { ok: false, code: 'NotFound', message: `there is no such ${reference.kind}` };
  }
  const key = keyOf(reference);
  const text = Object.hasOwn(data, key) ? data[key] : undefined;
  if (text === undefined) return { ok: false, code: 'KeyNotFound', message: 'key not found' };
  if ((reference.targetPath ?? '') !== '') {
    return { ok: false, code: 'TargetPathUnsupported', message: 'targetPath is not supported yet' };
  }
  return readValuesYaml(text);
}

function isMissing(code: ValuesError['code']): boolean {
  return code === 'NotFound' || code === 'KeyNotFound';
}

function keyOf(reference: ValuesReference): string {
  return (reference.valuesKey ?? '') === '' ? DEFAULT_VALUES_KEY : (reference.valuesKey ?? '');
}

function describe(reference: ValuesReference, namespace: string): string {
  const optional = reference.optional === true ? 'optional ' : '';
  const name = `'${namespace}/${reference.name}' with key '${keyOf(reference)}'`;
  return `could not resolve ${optional}${reference.kind} chart values reference ${name}`;
}

function asFloats(object: JsonObject): JsonObject {
  const changed: [string, Json][] = [];
  for (const key of Object.keys(object)) {
    const value = object[key];
    const float = value === undefined ? undefined : asFloat(value);
    if (float !== undefined && float !== value) changed.push([key, float]);
  }
  // A spread defines own properties, so `__proto__` stays plain data, and keys keep their order.
  return changed.length === 0 ? object : { ...object, ...Object.fromEntries(changed) };
}

/**
 * The value with every integer as a float64, as Go reads JSON into `any`: those over 2^53 lose digits. Parts that hold no such integer
 * are shared with the value.
 */
export function asFloat(value: Json): Json {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) {
    const items = value as readonly Json[];
    const floats = items.map(asFloat);
    return floats.every((float, index) => float === items[index]) ? value : floats;
  }
  return isJsonObject(value) ? asFloats(value) : value;
}
