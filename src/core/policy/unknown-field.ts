/** Whether any object that a rule judges can have a field, for expressions, which may read what they like. */
import { didYouMean } from './did-you-mean.ts';
import { judgedPaths, KINDS_WITH_FIELDS } from './judged-fields.ts';
import { findField } from './known-fields.ts';

/** Of metadata, what the API server knows (ObjectMeta). */
const METADATA: ReadonlySet<string> = new Set([
  ...['name', 'generateName', 'namespace', 'labels', 'annotations', 'finalizers', 'ownerReferences', 'uid'],
  ...['resourceVersion', 'generation', 'creationTimestamp', 'deletionTimestamp', 'managedFields', 'selfLink'],
  'deletionGracePeriodSeconds',
]);
const ROOTS = ['apiVersion', 'kind', 'metadata', 'spec', 'status'];

/** Fields that no rule can judge by name: only beta versions have them, or no controller reads them. */
const OTHER_FIELDS: Readonly<Record<string, readonly string[]>> = {
  HelmRelease: ['spec.chart.spec.valuesFile'],
  HelmChart: ['spec.valuesFile', 'spec.accessFrom.namespaceSelectors'],
  HelmRepository: ['spec.accessFrom.namespaceSelectors'],
};

/**
 * What is wrong with a path, as `no HelmRelease has ...`; undefined when an object of one of the kinds can have it, when it lies in a list, a map
 * or the status, or when nobody knows the fields of a kind. Only the last token is looked at: those before it are reported by themselves.
 */
export function unknownField(path: readonly string[], kinds: readonly string[]): string | undefined {
  const known = KINDS_WITH_FIELDS.filter((kind) => kinds.includes(kind));
  if (known.length < kinds.length || known.length === 0) return undefined;
  const names = namesBeside(path, known);
  const [last] = path.slice(-1);
  if (names === undefined || last === undefined || names.has(last)) return undefined;
  const hint = didYouMean(last, [...names]);
  const whose = known.length === 1 ? known[0] : 'object of this policy';
  return `no ${whose} has the field ${path.join('.')}${hint === undefined ? '' : ` (${hint})`}`;
}

/** The fields that may stand where a path ends; undefined where anything may, and below what is unknown. */
function namesBeside(path: readonly string[], kinds: readonly string[]): ReadonlySet<string> | undefined {
  const [root, ...above] = path.slice(0, -1);
  if (root === undefined) return new Set(ROOTS);
  if (root === 'metadata') return above.length === 0 ? METADATA : undefined;
  if (root !== 'spec' || path.some((token) => token.includes('.'))) return undefined;
  const prefix = `${[root, ...above].join('.')}.`;
  const below = kinds.flatMap((kind) =>
    [...judgedPaths(kind), ...(OTHER_FIELDS[kind] ?? [])].filter((known) => known.startsWith(prefix)),
  );
  const open = kinds.some((kind) => findField(kind, path.slice(0, -1)) !== undefined);
  return open || below.length === 0
    ? undefined
    : new Set(below.map((known) => known.slice(prefix.length).split('.')[0] ?? ''));
}
