/** Which ConfigMaps and Secrets a HelmRelease may take values from. */
import { isJsonObject, type Json } from '../json/json.ts';
import { compileNamePattern, matchesName, type NamePattern } from './name-pattern.ts';

/** An entry of the list as the schema lets it through. */
export interface WrittenValuesSource {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly names?: readonly string[];
  readonly optional?: boolean;
}

export interface AllowedValuesSource {
  readonly kind: string;
  /** All names when absent. */
  readonly names?: readonly NamePattern[];
  /** Whether the reference may be optional. */
  readonly optional: boolean;
}

export function compileValuesSource({
  kind,
  names,
  optional = true,
}: WrittenValuesSource): AllowedValuesSource {
  return { kind, optional, ...(names === undefined ? {} : { names: names.map(compileNamePattern) }) };
}

/** `NotRequired`: all is well but for `optional: true`. */
export type ValuesSourceVerdict = 'Allowed' | 'NotRequired' | 'NotAllowed';

/** Judges one entry of `spec.valuesFrom`; entries of the list are alternatives. */
export function judgeValuesSource(
  allowed: readonly AllowedValuesSource[],
  entry: Json | undefined,
): ValuesSourceVerdict {
  if (!isJsonObject(entry)) return 'NotAllowed';
  const { kind, name, optional } = entry;
  if (typeof kind !== 'string' || typeof name !== 'string') return 'NotAllowed';
  const fitting = allowed.filter(
    (one) => one.kind === kind && (one.names?.some((pattern) => matchesName(pattern, name)) ?? true),
  );
  if (fitting.length === 0) return 'NotAllowed';
  return optional !== true || fitting.some((one) => one.optional) ? 'Allowed' : 'NotRequired';
}

/** The list for people: `ConfigMap *, Secret values-* (not optional)`. */
export function formatValuesSources(allowed: readonly AllowedValuesSource[]): string {
  return allowed
    .flatMap(({ kind, names, optional }) =>
      (names?.map(({ text }) => text) ?? ['*']).map(
        (name) => `${kind} ${name}${optional ? '' : ' (not optional)'}`,
      ),
    )
    .join(', ');
}
