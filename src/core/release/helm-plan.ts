import type { HelmRelease } from '../api/helm-release.ts';
import type { Json } from '../json/json.ts';
import { timeoutMsOf } from './action-timeout.ts';
import type { HelmAction, HelmWait } from './helm-action.ts';
import type { ActionPlan } from './plan.ts';

/** Flux's default of `spec.maxHistory`; 0 means without limit. */
const DEFAULT_MAX_HISTORY = 5;
/**
 * helm 4 leaves the validation of fields to the API server (`fieldValidation`, in every supported version). What its flag turns
 * off is the download and parsing of the OpenAPI documents, to learn that the server can: half of a child's CPU or more. Unknown
 * fields, wrong types, missing fields and unknown kinds end the same way with it and without, so it is always given, whatever
 * `disableOpenAPIValidation` says.
 */
const CLIENT_VALIDATION_OFF = true;

/** Where and with what helm runs. For a removal the names are the removal's, not the spec's. */
export interface HelmTarget {
  readonly releaseName: string;
  readonly releaseNamespace: string;
  /** A verified .tgz on local disk. */
  readonly chartPath: string;
  readonly values: Json;
}

/**
 * The run of helm that carries out a plan, with the defaults that Flux's controller has for absent fields. An
 * unlock runs no helm. CRDs are left to helm's caller where the policy is Skip, and otherwise to helm itself.
 */
export function helmActionOf(
  plan: Exclude<ActionPlan, { verb: 'Unlock' }>,
  release: HelmRelease,
  target: HelmTarget,
): HelmAction {
  const { spec } = release;
  const { releaseName, releaseNamespace, chartPath, values } = target;
  const base = { releaseName, releaseNamespace, timeoutMs: timeoutMsOf(plan, release) };
  const maxHistory = spec.maxHistory ?? DEFAULT_MAX_HISTORY;
  switch (plan.verb) {
    case 'Install': {
      const install = spec.install ?? {};
      return {
        verb: 'install',
        ...base,
        ...waiting(install, spec),
        chartPath,
        values,
        // Without a target namespace the release goes to the HelmRelease's own, which exists.
        createNamespace: install.createNamespace === true && (spec.targetNamespace ?? '') !== '',
        replace: install.replace ?? false,
        takeOwnership: !(install.disableTakeOwnership ?? false),
        skipCrds: install.crds === 'Skip',
        disableOpenApiValidation: CLIENT_VALIDATION_OFF,
        disableSchemaValidation: install.disableSchemaValidation ?? false,
        serverSide: install.serverSideApply ?? true,
      };
    }
    case 'Upgrade': {
      const upgrade = spec.upgrade ?? {};
      return {
        verb: 'upgrade',
        ...base,
        ...waiting(upgrade, spec),
        chartPath,
        values,
        reuseValues: upgrade.preserveValues ?? false,
        force: (upgrade.force ?? false) && upgrade.serverSideApply === 'disabled',
        cleanupOnFail: upgrade.cleanupOnFail ?? false,
        takeOwnership: !(upgrade.disableTakeOwnership ?? false),
        skipCrds: (upgrade.crds ?? 'Skip') === 'Skip',
        maxHistory,
        disableOpenApiValidation: CLIENT_VALIDATION_OFF,
        disableSchemaValidation: upgrade.disableSchemaValidation ?? false,
        serverSide: serverSide(upgrade.serverSideApply),
      };
    }
    case 'Rollback': {
      const rollback = spec.rollback ?? {};
      return {
        verb: 'rollback',
        ...base,
        ...waiting(rollback, spec),
        revision: plan.to.version,
        force: (rollback.force ?? false) && rollback.serverSideApply === 'disabled',
        cleanupOnFail: rollback.cleanupOnFail ?? false,
        maxHistory,
        serverSide: serverSide(rollback.serverSideApply),
      };
    }
    case 'Uninstall': {
      const uninstall = spec.uninstall ?? {};
      return {
        verb: 'uninstall',
        ...base,
        ...waiting(uninstall, spec),
        waitForJobs: false,
        keepHistory: uninstall.keepHistory ?? false,
        cascade: uninstall.deletionPropagation ?? 'background',
      };
    }
  }
}

interface WaitOptions {
  readonly disableWait?: boolean;
  readonly disableWaitForJobs?: boolean;
  readonly disableHooks?: boolean;
}

function waiting(
  options: WaitOptions,
  spec: HelmRelease['spec'],
): { readonly wait: HelmWait; readonly waitForJobs: boolean; readonly disableHooks: boolean } {
  const strategy = spec['waitStrategy'] as { readonly name?: string } | undefined;
  const full: HelmWait = strategy?.name === 'legacy' ? 'legacy' : 'watcher';
  return {
    wait: options.disableWait === true ? 'hookOnly' : full,
    waitForJobs: options.disableWait !== true && options.disableWaitForJobs !== true,
    disableHooks: options.disableHooks ?? false,
  };
}

function serverSide(setting: 'enabled' | 'disabled' | 'auto' | undefined): 'true' | 'false' | 'auto' {
  if (setting === 'enabled') return 'true';
  return setting === 'disabled' ? 'false' : 'auto';
}
