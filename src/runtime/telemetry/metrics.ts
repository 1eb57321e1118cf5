import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Decision, UsedException } from '../../core/policy/decision.ts';
import { ExceptionUses } from '../../core/policy/exception-uses.ts';

/** One judged request, as the metrics see it. */
export interface JudgedRequest {
  readonly operation: string;
  readonly kind: string;
  readonly allowed: boolean;
  readonly dryRun: boolean;
  readonly durationSeconds: number;
  readonly ruleResults: readonly {
    readonly policy: string;
    readonly rule: string;
    readonly result: string;
  }[];
  /** The exceptions that its decision needed; absent when none was. */
  readonly exceptions?: readonly UsedException[];
}

/** What is in force, read when metrics are scraped. */
export interface PolicyGauges {
  readonly commit: string;
  readonly digest: string;
  readonly rules: number;
  /** Names of its exceptions. */
  readonly exceptions: readonly string[];
  readonly ageSeconds: number;
}

/** Helmgate's metrics in a registry of their own. No names, users or URLs as labels (admission.md, Metrics). */
export interface Metrics {
  readonly registry: Registry;
  requestJudged(request: JudgedRequest): void;
  /** A decision of the loop that was written to the audit log. */
  releaseJudged(decision: Pick<Decision, 'exceptions'>): void;
  /** A request that was answered without a decision: 4xx, 503. */
  requestRefused(status: number): void;
  policyLoadFailed(): void;
  auditWriteFailed(): void;
  /** Reads what is in force at each scrape; undefined while there is none. */
  observePolicies(read: () => PolicyGauges | undefined): void;
  /** Reads the end of the serving certificate's validity, in ms since the epoch, at each scrape. */
  observeCertificateExpiry(read: () => number | undefined, nowMs: () => number): void;
}

/** Kinds and operations that may become label values; a caller could invent any number of others. */
const KINDS: ReadonlySet<string> = new Set([
  'HelmRelease',
  'HelmRepository',
  'HelmChart',
  'OCIRepository',
  'GitRepository',
  'Bucket',
  'ExternalArtifact',
  'Secret',
]);
const OPERATIONS: ReadonlySet<string> = new Set(['CREATE', 'UPDATE', 'DELETE', 'CONNECT']);

/** Seconds. A review takes about a millisecond; the API server waits for 30 s at most. */
const DURATION_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const requests = new Counter({
    name: 'helmgate_admission_requests_total',
    help: 'Admission requests that were decided.',
    labelNames: ['operation', 'kind', 'allowed', 'dry_run'],
    registers,
  });
  const durations = new Histogram({
    name: 'helmgate_admission_duration_seconds',
    help: 'Time from the first byte of a review to its answer.',
    buckets: DURATION_BUCKETS,
    registers,
  });
  const ruleResults = new Counter({
    name: 'helmgate_rule_results_total',
    help: 'Evaluations of rules that matched.',
    labelNames: ['policy', 'rule', 'result'],
    registers,
  });
  const refused = new Counter({
    name: 'helmgate_requests_refused_total',
    help: 'Requests answered without a decision, by HTTP status.',
    labelNames: ['status'],
    registers,
  });
  const loadErrors = new Counter({
    name: 'helmgate_policy_load_errors_total',
    help: 'Policy sets that were refused when they were loaded.',
    registers,
  });
  const auditErrors = new Counter({
    name: 'helmgate_audit_write_errors_total',
    help: 'Audit rows that could not be written.',
    registers,
  });
  const exceptionUses = new ExceptionUses();
  return {
    registry,
    releaseJudged: (decision) => exceptionUses.add(decision, false),
    requestJudged: (request) => {
      exceptionUses.add(request, request.dryRun);
      requests.inc({
        operation: OPERATIONS.has(request.operation) ? request.operation : 'other',
        kind: KINDS.has(request.kind) ? request.kind : 'other',
        allowed: String(request.allowed),
        dry_run: String(request.dryRun),
      });
      durations.observe(request.durationSeconds);
      for (const { policy, rule, result } of request.ruleResults) ruleResults.inc({ policy, rule, result });
    },
    requestRefused: (status) => refused.inc({ status: String(status) }),
    policyLoadFailed: () => loadErrors.inc(),
    auditWriteFailed: () => auditErrors.inc(),
    observePolicies: (read) => {
      observePolicies(registry, read);
      observeExceptions(registry, read, exceptionUses);
    },
    observeCertificateExpiry: (read, nowMs) => {
      registry.registerMetric(
        new Gauge({
          name: 'helmgate_cert_expiry_seconds',
          help: 'Seconds until the serving certificate ends.',
          registers: [],
          collect() {
            const expiry = read();
            if (expiry !== undefined) this.set((expiry - nowMs()) / 1000);
          },
        }),
      );
    },
  };
}

/** One series for each exception in force, with 0 for one that nothing needed since the start: that is what there is to see. */
function observeExceptions(
  registry: Registry,
  read: () => PolicyGauges | undefined,
  uses: Pick<ExceptionUses, 'usesOf'>,
): void {
  registry.registerMetric(
    new Counter({
      name: 'helmgate_exception_uses_total',
      help: 'Decisions and rules for which an exception in force was needed.',
      labelNames: ['exception'],
      registers: [],
      collect() {
        this.reset();
        for (const exception of read()?.exceptions ?? []) this.inc({ exception }, uses.usesOf(exception));
      },
    }),
  );
}

function observePolicies(registry: Registry, read: () => PolicyGauges | undefined): void {
  registry.registerMetric(
    new Gauge({
      name: 'helmgate_policy_info',
      help: '1 for the policy set in force.',
      labelNames: ['commit', 'digest'],
      registers: [],
      collect() {
        this.reset();
        const inForce = read();
        if (inForce !== undefined) this.set({ commit: inForce.commit, digest: inForce.digest }, 1);
      },
    }),
  );
  registry.registerMetric(
    new Gauge({
      name: 'helmgate_policy_rules',
      help: 'Rules in the policy set in force.',
      registers: [],
      collect() {
        this.set(read()?.rules ?? 0);
      },
    }),
  );
  registry.registerMetric(
    new Gauge({
      name: 'helmgate_policy_age_seconds',
      help: 'Seconds since the policy set in force was loaded.',
      registers: [],
      collect() {
        this.set(read()?.ageSeconds ?? 0);
      },
    }),
  );
}
