/** What one run of helm is asked to do. Data only: the runner turns it into arguments and files. */
import type { Json } from '../json/json.ts';

/** How helm waits: by its status watcher, for hooks only, or by the readiness code of helm 3. */
export type HelmWait = 'watcher' | 'hookOnly' | 'legacy';

interface HelmActionBase {
  readonly releaseName: string;
  readonly releaseNamespace: string;
  readonly timeoutMs: number;
  readonly wait: HelmWait;
  readonly waitForJobs: boolean;
  readonly disableHooks: boolean;
}

export interface HelmInstall extends HelmActionBase {
  readonly verb: 'install';
  readonly chartPath: string;
  readonly values: Json;
  readonly createNamespace: boolean;
  readonly replace: boolean;
  readonly takeOwnership: boolean;
  readonly skipCrds: boolean;
  readonly disableOpenApiValidation: boolean;
  readonly disableSchemaValidation: boolean;
  readonly serverSide: boolean;
}

export interface HelmUpgrade extends HelmActionBase {
  readonly verb: 'upgrade';
  readonly chartPath: string;
  readonly values: Json;
  readonly reuseValues: boolean;
  readonly force: boolean;
  readonly cleanupOnFail: boolean;
  readonly takeOwnership: boolean;
  readonly skipCrds: boolean;
  readonly maxHistory: number;
  readonly disableOpenApiValidation: boolean;
  readonly disableSchemaValidation: boolean;
  readonly serverSide: 'true' | 'false' | 'auto';
}

export interface HelmRollback extends HelmActionBase {
  readonly verb: 'rollback';
  readonly revision: number;
  readonly force: boolean;
  readonly cleanupOnFail: boolean;
  readonly maxHistory: number;
  readonly serverSide: 'true' | 'false' | 'auto';
}

export interface HelmUninstall extends HelmActionBase {
  readonly verb: 'uninstall';
  readonly keepHistory: boolean;
  readonly cascade: 'background' | 'foreground' | 'orphan';
}

export type HelmAction = HelmInstall | HelmUpgrade | HelmRollback | HelmUninstall;
