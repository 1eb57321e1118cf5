/** Which source object a HelmRelease or HelmChart takes its chart from. */
import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';
import type { Fact, Facts, SourceFact } from './facts.ts';
import { sourceKey } from './facts.ts';
import type { SourceNeed } from './rule.ts';

export interface FollowedSource extends SourceNeed {
  /** Dotted path of the reference. */
  readonly path: string;
}

/** What was read of an object, which never changes: every rule of a set asks for the same. */
const known = new WeakMap<
  JsonObject,
  { readonly ownNamespace: string; readonly source: FollowedSource | undefined }
>();

/** The reference of an object to its source: `chartRef`, or `sourceRef`; undefined when it has none. */
export function sourceOf(kind: string, object: JsonObject, ownNamespace: string): FollowedSource | undefined {
  const before = known.get(object);
  if (before?.ownNamespace === ownNamespace) return before.source;
  const source = readSource(kind, object, ownNamespace);
  known.set(object, { ownNamespace, source });
  return source;
}

function readSource(kind: string, object: JsonObject, ownNamespace: string): FollowedSource | undefined {
  if (kind === 'HelmChart') return readReference(object, ['spec', 'sourceRef'], ownNamespace, false);
  if (kind !== 'HelmRelease') return undefined;
  return (
    readReference(object, ['spec', 'chartRef'], ownNamespace, true) ??
    readReference(object, ['spec', 'chart', 'spec', 'sourceRef'], ownNamespace, true)
  );
}

/** Tokens of the chart's name in an object that names one. */
export function chartNameTokens(kind: string): readonly string[] {
  return kind === 'HelmChart' ? ['spec', 'chart'] : ['spec', 'chart', 'spec', 'chart'];
}

/** Most rules of a set ask for the same source, and a key that was just put together is hashed anew for each of them. */
const keys = new WeakMap<SourceNeed, string>();

function keyOf(source: SourceNeed): string {
  const before = keys.get(source);
  if (before !== undefined) return before;
  const key = sourceKey(source.kind, source.namespace, source.name);
  keys.set(source, key);
  return key;
}

/** The fact about a source. One that was not gathered at all counts as unavailable. */
export function findSource(facts: Pick<Facts, 'sources'>, source: SourceNeed): Fact<SourceFact> {
  const fact = facts.sources.get(keyOf(source));
  return fact ?? { known: false, why: 'Unavailable' };
}

/** HelmChart's reference has no namespace of its own: the source lies beside the chart. */
function readReference(
  object: JsonObject,
  tokens: readonly string[],
  ownNamespace: string,
  crossNamespace: boolean,
): FollowedSource | undefined {
  const reference: Json | undefined = valueAt(object, tokens);
  if (!isJsonObject(reference)) return undefined;
  const { kind, name, namespace } = reference;
  if (typeof kind !== 'string' || typeof name !== 'string') return undefined;
  const other = crossNamespace && typeof namespace === 'string' && namespace !== '';
  return { kind, name, namespace: other ? namespace : ownNamespace, path: tokens.join('.') };
}
