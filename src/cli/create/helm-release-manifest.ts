import type { JsonObject } from '../../core/json/json.ts';
import { CreateError, invalidArgument } from './create-error.ts';
import { normaliseGoDuration } from './go-duration.ts';
import type { Manifest, ManifestMetadata } from './manifest.ts';
import type { ManifestVersion } from './manifest-version.ts';
import { parseChartRef, parseDependsOn, parseSource, parseValuesFrom } from './object-reference.ts';

/** The flags of `create helmrelease` that reach the manifest. */
export interface HelmReleaseFlags {
  readonly interval: string;
  readonly source?: string;
  readonly chart?: string;
  readonly chartVersion?: string;
  readonly chartRef?: string;
  readonly releaseName?: string;
  readonly targetNamespace?: string;
  readonly storageNamespace?: string;
  readonly createTargetNamespace?: boolean;
  readonly dependsOn: readonly string[];
  readonly valuesFrom: readonly string[];
  readonly serviceAccount?: string;
  readonly reconcileStrategy: string;
  readonly chartInterval?: string;
  readonly crds?: string;
  readonly kubeconfigSecretRef?: string;
}

const CRDS_POLICIES = ['Skip', 'Create', 'CreateReplace'];
const RECONCILE_STRATEGIES = ['Revision', 'ChartVersion'];

/** The longest name of a Helm release. */
const MAX_RELEASE_NAME = 53;

/**
 * A HelmRelease as `flux create helmrelease --export` prints it. `values` is absent when no file was given. Throws a
 * CreateError; messages that flux has too are its own.
 */
export function helmReleaseManifest(
  metadata: ManifestMetadata,
  flags: HelmReleaseFlags,
  values: JsonObject | undefined,
  version: ManifestVersion,
): Manifest {
  const { chart = '', chartRef = '' } = flags;
  if (chart === '' && chartRef === '') throw new CreateError('chart or chart-ref is required');
  if (chart !== '' && chartRef !== '')
    throw new CreateError('cannot use --chart in combination with --chart-ref');
  const spec: JsonObject = {
    ...(chart === '' ? chartRefSpec(chartRef, version) : { chart: { spec: chartSpec(chart, flags) } }),
    interval: normaliseGoDuration('interval', flags.interval),
    releaseName: given(releaseName(flags.releaseName)),
    targetNamespace: given(flags.targetNamespace),
    // Flux keeps the release's Secrets beside the release unless told otherwise; its API alone would not.
    storageNamespace: given(flags.storageNamespace) ?? given(flags.targetNamespace),
    dependsOn: filled(flags.dependsOn.map((text): JsonObject => ({ ...parseDependsOn(text) }))),
    serviceAccountName: given(flags.serviceAccount),
    ...(given(flags.kubeconfigSecretRef) === undefined
      ? {}
      : { kubeConfig: { secretRef: { name: flags.kubeconfigSecretRef } } }),
    ...actions(flags),
    valuesFrom: filled(flags.valuesFrom.map((text): JsonObject => ({ ...parseValuesFrom(text) }))),
    values,
  };
  return { apiVersion: version.helmRelease, kind: 'HelmRelease', metadata, spec };
}

function chartSpec(chart: string, flags: HelmReleaseFlags): JsonObject {
  if (!RECONCILE_STRATEGIES.includes(flags.reconcileStrategy)) {
    throw new CreateError(
      `'${flags.reconcileStrategy}' is an invalid reconcile strategy(valid: ${RECONCILE_STRATEGIES.join(', ')})`,
    );
  }
  if (flags.source === undefined) {
    throw new CreateError('--chart needs --source KIND/NAME[.NAMESPACE], such as HelmRepository/podinfo');
  }
  const source = parseSource(flags.source);
  return {
    chart,
    version: given(flags.chartVersion),
    sourceRef: { kind: source.kind, name: source.name, namespace: given(source.namespace) },
    reconcileStrategy: flags.reconcileStrategy,
    interval: chartInterval(flags.chartInterval),
  };
}

/** Flux takes an interval of 0 for none. */
function chartInterval(text: string | undefined): string | undefined {
  const interval = text === undefined ? undefined : normaliseGoDuration('chart-interval', text);
  return interval === '0s' ? undefined : interval;
}

function chartRefSpec(text: string, version: ManifestVersion): JsonObject {
  const { kind, name, namespace } = parseChartRef(text);
  if (version.helmRelease.endsWith('/v2beta1')) {
    throw new CreateError(
      '--chart-ref needs --api-version v2: in v2beta1 the chart is required, use --chart and --source',
    );
  }
  return { chartRef: { kind, name, namespace: given(namespace) } };
}

/** `--crds` is about upgrades; as in flux, an installation creates them then in any case. */
function actions(flags: HelmReleaseFlags): JsonObject {
  const { crds } = flags;
  if (crds !== undefined && !CRDS_POLICIES.includes(crds)) {
    const supported = CRDS_POLICIES.join(', ');
    throw invalidArgument(
      'crds',
      crds,
      crds.trim() === ''
        ? `no upgrade CRDs policy given, must be one of: ${supported}`
        : `unsupported upgrade CRDs policy '${crds}', must be one of: ${supported}`,
    );
  }
  const creates = flags.createTargetNamespace === true;
  return {
    ...(crds === undefined && !creates
      ? {}
      : {
          install: {
            ...(crds === undefined ? {} : { crds: 'Create' }),
            ...(creates ? { createNamespace: true } : {}),
          },
        }),
    ...(crds === undefined ? {} : { upgrade: { crds } }),
  };
}

function releaseName(name: string | undefined): string | undefined {
  if (name !== undefined && name.length > MAX_RELEASE_NAME) {
    throw invalidArgument('release-name', name, `must be at most ${MAX_RELEASE_NAME} characters long`);
  }
  return name;
}

/** As in flux, an empty flag is no flag. */
function given(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function filled(list: readonly JsonObject[]): readonly JsonObject[] | undefined {
  return list.length === 0 ? undefined : list;
}
