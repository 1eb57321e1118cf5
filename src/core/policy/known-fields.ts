/**
 * The fields that a policy may speak of: their types, the API version that introduced them, and the value that
 * the CRD's own schema fills before any webhook is called (flux.md 1.2, 1.3, 1.6, 1.8).
 *
 * A default at a path that the API does not know would be pruned and the object refused as `NotMutated` for ever; a
 * default of a wrong type would make every object invalid. Both are refused when the policy is loaded.
 */
import { isJsonObject, type Json } from '../json/json.ts';

export type FieldType =
  | 'boolean'
  | 'integer'
  | 'string'
  /** `^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$` */
  | 'duration'
  /** As `duration`, but the schema knows no `h` there. */
  | 'durationWithoutHours'
  | 'list'
  /** Keys and texts of the author's choice. */
  | 'strings'
  /** Any JSON, of any depth. */
  | 'json'
  | readonly string[];

export interface KnownField {
  readonly type: FieldType;
  /** The first API version that has the field; absent when all have it. */
  readonly since?: 'v2beta2' | 'v2' | 'v1beta2';
  /** What the CRD's schema fills in where the parent exists: a policy's default can never act there. */
  readonly schemaDefault?: string;
}

const bool: KnownField = { type: 'boolean' };
const bool2: KnownField = { type: 'boolean', since: 'v2' };
const integer: KnownField = { type: 'integer' };
const string: KnownField = { type: 'string' };
const duration: KnownField = { type: 'duration' };
const timeoutOfSource: KnownField = { type: 'durationWithoutHours' };
const list: KnownField = { type: 'list' };
const strings2: KnownField = { type: 'strings', since: 'v2' };
const oneOf = (...values: readonly string[]): KnownField => ({ type: values });
const oneOf2 = (...values: readonly string[]): KnownField => ({ type: values, since: 'v2' });

const HELM_RELEASE: Readonly<Record<string, KnownField>> = {
  'spec.chart.metadata.labels': { type: 'strings' },
  'spec.chart.metadata.annotations': { type: 'strings' },
  'spec.chart.spec.version': { type: 'string', schemaDefault: '*' },
  'spec.chart.spec.interval': duration,
  'spec.chart.spec.reconcileStrategy': { type: ['ChartVersion', 'Revision'], schemaDefault: 'ChartVersion' },
  'spec.chart.spec.valuesFiles': list,
  'spec.chart.spec.ignoreMissingValuesFiles': { type: 'boolean', since: 'v2beta2' },
  'spec.chart.spec.verify.provider': { type: ['cosign', 'notation'], schemaDefault: 'cosign' },
  'spec.chart.spec.verify.secretRef.name': string,
  'spec.interval': duration,
  'spec.kubeConfig.secretRef.name': string,
  'spec.kubeConfig.secretRef.key': string,
  'spec.kubeConfig.configMapRef.name': { type: 'string', since: 'v2' },
  'spec.suspend': bool,
  'spec.releaseName': string,
  'spec.targetNamespace': string,
  'spec.storageNamespace': string,
  'spec.dependsOn': list,
  'spec.timeout': duration,
  'spec.maxHistory': integer,
  'spec.serviceAccountName': string,
  'spec.persistentClient': bool,
  'spec.driftDetection.mode': oneOf('enabled', 'warn', 'disabled'),
  'spec.driftDetection.ignore': list,
  'spec.install.timeout': duration,
  'spec.install.strategy.name': oneOf2('RemediateOnFailure', 'RetryOnFailure'),
  'spec.install.strategy.retryInterval': { type: 'duration', since: 'v2' },
  'spec.install.remediation.retries': integer,
  'spec.install.remediation.ignoreTestFailures': bool,
  'spec.install.remediation.remediateLastFailure': bool,
  'spec.install.disableTakeOwnership': bool2,
  'spec.install.disableWait': bool,
  'spec.install.disableWaitForJobs': bool,
  'spec.install.disableHooks': bool,
  'spec.install.disableOpenAPIValidation': bool,
  'spec.install.disableSchemaValidation': bool2,
  'spec.install.replace': bool,
  'spec.install.skipCRDs': bool,
  'spec.install.crds': oneOf('Skip', 'Create', 'CreateReplace'),
  'spec.install.createNamespace': bool,
  'spec.install.serverSideApply': bool2,
  'spec.upgrade.timeout': duration,
  'spec.upgrade.strategy.name': oneOf2('RemediateOnFailure', 'RetryOnFailure'),
  'spec.upgrade.strategy.retryInterval': { type: 'duration', since: 'v2' },
  'spec.upgrade.remediation.retries': integer,
  'spec.upgrade.remediation.ignoreTestFailures': bool,
  'spec.upgrade.remediation.remediateLastFailure': bool,
  'spec.upgrade.remediation.strategy': oneOf('rollback', 'uninstall'),
  'spec.upgrade.disableTakeOwnership': bool2,
  'spec.upgrade.disableWait': bool,
  'spec.upgrade.disableWaitForJobs': bool,
  'spec.upgrade.disableHooks': bool,
  'spec.upgrade.disableOpenAPIValidation': bool,
  'spec.upgrade.disableSchemaValidation': bool2,
  'spec.upgrade.force': bool,
  'spec.upgrade.preserveValues': bool,
  'spec.upgrade.cleanupOnFail': bool,
  'spec.upgrade.crds': oneOf('Skip', 'Create', 'CreateReplace'),
  'spec.upgrade.serverSideApply': oneOf2('enabled', 'disabled', 'auto'),
  'spec.upgrade.chartNameChangeStrategy': oneOf2('InPlaceUpdate', 'Reinstall'),
  'spec.test.enable': bool,
  'spec.test.timeout': duration,
  'spec.test.ignoreFailures': bool,
  'spec.test.filters': { type: 'list', since: 'v2beta2' },
  'spec.rollback.timeout': duration,
  'spec.rollback.disableWait': bool,
  'spec.rollback.disableWaitForJobs': bool,
  'spec.rollback.disableHooks': bool,
  'spec.rollback.recreate': bool,
  'spec.rollback.force': bool,
  'spec.rollback.cleanupOnFail': bool,
  'spec.rollback.serverSideApply': oneOf2('enabled', 'disabled', 'auto'),
  'spec.uninstall.timeout': duration,
  'spec.uninstall.disableHooks': bool,
  'spec.uninstall.keepHistory': bool,
  'spec.uninstall.disableWait': bool,
  'spec.uninstall.deletionPropagation': {
    type: ['background', 'foreground', 'orphan'],
    schemaDefault: 'background',
  },
  'spec.valuesFrom': list,
  'spec.values': { type: 'json' },
  'spec.commonMetadata.labels': strings2,
  'spec.commonMetadata.annotations': strings2,
  'spec.postRenderers': list,
  'spec.postRenderStrategy': oneOf2('nohooks', 'combined', 'separate'),
  'spec.waitStrategy.name': oneOf2('poller', 'legacy'),
  'spec.healthCheckExprs': { type: 'list', since: 'v2' },
};

const HELM_REPOSITORY: Readonly<Record<string, KnownField>> = {
  'spec.url': string,
  'spec.type': { type: ['default', 'oci'], since: 'v1beta2' },
  'spec.interval': duration,
  'spec.timeout': timeoutOfSource,
  'spec.secretRef.name': string,
  'spec.certSecretRef.name': { type: 'string', since: 'v1beta2' },
  'spec.passCredentials': bool,
  'spec.insecure': { type: 'boolean', since: 'v1beta2' },
  'spec.provider': { type: ['generic', 'aws', 'azure', 'gcp'], since: 'v1beta2', schemaDefault: 'generic' },
  'spec.suspend': bool,
};

const HELM_CHART: Readonly<Record<string, KnownField>> = {
  'spec.chart': string,
  'spec.version': { type: 'string', schemaDefault: '*' },
  'spec.sourceRef.apiVersion': string,
  'spec.sourceRef.kind': oneOf('HelmRepository', 'GitRepository', 'Bucket'),
  'spec.sourceRef.name': string,
  'spec.interval': duration,
  'spec.reconcileStrategy': { type: ['ChartVersion', 'Revision'], schemaDefault: 'ChartVersion' },
  'spec.valuesFiles': list,
  'spec.ignoreMissingValuesFiles': bool,
  'spec.suspend': bool,
  'spec.verify.provider': { type: ['cosign', 'notation'], schemaDefault: 'cosign' },
  'spec.verify.secretRef.name': string,
  'spec.verify.matchOIDCIdentity': list,
};

const OCI_REPOSITORY: Readonly<Record<string, KnownField>> = {
  'spec.url': string,
  'spec.ref.digest': string,
  'spec.ref.semver': string,
  'spec.ref.semverFilter': string,
  'spec.ref.tag': string,
  'spec.layerSelector.mediaType': string,
  'spec.layerSelector.operation': oneOf('extract', 'copy'),
  'spec.interval': duration,
  'spec.timeout': { type: 'durationWithoutHours', schemaDefault: '60s' },
  'spec.provider': { type: ['generic', 'aws', 'azure', 'gcp'], schemaDefault: 'generic' },
  'spec.secretRef.name': string,
  'spec.certSecretRef.name': string,
  'spec.proxySecretRef.name': string,
  'spec.serviceAccountName': string,
  'spec.verify.provider': { type: ['cosign', 'notation'], schemaDefault: 'cosign' },
  'spec.verify.secretRef.name': string,
  'spec.verify.matchOIDCIdentity': list,
  'spec.verify.trustedRootSecretRef.name': string,
  'spec.ignore': string,
  'spec.insecure': bool,
  'spec.suspend': bool,
};

const FIELDS: Readonly<Record<string, Readonly<Record<string, KnownField>>>> = {
  HelmRelease: HELM_RELEASE,
  HelmRepository: HELM_REPOSITORY,
  HelmChart: HELM_CHART,
  OCIRepository: OCI_REPOSITORY,
};

/** API versions from old to new; a field with `since` exists from that one on. */
const VERSION_ORDER = ['v2beta1', 'v2beta2', 'v2', 'v1beta1', 'v1beta2', 'v1'];

export interface FoundField {
  readonly field: KnownField;
  /** True when the path leads below a free map or JSON field. */
  readonly inside: boolean;
}

/** The field at a path, or the free-form field above it. */
export function findField(kind: string, tokens: readonly string[]): FoundField | undefined {
  const fields = FIELDS[kind] ?? {};
  const exact = fields[tokens.join('.')];
  if (exact !== undefined && tokens.every((token) => !token.includes('.')))
    return { field: exact, inside: false };
  for (let length = tokens.length - 1; length > 1; length -= 1) {
    const parent = fields[tokens.slice(0, length).join('.')];
    if (parent?.type === 'json') return { field: parent, inside: true };
    if (parent?.type === 'strings')
      return length === tokens.length - 1 ? { field: parent, inside: true } : undefined;
  }
  return undefined;
}

/** Whether a path is a group of fields, such as `spec.install`. */
export function isFieldGroup(kind: string, tokens: readonly string[]): boolean {
  const prefix = `${tokens.join('.')}.`;
  return Object.keys(FIELDS[kind] ?? {}).some((path) => path.startsWith(prefix));
}

export function fieldPaths(kind: string): readonly string[] {
  return Object.keys(FIELDS[kind] ?? {});
}

/** Whether objects of an API version can hold the field. */
export function existsInVersion(field: KnownField, version: string): boolean {
  if (field.since === undefined) return true;
  const at = VERSION_ORDER.indexOf(version);
  return at === -1 || at >= VERSION_ORDER.indexOf(field.since);
}

const DURATION = /^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$/;
const DURATION_WITHOUT_HOURS = /^([0-9]+(\.[0-9]+)?(ms|s|m))+$/;

/** What is wrong with a value for a field, as `must be ...`; undefined when it fits. */
export function typeProblem({ field, inside }: FoundField, value: Json): string | undefined {
  const { type } = field;
  if (inside) return type === 'strings' && typeof value !== 'string' ? 'must be a text' : undefined;
  switch (type) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'must be true or false';
    case 'integer':
      return typeof value === 'bigint' || Number.isInteger(value) ? undefined : 'must be a whole number';
    case 'string':
      return typeof value === 'string' && value !== '' ? undefined : 'must be a text that is not empty';
    case 'duration':
      return typeof value === 'string' && DURATION.test(value)
        ? undefined
        : 'must be a duration such as 30s, 5m or 1h30m';
    case 'durationWithoutHours':
      return typeof value === 'string' && DURATION_WITHOUT_HOURS.test(value)
        ? undefined
        : 'must be a duration without hours, such as 30s, 5m or 90m';
    case 'list':
      return Array.isArray(value) ? undefined : 'must be a list';
    case 'strings':
    case 'json':
      return isJsonObject(value) ? undefined : 'must be an object';
    default:
      return typeof value === 'string' && type.includes(value)
        ? undefined
        : `must be one of ${type.join(', ')}`;
  }
}
