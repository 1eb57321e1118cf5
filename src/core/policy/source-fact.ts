/** The fact about a source object, made of its spec in one way for all who gather: webhook, loop, files and tests. */
import { isJsonObject, type Json } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';
import { bucketUrl } from './bucket-url.ts';
import type { Fact, SourceFact } from './facts.ts';
import type { SourceNeed } from './rule.ts';

/** The kinds of source that facts can be gathered of; any other one is a fact of the kind Unsupported. */
export const SOURCE_KINDS: ReadonlySet<string> = new Set([
  'HelmRepository',
  'HelmChart',
  'OCIRepository',
  'GitRepository',
  'Bucket',
]);

/** What the object itself says. A HelmChart has no URL of its own: see {@link chartFact}. */
export function sourceFactOf({ kind, namespace, name }: SourceNeed, spec: Json | undefined): SourceFact {
  const url = kind === 'Bucket' ? bucketUrl(spec) : valueAt(spec, ['url']);
  return {
    kind,
    namespace,
    name,
    ...(typeof url === 'string' && kind !== 'HelmChart' ? { url } : {}),
    ...(valueAt(spec, ['suspend']) === true ? { suspended: true } : {}),
    ...(kind === 'GitRepository' && includesOthers(spec) ? { includes: true } : {}),
    ...(isJsonObject(spec) ? { spec } : {}),
  };
}

/** The source that a HelmChart refers to, which lies in its namespace; undefined when its spec names none. */
export function sourceBehindChart({ namespace, spec }: SourceFact): SourceNeed | undefined {
  const reference = valueAt(spec, ['sourceRef']);
  const { kind, name } = isJsonObject(reference) ? reference : {};
  return typeof kind === 'string' && typeof name === 'string' ? { kind, namespace, name } : undefined;
}

/** A HelmChart with the URL of what is behind it; where that is not known, neither is where the chart comes from. */
export function chartFact(chart: SourceFact, behind: Fact<SourceFact> | undefined): Fact<SourceFact> {
  if (behind === undefined) return { known: false, why: 'Unsupported' };
  if (!behind.known) return behind;
  const { url, suspended, includes } = behind.value;
  return {
    known: true,
    value: {
      ...chart,
      ...(url === undefined ? {} : { url }),
      ...(suspended === true ? { suspended } : {}),
      ...(includes === true ? { includes } : {}),
    },
  };
}

/** Whether a GitRepository's spec includes others. */
export function includesOthers(spec: Json | undefined): boolean {
  const include = valueAt(spec, ['include']);
  return Array.isArray(include) && include.length > 0;
}
