import { HELM_GROUP, SOURCE_GROUP } from '../../core/api/resources.ts';
import { isJsonObject } from '../../core/json/json.ts';
import { didYouMean } from '../../core/policy/did-you-mean.ts';
import type { Manifest } from './manifest.ts';

/** What is to be said about the apiVersion and kind that an object is written with. */
export interface VersionNote {
  readonly code: 'ApiVersionRemoved' | 'HistoryDefault' | 'KindUnknown';
  /** Path of the field that it is about. */
  readonly field: 'apiVersion' | 'kind' | 'spec.maxHistory';
  readonly message: string;
  readonly hint?: string;
}

/** By group: the version that Flux serves, and the Flux release that dropped each older one (helm-controller 1.4 and 1.5, source-controller 1.7 and 1.8). */
const VERSIONS: Readonly<
  Record<string, { readonly current: string; readonly dropped: Readonly<Record<string, string>> }>
> = {
  [HELM_GROUP]: { current: 'v2', dropped: { v2beta1: '2.7', v2beta2: '2.8' } },
  [SOURCE_GROUP]: { current: 'v1', dropped: { v1beta1: '2.7', v1beta2: '2.8' } },
};

/** Kinds by group, those that no rule judges too, so that they are not taken for slips. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  [HELM_GROUP]: ['HelmRelease'],
  [SOURCE_GROUP]: [
    'HelmRepository',
    'HelmChart',
    'OCIRepository',
    'GitRepository',
    'Bucket',
    'ExternalArtifact',
  ],
};

/** The apiVersion to write instead of one that current Flux no longer serves; undefined for all others. */
export function currentApiVersion({
  group,
  version,
}: Pick<Manifest, 'group' | 'version'>): string | undefined {
  const known = VERSIONS[group];
  return known?.dropped[version] === undefined ? undefined : `${group}/${known.current}`;
}

/** Kinds whose old fields all have an equal that is known here, or are refused by name. */
const REWRITTEN: ReadonlySet<string> = new Set([
  'HelmRelease',
  'HelmRepository',
  'HelmChart',
  'OCIRepository',
]);

/** Whether `helmgate fix` rewrites objects of a kind to the current version. */
export function isRewritten(kind: string): boolean {
  return REWRITTEN.has(kind);
}

/**
 * What is to be said about how an object names its kind: a version that Flux dropped and what changes with it, or a kind or group that
 * is a slip of one that is judged.
 */
export function versionNotes(manifest: Manifest): readonly VersionNote[] {
  const { group, version, kind } = manifest;
  const known = VERSIONS[group];
  if (known === undefined) return groupNotes(manifest);
  const kinds = KINDS[group] ?? [];
  if (!kinds.includes(kind)) {
    const hint = didYouMean(kind, kinds);
    const message = `${group} has no kind ${kind}: the object is not judged`;
    return [{ code: 'KindUnknown', field: 'kind', message, ...(hint === undefined ? {} : { hint }) }];
  }
  const release = known.dropped[version];
  if (release !== undefined) {
    const how = isRewritten(kind)
      ? 'helmgate fix writes it'
      : 'see its release notes for the fields that went';
    const message = `${group}/${version} is not served by Flux ${release} and later`;
    const hint = `use ${group}/${known.current} (${how})`;
    return [{ code: 'ApiVersionRemoved', field: 'apiVersion', message, hint }, ...historyNotes(manifest)];
  }
  if (version === known.current) return [];
  const message = `${group} has no version ${version}`;
  return [{ code: 'KindUnknown', field: 'apiVersion', message, hint: `use ${group}/${known.current}` }];
}

/** The default that moved between versions: 10 revisions in v2beta1, 5 since, and storage as v2 reads an absent field as v2 does. */
function historyNotes({ version, object }: Manifest): readonly VersionNote[] {
  const { spec } = object;
  if (version !== 'v2beta1' || (isJsonObject(spec) && spec['maxHistory'] !== undefined)) return [];
  const message = 'absent, it meant 10 revisions in v2beta1 and means 5 in v2';
  return [
    { code: 'HistoryDefault', field: 'spec.maxHistory', message, hint: 'write maxHistory: 10 to keep ten' },
  ];
}

/** The API of the Helm Operator, which Flux 2 replaced; the fields of its HelmRelease are others. */
const RETIRED_GROUP = 'helm.fluxcd.io';

/** An object of one of our kinds in a group that is nearly ours is most likely meant to be judged. */
function groupNotes({ group, version, kind }: Manifest): readonly VersionNote[] {
  if (group === RETIRED_GROUP) {
    const message = `${group}/${version} is the API of the retired Helm Operator: the object is not judged`;
    const hint = `Flux 2 reads ${HELM_GROUP}/v2, whose fields are others`;
    return [{ code: 'KindUnknown', field: 'apiVersion', message, hint }];
  }
  const meant = [HELM_GROUP, SOURCE_GROUP].find((name) => KINDS[name]?.includes(kind));
  const hint = meant === undefined ? undefined : didYouMean(group, [meant]);
  if (hint === undefined) return [];
  const message = `${kind} of the group ${group} is not judged`;
  return [{ code: 'KindUnknown', field: 'apiVersion', message, hint }];
}
