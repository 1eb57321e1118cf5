import type { HelmRelease } from '../../core/api/helm-release.ts';
import type { HelmRepository } from '../../core/api/helm-repository.ts';
import type { JsonObject } from '../../core/json/json.ts';
import { sourceFactOf } from '../../core/policy/source-fact.ts';
import type { Attempt } from '../../core/release/attempt.ts';
import type { Block } from '../../core/release/block.ts';
import { findCondition } from '../../core/release/conditions.ts';
import { digestValues } from '../../core/release/config-digest.ts';
import { releaseNameOf, releaseNamespaceOf, storageNamespaceOf } from '../../core/release/names.ts';
import { resolve } from '../../core/version/resolve.ts';
import type { IndexEntry, RepositoryIndex } from '../../io/contract.ts';
import { gatherValues } from './gather-values.ts';
import { releaseIdentity } from './release-identity.ts';
import { denialLine, type Judged, type ReleaseFacts } from './release-judge.ts';
import type { ReleasePass } from './release-pass.ts';
import { unsupportedFields, unsupportedSource } from './unsupported.ts';

/** Everything that must be known before a release is judged and looked at. */
export interface Gathered {
  readonly attempt: Attempt;
  readonly facts: ReleaseFacts;
  readonly repository: HelmRepository;
  readonly entry: IndexEntry;
  readonly values: JsonObject;
  /** Texts from Secrets among the values, which must not show up in anything that is printed. */
  readonly secrets: readonly string[];
}

/** What is in the way; with the decision when it is a policy. */
export interface Blocked {
  readonly block: Block;
  readonly judged?: Judged;
  /** This process has not come to read the source yet, which was fine before: no news for a release that stands. */
  readonly underWay?: boolean;
}

/** Gathers, in Flux's order: dependencies, source, values, chart; or says what is in the way. */
export async function gather(pass: ReleasePass): Promise<Gathered | Blocked> {
  const { release } = pass;
  const source = unsupportedSource(release);
  if (source !== undefined) {
    return blocked('UnsupportedSource', `a chart from ${source} is not supported yet; use a HelmRepository`);
  }
  const fields = unsupportedFields(release);
  if (fields.length > 0) return blocked('UnsupportedField', `not supported yet: ${fields.join(', ')}`);
  const identity = releaseIdentity(release);
  if (identity.kind === 'refused') return blocked('AccessDenied', identity.message);
  const owner = ownerOfPlace(pass);
  if (owner !== undefined) {
    const place = `${storageNamespaceOf(release)}/${releaseNameOf(release)}`;
    const message = `the Helm release ${place} belongs to HelmRelease '${owner}'; give this one another releaseName`;
    return blocked('DuplicateRelease', message);
  }
  const waiting = unreadyDependency(pass);
  if (waiting !== undefined) return blocked('DependencyNotReady', `dependency '${waiting}' is not ready`);

  const found = findSource(pass, release);
  if ('block' in found) return found;
  const { repository, entry } = found;
  const composed = await gatherValues(pass);
  if ('block' in composed) return composed;
  const { values, secrets } = composed;
  return { ...describe(release, repository, entry, values), repository, entry, values, secrets };
}

function describe(
  release: HelmRelease,
  repository: HelmRepository,
  entry: IndexEntry,
  values: JsonObject,
): Pick<Gathered, 'attempt' | 'facts'> {
  const { name, version, appVersion, created, deprecated, digest, kubeVersion } = entry;
  const { namespace = '' } = repository.metadata;
  return {
    attempt: {
      releaseName: releaseNameOf(release),
      releaseNamespace: releaseNamespaceOf(release),
      storageNamespace: storageNamespaceOf(release),
      chart: { name, version },
      configDigest: digestValues(values),
    },
    facts: {
      source: sourceFactOf(
        { kind: 'HelmRepository', namespace, name: repository.metadata.name },
        repository.spec as unknown as JsonObject,
      ),
      chart: {
        name,
        version,
        ...(appVersion === undefined ? {} : { appVersion }),
        ...(created === undefined ? {} : { created }),
        ...(deprecated === undefined ? {} : { deprecated }),
        ...(digest === undefined ? {} : { digest: `sha256:${digest}` }),
        ...(kubeVersion === undefined ? {} : { kubeVersion }),
      },
      values,
    },
  };
}

/** The repository and the entry that the version resolves to. */
function findSource(
  { options }: ReleasePass,
  { metadata, spec }: HelmRelease,
): { readonly repository: HelmRepository; readonly entry: IndexEntry } | Blocked {
  const chart = spec.chart?.spec;
  if (chart === undefined) return blocked('SourceNotReady', 'spec.chart is missing');
  const { namespace = metadata.namespace ?? '', name } = chart.sourceRef;
  const place = `HelmRepository '${namespace}/${name}'`;
  const repository = options.findRepository(namespace, name);
  if (repository === undefined) return blocked('SourceNotReady', `${place} does not exist`);
  if (repository.spec.type === 'oci') {
    return blocked('UnsupportedSource', `${place} is of type oci, which is not supported yet`);
  }
  const held = options.indexes.find(`${namespace}/${name}`);
  if (held === undefined || held.url !== repository.spec.url) {
    const judged = options.judge.judgeSource(repository);
    if (judged?.decision.allowed === false) {
      const message = `${place} may not be read: ${denialLine(judged.decision)}`;
      return { block: { reason: 'PolicyDenied', message }, judged };
    }
    const why = findCondition(repository.status?.conditions, 'Ready');
    const detail = why?.status === 'False' ? why.message : 'its index has not been read yet';
    const underWay = why?.status === 'True' && why.observedGeneration === repository.metadata.generation;
    return { ...blocked('SourceNotReady', `${place} is not ready: ${detail}`), underWay };
  }
  const read = entriesOf(held.index, chart.chart);
  if ('block' in read) return read;
  const resolved = resolve(chart.version ?? '*', read.entries);
  if (!resolved.ok) {
    return blocked('SourceNotReady', `${place} has no chart '${chart.chart}' to offer: ${resolved.message}`);
  }
  return { repository, entry: resolved.entry };
}

/** The chart's part of the index; a part that can't be read does not stop the other charts of the repository. */
function entriesOf(
  index: RepositoryIndex,
  chart: string,
): { readonly entries: readonly IndexEntry[] } | { readonly block: Block } {
  try {
    return { entries: index.entries(chart) };
  } catch (error) {
    return blocked('ArtifactFailed', error instanceof Error ? error.message : String(error));
  }
}

/**
 * The HelmRelease that has the place in helm's storage which this one wants too; undefined when it is this one's. The
 * oldest has it, by creation and then by name: two that took turns would undo each other's release for ever.
 */
function ownerOfPlace({ options, release, key }: ReleasePass): string | undefined {
  const claimants = options.claimantsOf(storageNamespaceOf(release), releaseNameOf(release));
  const ranked = claimants.flatMap((claimant) => {
    const [namespace = '', name = ''] = claimant.split('/');
    const object = claimant === key ? release : options.findRelease(namespace, name);
    // One that is suspended claims nothing: so a release passes from one HelmRelease to another.
    if (claimant !== key && object?.spec.suspend === true) return [];
    return [{ claimant, rank: `${object?.metadata.creationTimestamp ?? ''} ${claimant}` }];
  });
  const [oldest] = ranked.toSorted((a, b) => (a.rank < b.rank ? -1 : 1));
  return oldest === undefined || oldest.claimant === key ? undefined : oldest.claimant;
}

/** The first dependency that is missing, not Ready, or not observed at its newest generation (flux rule 2). */
function unreadyDependency({ options, release }: ReleasePass): string | undefined {
  for (const { name, namespace = release.metadata.namespace ?? '' } of release.spec.dependsOn ?? []) {
    const other = options.findRelease(namespace, name);
    const ready = findCondition(other?.status?.conditions, 'Ready');
    const observed = other?.status?.observedGeneration === other?.metadata.generation;
    if (ready?.status !== 'True' || !observed) return `${namespace}/${name}`;
  }
  return undefined;
}

function blocked(reason: Block['reason'], message: string): { readonly block: Block } {
  return { block: { reason, message } };
}
