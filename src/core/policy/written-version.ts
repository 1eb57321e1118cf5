/** What an object, or the source that it refers to, says about the version of its chart. */

import { isJsonObject, type Json } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';
import { stringifyJson } from '../json/stringify.ts';
import type { UnknownReason } from './facts.ts';
import type { RuleInput } from './rule.ts';
import { type FollowedSource, findSource, sourceOf } from './source-of.ts';

export type WrittenVersion = {
  /** Dotted path of the field that findings are about. */
  readonly path: string;
  /** Where the text stands in the judged object; absent where it stands in a source that is followed. */
  readonly tokens?: readonly string[];
  /** `OCIRepository team/app`, where a source is followed. */
  readonly of?: string;
} & (
  | { readonly kind: 'range'; readonly text: Json }
  /** The tag of an OCI artifact: Flux refuses a chart whose version is another. */
  | { readonly kind: 'tag'; readonly text: string }
  /** Names the bytes, and says nothing about the version; Flux reads no tag beside it. */
  | { readonly kind: 'digest'; readonly text: string }
  | { readonly kind: 'unknown'; readonly why: UnknownReason }
);

/** The layer that helm puts charts in; an OCIRepository may hold anything else too. */
const CHART_LAYER = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';

/** Tokens of the version in an object that names a chart. */
export function versionTokens(kind: string): readonly string[] {
  return kind === 'HelmChart' ? ['spec', 'version'] : ['spec', 'chart', 'spec', 'version'];
}

/**
 * The version of an object's chart as it is written. Undefined where none is: Flux ignores the version of charts out of Git and
 * Bucket sources, an ExternalArtifact has none, and an OCIRepository need not hold a chart.
 */
export function findWrittenVersion({ subject, object, facts }: RuleInput): WrittenVersion | undefined {
  const { kind, namespace } = subject;
  if (kind === 'OCIRepository') {
    const spec = valueAt(object, ['spec']);
    return valueAt(spec, ['layerSelector', 'mediaType']) === CHART_LAYER ? artifactVersion(spec) : undefined;
  }
  const source = sourceOf(kind, object, namespace);
  if (source === undefined) return undefined;
  if (source.path !== 'spec.chartRef') {
    if (source.kind !== 'HelmRepository') return undefined;
    const tokens = versionTokens(kind);
    return { kind: 'range', path: tokens.join('.'), tokens, text: valueAt(object, tokens) ?? '*' };
  }
  if (source.kind !== 'OCIRepository' && source.kind !== 'HelmChart') return undefined;
  return followedVersion(source, facts);
}

function followedVersion(source: FollowedSource, facts: RuleInput['facts']): WrittenVersion | undefined {
  const place = { path: source.path, of: `${source.kind} ${source.namespace}/${source.name}` };
  const fact = findSource(facts, source);
  if (!fact.known) return { ...place, kind: 'unknown', why: fact.why };
  const { spec } = fact.value;
  if (spec === undefined) return { ...place, kind: 'unknown', why: 'Unavailable' };
  if (source.kind === 'HelmChart') {
    if (valueAt(spec, ['sourceRef', 'kind']) !== 'HelmRepository') return undefined;
    return { ...place, kind: 'range', text: valueAt(spec, ['version']) ?? '*' };
  }
  const { tokens: _own, ...version } = artifactVersion(spec);
  return { ...version, ...place };
}

/** `spec.ref`: a digest before a range, a range before a tag, and without any of them the tag `latest` (flux.md 1.7). */
function artifactVersion(spec: Json | undefined): WrittenVersion {
  const reference = valueAt(spec, ['ref']);
  const { digest, semver, tag } = isJsonObject(reference) ? reference : {};
  const at = (field: string) => ({ path: `spec.ref.${field}`, tokens: ['spec', 'ref', field] });
  if (isWritten(digest)) return { ...at('digest'), kind: 'digest', text: shown(digest) };
  if (isWritten(semver)) return { ...at('semver'), kind: 'range', text: semver };
  if (isWritten(tag)) return { ...at('tag'), kind: 'tag', text: shown(tag) };
  return { ...at('tag'), kind: 'tag', text: 'latest' };
}

/** As messages show what was written; anything but a text is none that a registry has. */
function shown(value: Json): string {
  return typeof value === 'string' ? value : stringifyJson(value);
}

function isWritten(value: Json | undefined): value is Json {
  return value !== undefined && value !== null && value !== '';
}
