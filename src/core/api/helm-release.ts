import type { Json, JsonObject } from '../json/json.ts';
import type { ObjectMeta } from './kube-object.ts';

/** `spec.chart.spec.sourceRef` and `spec.chartRef`. */
export interface SourceRef {
  readonly apiVersion?: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

export interface Remediation {
  readonly retries?: number;
  readonly ignoreTestFailures?: boolean;
  readonly remediateLastFailure?: boolean;
  readonly strategy?: 'rollback' | 'uninstall';
}

export interface ActionStrategy {
  readonly name?: 'RemediateOnFailure' | 'RetryOnFailure';
  readonly retryInterval?: string;
}

interface ActionOptions {
  readonly timeout?: string;
  readonly disableWait?: boolean;
  readonly disableWaitForJobs?: boolean;
  readonly disableHooks?: boolean;
}

export interface InstallSpec extends ActionOptions {
  readonly strategy?: ActionStrategy;
  readonly remediation?: Remediation;
  readonly disableTakeOwnership?: boolean;
  readonly disableOpenAPIValidation?: boolean;
  readonly disableSchemaValidation?: boolean;
  readonly replace?: boolean;
  readonly skipCRDs?: boolean;
  readonly crds?: 'Skip' | 'Create' | 'CreateReplace';
  readonly createNamespace?: boolean;
  readonly serverSideApply?: boolean;
}

export interface UpgradeSpec extends ActionOptions {
  readonly strategy?: ActionStrategy;
  readonly remediation?: Remediation;
  readonly disableTakeOwnership?: boolean;
  readonly disableOpenAPIValidation?: boolean;
  readonly disableSchemaValidation?: boolean;
  readonly force?: boolean;
  readonly preserveValues?: boolean;
  readonly cleanupOnFail?: boolean;
  readonly crds?: 'Skip' | 'Create' | 'CreateReplace';
  readonly serverSideApply?: 'enabled' | 'disabled' | 'auto';
  readonly chartNameChangeStrategy?: 'InPlaceUpdate' | 'Reinstall';
}

export interface RollbackSpec extends ActionOptions {
  readonly recreate?: boolean;
  readonly force?: boolean;
  readonly cleanupOnFail?: boolean;
  readonly serverSideApply?: 'enabled' | 'disabled' | 'auto';
}

export interface UninstallSpec {
  readonly timeout?: string;
  readonly disableHooks?: boolean;
  readonly disableWait?: boolean;
  readonly keepHistory?: boolean;
  readonly deletionPropagation?: 'background' | 'foreground' | 'orphan';
}

export interface ValuesReference {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly name: string;
  readonly valuesKey?: string;
  readonly targetPath?: string;
  readonly optional?: boolean;
  readonly literal?: boolean;
}

export interface ChartTemplateSpec {
  readonly chart: string;
  readonly version?: string;
  readonly sourceRef: SourceRef;
  readonly interval?: string;
  readonly reconcileStrategy?: 'ChartVersion' | 'Revision';
  readonly valuesFiles?: readonly string[];
  readonly ignoreMissingValuesFiles?: boolean;
  readonly verify?: JsonObject;
}

/** `spec` of helm.toolkit.fluxcd.io/v2 HelmRelease as a user wrote it; absent fields keep their meaning "absent". */
export interface HelmReleaseSpec {
  readonly chart?: { readonly metadata?: JsonObject; readonly spec: ChartTemplateSpec };
  readonly chartRef?: SourceRef;
  readonly interval: string;
  readonly kubeConfig?: JsonObject;
  readonly suspend?: boolean;
  readonly releaseName?: string;
  readonly targetNamespace?: string;
  readonly storageNamespace?: string;
  readonly dependsOn?: readonly {
    readonly name: string;
    readonly namespace?: string;
    readonly readyExpr?: string;
  }[];
  readonly timeout?: string;
  readonly maxHistory?: number;
  readonly serviceAccountName?: string;
  readonly install?: InstallSpec;
  readonly upgrade?: UpgradeSpec;
  readonly test?: JsonObject;
  readonly rollback?: RollbackSpec;
  readonly uninstall?: UninstallSpec;
  readonly driftDetection?: JsonObject;
  readonly valuesFrom?: readonly ValuesReference[];
  readonly values?: JsonObject;
  readonly commonMetadata?: JsonObject;
  readonly postRenderers?: readonly JsonObject[];
  readonly [field: string]: Json | undefined | object;
}

/** metav1.Condition. */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
  readonly observedGeneration?: number;
}

export type ReleaseAction = 'install' | 'upgrade' | 'rollback' | 'uninstall' | 'uninstall-remediation';

/** One entry of `status.history`, newest first (flux.md 1.4). */
export interface Snapshot {
  readonly digest: string;
  readonly name: string;
  readonly namespace: string;
  readonly version: number;
  readonly status: string;
  readonly action?: ReleaseAction;
  readonly chartName: string;
  readonly chartVersion: string;
  readonly appVersion?: string;
  readonly configDigest: string;
  readonly firstDeployed: string;
  readonly lastDeployed: string;
  readonly deleted?: string;
  readonly apiVersion?: string;
}

/** `status` of a HelmRelease (flux.md 1.4). */
export interface HelmReleaseStatus {
  readonly observedGeneration?: number;
  readonly lastAttemptedGeneration?: number;
  readonly conditions?: readonly Condition[];
  readonly helmChart?: string;
  readonly storageNamespace?: string;
  readonly history?: readonly Snapshot[];
  readonly lastAttemptedReleaseAction?: 'install' | 'upgrade';
  readonly lastAttemptedReleaseActionDuration?: string;
  readonly failures?: number;
  readonly installFailures?: number;
  readonly upgradeFailures?: number;
  readonly lastAttemptedRevision?: string;
  readonly lastAttemptedRevisionDigest?: string;
  readonly lastAttemptedConfigDigest?: string;
  readonly observedPostRenderersDigest?: string;
  readonly observedCommonMetadataDigest?: string;
  readonly lastHandledReconcileAt?: string;
  readonly lastHandledForceAt?: string;
  readonly lastHandledResetAt?: string;
}

export interface HelmRelease {
  readonly apiVersion: string;
  readonly kind: 'HelmRelease';
  readonly metadata: ObjectMeta;
  readonly spec: HelmReleaseSpec;
  readonly status?: HelmReleaseStatus;
}
