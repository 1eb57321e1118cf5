import type { HelmRelease } from '../../core/api/helm-release.ts';
import type { HelmRepository } from '../../core/api/helm-repository.ts';
import type { Decision } from '../../core/policy/decision.ts';
import type {
  ApiGate,
  AuditLog,
  ChartRepositoryClient,
  HelmRunner,
  JudgedStore,
  KubeClient,
  ReleaseStorage,
} from '../../io/contract.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../telemetry/log.ts';
import type { IndexStore } from './index-store.ts';
import type { ObjectCache } from './object-cache.ts';
import type { RecordWatch } from './record-watch.ts';
import type { ReleaseJudge } from './release-judge.ts';
import type { VerdictMemory } from './verdict-memory.ts';

/** What a pass over a HelmRelease works with. */
export interface ReleasePassOptions {
  readonly kube: KubeClient;
  readonly charts: ChartRepositoryClient;
  readonly indexes: IndexStore;
  readonly helm: HelmRunner;
  readonly gate: ApiGate;
  readonly storage: ReleaseStorage;
  readonly records: RecordWatch;
  readonly configMaps: ObjectCache;
  readonly secrets: ObjectCache;
  readonly judge: ReleaseJudge;
  readonly verdicts: VerdictMemory;
  readonly audit: AuditLog;
  /** Keeps what was judged; switched off when absent. */
  readonly store?: JudgedStore;
  /** Told of each decision that was written to the audit log. */
  readonly onDecision?: (decision: Decision) => void;
  readonly clock: Clock;
  readonly log: Log;
  readonly findRelease: (namespace: string, name: string) => HelmRelease | undefined;
  readonly findRepository: (namespace: string, name: string) => HelmRepository | undefined;
  /** Keys of the HelmReleases whose spec names this place in storage. */
  readonly claimantsOf: (storageNamespace: string, releaseName: string) => readonly string[];
}
