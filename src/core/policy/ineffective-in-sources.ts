import { type Combination, type Ineffective, isAskedOf, type Reading } from './ineffective-combination.ts';

const CHARTS = ['HelmRelease', 'HelmChart'] as const;

/** Combinations about where a chart comes from that the controllers ignore (flux.md 1.2, 1.6, 1.7). */
export const INEFFECTIVE_IN_SOURCES: readonly Combination[] = [
  {
    id: 'version',
    kinds: CHARTS,
    text: 'a chart version, other than `*`, for a chart from a GitRepository or Bucket: what lies at the path is taken',
    find: (chart) =>
      isFromFiles(chart) && chart.seen(pathOf(chart, 'version')) !== '*'
        ? found(
            chart,
            'version',
            `of a ${kindOfSource(chart)} what lies at the path is taken, whatever its version is`,
          )
        : [],
  },
  {
    id: 'reconcileStrategy',
    kinds: CHARTS,
    text: '`reconcileStrategy: Revision` for a chart from a HelmRepository, which has no revisions of a chart',
    find: (chart) =>
      kindOfSource(chart) === 'HelmRepository' &&
      chart.seen(pathOf(chart, 'reconcileStrategy')) === 'Revision'
        ? found(chart, 'reconcileStrategy', 'a HelmRepository has versions of a chart and no revisions')
        : [],
  },
  {
    id: 'verify',
    kinds: CHARTS,
    text: '`verify` for a chart that is not from a HelmRepository of type `oci`: no chart is built. A HelmRepository that is not known counts as one',
    find: (chart) => unverifiable(chart),
  },
  {
    id: 'ignoreMissingValuesFiles',
    kinds: CHARTS,
    text: '`ignoreMissingValuesFiles: true` without `valuesFiles`',
    find: (chart) =>
      chart.seen(pathOf(chart, 'ignoreMissingValuesFiles')) === true &&
      chart.written(pathOf(chart, 'valuesFiles')) === undefined
        ? found(chart, 'ignoreMissingValuesFiles', 'there are no valuesFiles that could be missing')
        : [],
  },
  {
    id: 'repositoryType',
    kinds: ['HelmRepository'],
    text: 'a HelmRepository whose URL begins with `oci://` without `type: oci`, or the reverse: the controller refuses it',
    find(repository) {
      const url = repository.seen('url');
      const registry = typeof url === 'string' && url.startsWith('oci://');
      const type = registry ? 'oci' : 'default';
      if (typeof url !== 'string' || repository.seen('type') === type) return [];
      return [
        {
          path: ['type'],
          why: registry
            ? 'without type: oci the controller refuses an oci:// URL'
            : 'of type oci the controller refuses any URL but oci://',
          wouldPass: `type: ${type}`,
          instead: [[[['type'], type]]],
          removable: false,
        },
      ];
    },
  },
  {
    id: 'ociRepository',
    kinds: ['HelmRepository'],
    text: '`interval`, `timeout`, `suspend: true` and `passCredentials: true` of a HelmRepository of type `oci`: it has no index to fetch',
    find: (repository) =>
      repository.seen('type') === 'oci'
        ? ['interval', 'timeout', 'suspend', 'passCredentials']
            .filter((field) => isAskedOf(repository, field))
            .flatMap((field) =>
              found(
                repository,
                field,
                `a repository of type oci has no index to fetch, so ${field} is ignored`,
              ),
            )
        : [],
  },
  {
    id: 'httpRepository',
    kinds: ['HelmRepository'],
    text: '`insecure: true`, and a `provider` other than `generic`, of a HelmRepository that is not of type `oci`',
    find: (repository) =>
      repository.seen('type') === 'default'
        ? [
            ...(repository.seen('insecure') === true
              ? found(repository, 'insecure', 'only a repository of type oci can be insecure')
              : []),
            ...(repository.seen('provider') !== 'generic' && repository.written('provider') !== undefined
              ? found(
                  repository,
                  'provider',
                  'only a repository of type oci authenticates with a cloud provider',
                )
              : []),
          ]
        : [],
  },
  {
    id: 'reference',
    kinds: ['OCIRepository'],
    text: '`ref.tag` beside `ref.semver`, both beside `ref.digest`, and `ref.semverFilter` without `ref.semver`',
    find: (repository) => unusedReference(repository),
  },
];

/** The path of a chart's field below `spec`: a HelmRelease holds a template of a HelmChart. */
function pathOf({ kind }: Reading, field: string): string {
  return kind === 'HelmRelease' ? `chart.spec.${field}` : field;
}

function found(reading: Reading, field: string, why: string): readonly Ineffective[] {
  const path = reading.kind === 'HelmRelease' ? pathOf(reading, field) : field;
  return [{ path: path.split('.'), why }];
}

function kindOfSource(chart: Reading): string | undefined {
  const kind = chart.seen(pathOf(chart, 'sourceRef.kind'));
  return typeof kind === 'string' ? kind : undefined;
}

function isFromFiles(chart: Reading): boolean {
  return ['GitRepository', 'Bucket'].includes(kindOfSource(chart) ?? '');
}

function unverifiable(chart: Reading): readonly Ineffective[] {
  if (chart.written(pathOf(chart, 'verify')) === undefined) return [];
  if (isFromFiles(chart))
    return found(chart, 'verify', `a chart from a ${kindOfSource(chart)} cannot be verified: none is built`);
  const source = chart.source();
  if (source?.kind !== 'HelmRepository' || !source.fact.known) return [];
  const { url, spec } = source.fact.value;
  const registry = spec === undefined ? url?.startsWith('oci://') === true : spec['type'] === 'oci';
  return registry
    ? []
    : found(chart, 'verify', 'a chart from a repository over HTTP cannot be verified: none is built');
}

function unusedReference(repository: Reading): readonly Ineffective[] {
  const [digest, semver, tag, filter] = ['digest', 'semver', 'tag', 'semverFilter'].map((field) =>
    repository.written(`ref.${field}`),
  );
  const first = digest !== undefined ? 'digest' : semver !== undefined ? 'semver' : undefined;
  return [
    ...(tag !== undefined && first !== undefined
      ? found(repository, 'ref.tag', `${first} comes before tag`)
      : []),
    ...(semver !== undefined && first === 'digest'
      ? found(repository, 'ref.semver', 'digest comes before semver')
      : []),
    ...(filter !== undefined && first !== 'semver'
      ? found(repository, 'ref.semverFilter', 'no semver range chooses among the tags that it lets through')
      : []),
  ];
}
