import type { KubeObject } from '../../core/api/kube-object.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json/json.ts';
import type { Block } from '../../core/release/block.ts';
import { composeValues } from '../../core/release/values.ts';
import { readValuesYaml } from '../../core/release/values-yaml.ts';
import type { ReleasePass } from './release-pass.ts';
import { decodeData } from './repository-access.ts';

/** Shorter texts are not redacted: `true` or `80` would blank half of every message. */
const MIN_SECRET_LENGTH = 5;

/** Reads every object that `valuesFrom` names and composes the values; or says which could not be resolved. */
export async function gatherValues(
  pass: ReleasePass,
): Promise<{ readonly values: JsonObject; readonly secrets: readonly string[] } | { readonly block: Block }> {
  const { spec, metadata } = pass.release;
  const { namespace = '' } = metadata;
  const found = new Map<string, Readonly<Record<string, string>>>();
  const secrets = new Set<string>();
  for (const { kind, name } of spec.valuesFrom ?? []) {
    const cache = kind === 'Secret' ? pass.options.secrets : pass.options.configMaps;
    const object = await cache.find(namespace, name, pass.signal);
    if (object === undefined) continue;
    const data = kind === 'Secret' ? Object.fromEntries(decodeData(object)) : plainData(object);
    found.set(`${kind}/${name}`, data);
    if (kind === 'Secret') for (const text of Object.values(data)) collectSecrets(text, secrets);
  }
  const composed = composeValues(spec, namespace, (kind, name) => found.get(`${kind}/${name}`));
  return composed.ok
    ? { values: composed.values, secrets: [...secrets] }
    : { block: { reason: 'ValuesError', message: composed.error.message } };
}

function plainData(configMap: KubeObject): Readonly<Record<string, string>> {
  return (configMap['data'] ?? {}) as Readonly<Record<string, string>>;
}

/** Every scalar of a Secret's values file, and the file itself. */
function collectSecrets(text: string, into: Set<string>): void {
  const add = (value: string): void => {
    if (value.length >= MIN_SECRET_LENGTH) into.add(value);
  };
  const visit = (value: Json | undefined): void => {
    if (Array.isArray(value)) for (const item of value) visit(item);
    else if (isJsonObject(value)) for (const member of Object.values(value)) visit(member);
    else if (value !== undefined && value !== null) add(`${value as string | number | bigint | boolean}`);
  };
  add(text.trim());
  const read = readValuesYaml(text);
  if (read.ok) visit(read.values);
}
