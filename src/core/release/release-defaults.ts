import type { Json } from '../json/json.ts';
import {
  always,
  api,
  apiText,
  controller,
  each,
  type FieldGroup,
  type Fields,
  holder,
  ifWritten,
  isTrueIn,
  NO_DEFAULT,
  onlyBeside,
  since,
  text,
  textIn,
  type WrittenObject,
} from './field-defaults.ts';
import { releaseNameOf, releaseNamespaceOf, storageNamespaceOf } from './names.ts';

const NO = controller(false);
const timeout = controller((release) => textIn(release, 'timeout') ?? '5m0s');
const ownNamespace = text(({ namespace }) => (namespace === '' ? undefined : namespace));

/**
 * What a Helm controller takes for absent fields of a HelmRelease (flux.md 1.2). Fields without a default are listed only where
 * an older API version does not have them.
 */
export const RELEASE_DEFAULTS: FieldGroup = ifWritten({
  chart: ifWritten({
    spec: ifWritten({
      version: apiText('*'),
      sourceRef: ifWritten({ namespace: ownNamespace }),
      interval: controller((release) => textIn(release, 'interval')),
      reconcileStrategy: api('ChartVersion'),
      ignoreMissingValuesFiles: since('v2beta2', NO),
      verify: ifWritten({ provider: api('cosign') }),
    }),
  }),
  chartRef: ifWritten({ namespace: ownNamespace }),
  kubeConfig: ifWritten({ configMapRef: since('v2', ifWritten({})), secretRef: ifWritten({}) }),
  suspend: NO,
  // Not known before the API server has generated the object's name.
  releaseName: text((release) =>
    release.name === '' ? undefined : releaseNameOf({ metadata: metadataOf(release), spec: release.spec }),
  ),
  targetNamespace: text((release) => releaseNamespaceOf({ metadata: metadataOf(release) }) || undefined),
  storageNamespace: text((release) => storageNamespaceOf({ metadata: metadataOf(release) }) || undefined),
  dependsOn: each({ namespace: ownNamespace, readyExpr: since('v2', NO_DEFAULT) }),
  timeout: controller('5m0s'),
  maxHistory: controller(5),
  persistentClient: controller(true),
  driftDetection: always({ mode: controller('disabled') }),
  install: always({
    ...attempt(),
    remediation: always({
      ...remediation(),
      remediateLastFailure: NO,
    }),
    replace: NO,
    skipCRDs: NO,
    crds: controller('Create'),
    createNamespace: NO,
    serverSideApply: since('v2', controller(true)),
  }),
  upgrade: always({
    ...attempt(),
    remediation: always({
      ...remediation(),
      remediateLastFailure: controller((_release, { retries }) => isPositive(retries)),
      strategy: controller('rollback'),
    }),
    force: NO,
    preserveValues: NO,
    cleanupOnFail: NO,
    // Flux documents Skip and does Create, which server-side apply turns into an update of every CRD at each upgrade.
    crds: controller((release) => (release.controller === 'flux' ? 'Create' : 'Skip')),
    serverSideApply: since('v2', controller('auto')),
    chartNameChangeStrategy: since('v2', controller('Reinstall')),
  }),
  test: always({ enable: NO, timeout, ignoreFailures: NO, filters: since('v2beta2', NO_DEFAULT) }),
  rollback: always({
    ...action(),
    recreate: NO,
    force: NO,
    cleanupOnFail: NO,
    disableWaitForJobs: NO,
    serverSideApply: since('v2', controller('auto')),
  }),
  uninstall: always({ ...action(), keepHistory: NO, deletionPropagation: api('background') }),
  valuesFrom: each({
    valuesKey: text('values.yaml'),
    optional: NO,
    literal: since('v2', NO),
  }),
  commonMetadata: since('v2', holder({})),
  postRenderStrategy: since('v2', controller('combined')),
  waitStrategy: since('v2', always({ name: controller('poller') })),
  healthCheckExprs: since('v2', NO_DEFAULT),
});

function action(): Fields {
  return { timeout, disableWait: NO, disableHooks: NO };
}

/** What installs and upgrades have in common. */
function attempt(): Fields {
  return {
    ...action(),
    disableWaitForJobs: NO,
    disableTakeOwnership: since('v2', NO),
    disableOpenAPIValidation: NO,
    disableSchemaValidation: since('v2', NO),
    strategy: since(
      'v2',
      always({
        name: controller('RemediateOnFailure'),
        retryInterval: onlyBeside(
          'name',
          'RetryOnFailure',
          controller((_release, { name }) => (name === 'RetryOnFailure' ? '5m0s' : undefined)),
        ),
      }),
    ),
  };
}

function remediation(): Fields {
  return {
    retries: controller(0),
    ignoreTestFailures: controller((release) => isTrueIn(release, 'test', 'ignoreFailures')),
  };
}

function metadataOf({ namespace, name }: WrittenObject): {
  readonly name: string;
  readonly namespace: string;
} {
  return { name, namespace };
}

function isPositive(value: Json | undefined): boolean {
  return (typeof value === 'number' || typeof value === 'bigint') && value > 0;
}
