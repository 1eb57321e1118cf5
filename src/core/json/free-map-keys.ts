/**
 * Keys below which an object holds data with keys of the author's choice, not fields of a struct: Kubernetes'
 * string maps, managedFields' field sets, UserInfo.extra, and the free-form parts of the kinds that are judged
 * (HelmRelease `spec.values`, the inline patches of its post renderers).
 */
export const FREE_MAP_KEYS: ReadonlySet<string> = new Set([
  'annotations',
  'binaryData',
  'data',
  'extra',
  'fieldsV1',
  'labels',
  'matchLabels',
  'patchesJson6902',
  'patchesStrategicMerge',
  'stringData',
  'values',
]);
