import { isJsonObject } from '../json/json.ts';
import { parseBoundedYaml } from './bounded-yaml.ts';

/** What a Chart.yaml says about its chart. */
export interface ChartMetadata {
  readonly name: string;
  readonly version: string;
  readonly appVersion?: string;
}

export type MetadataRead =
  | { readonly ok: true; readonly metadata: ChartMetadata }
  | { readonly ok: false; readonly message: string };

/** Long Chart.yaml files (annotations with changes and images) have some 20 kB. */
export const MAX_CHART_YAML_BYTES: number = 256 * 1024;

/** Reads name and version; `apiVersion` must be there, as helm wants it. */
export function readChartMetadata(text: string): MetadataRead {
  const parsed = parseBoundedYaml(text, {
    maxChars: MAX_CHART_YAML_BYTES,
    maxDepth: 32,
    maxNodes: 50_000,
    maxLexemes: 200_000,
  });
  if (!parsed.ok) return { ok: false, message: `Chart.yaml: ${parsed.message}` };
  if (!isJsonObject(parsed.value)) return { ok: false, message: 'Chart.yaml is not a map' };
  const { apiVersion, name, version, appVersion } = parsed.value;
  if (typeof apiVersion !== 'string' || apiVersion === '')
    return { ok: false, message: 'Chart.yaml: apiVersion is required' };
  if (typeof name !== 'string' || name === '') return { ok: false, message: 'Chart.yaml: name is required' };
  if (typeof version !== 'string' || version === '')
    return { ok: false, message: 'Chart.yaml: version is required' };
  return {
    ok: true,
    metadata: { name, version, ...(typeof appVersion === 'string' ? { appVersion } : {}) },
  };
}
