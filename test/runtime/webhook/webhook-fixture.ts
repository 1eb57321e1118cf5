import type { AdmissionAuditRecord, AuditRecord } from '../../../src/core/audit/record.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../src/core/json/json.ts';
import type { AuditLog } from '../../../src/io/contract.ts';
import { type Authority, type IssuedPair, makeAuthority, makeLeaf } from '../../../src/io/tls/authority.ts';
import { SILENT_LOG } from '../../../src/runtime/telemetry/log.ts';
import { createMetrics, type Metrics } from '../../../src/runtime/telemetry/metrics.ts';
import type { Judgement, Judging } from '../../../src/runtime/webhook/judging.ts';
import type { WebhookLimits } from '../../../src/runtime/webhook/limits.ts';
import { startWebhook, type Webhook } from '../../../src/runtime/webhook/start-webhook.ts';

/** A request as the fixture's judging functions read it. */
export interface FixtureRequest {
  readonly uid: string;
  readonly name: string;
  readonly operation: string;
  readonly object: Json;
}

export interface Fixture {
  readonly webhook: Webhook;
  readonly url: string;
  readonly authority: Authority;
  readonly metrics: Metrics;
  readonly rows: AuditRecord[];
  close(): Promise<void>;
}

export interface FixtureOptions {
  readonly judge?: Judging<FixtureRequest>['judge'];
  readonly append?: AuditLog['append'];
  readonly notReady?: () => readonly string[];
  readonly limits?: Partial<WebhookLimits>;
  readonly clientCa?: boolean;
}

const authority = await makeAuthority({ now: new Date() });
export const serverPair: IssuedPair = await makeLeaf(authority, {
  dnsNames: ['localhost'],
  ipAddresses: ['127.0.0.1'],
  now: new Date(),
});

export function recordOf(request: FixtureRequest, verdict: 'Allow' | 'Deny' | 'Error'): AdmissionAuditRecord {
  return {
    phase: 'admission',
    endpoint: 'validate',
    operation: request.operation,
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    dryRun: false,
    user: { username: 'alice', groups: [] },
    patchPaths: [],
    time: '',
    uid: request.uid,
    kind: 'HelmRelease',
    namespace: 'apps',
    name: request.name,
    verdict,
    findings: [],
    durationMs: 0,
  };
}

export function answer(request: FixtureRequest, allowed: boolean, message?: string): Judgement {
  const status = message === undefined ? {} : { status: { message } };
  return {
    review: {
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: { uid: request.uid, allowed, ...status },
    },
    record: recordOf(request, allowed ? 'Allow' : 'Deny'),
    ruleResults: [{ policy: 'p', rule: 'r', result: allowed ? 'pass' : 'finding' }],
  };
}

/** Allows everything but objects whose name is `bad`. */
export const fixtureJudging: Judging<FixtureRequest> = {
  decode: (body) => {
    const request = isJsonObject(body) ? body['request'] : undefined;
    if (!isJsonObject(request)) return { ok: false, message: 'no request in the review' };
    return {
      ok: true,
      request: {
        uid: text(request['uid']),
        name: text(request['name']),
        operation: text(request['operation']) || 'CREATE',
        object: request['object'] ?? null,
      },
    };
  },
  judge: (request) => Promise.resolve(answer(request, request.name !== 'bad')),
  refuse: (request, _endpoint, _code, message) => ({
    ...answer(request, false, message),
    record: recordOf(request, 'Error'),
    ruleResults: [],
  }),
};

export async function startFixture(options: FixtureOptions = {}): Promise<Fixture> {
  const rows: AuditRecord[] = [];
  const metrics = createMetrics();
  const webhook = await startWebhook<FixtureRequest>({
    pair: serverPair,
    judging: { ...fixtureJudging, ...(options.judge === undefined ? {} : { judge: options.judge }) },
    audit: {
      append:
        options.append ??
        ((record) => {
          rows.push(record);
          return Promise.resolve();
        }),
      close: () => Promise.resolve(),
    },
    metrics,
    log: SILENT_LOG,
    notReady: options.notReady ?? (() => []),
    now: () => new Date('2026-11-22T12:00:00.000Z'),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    ...(options.clientCa === true ? { clientCaPem: authority.certPem } : {}),
  });
  return {
    webhook,
    url: `https://127.0.0.1:${webhook.port}`,
    authority,
    metrics,
    rows,
    close: () => webhook.close(),
  };
}

export function reviewOf(name: string, object: JsonObject = {}, operation = 'CREATE'): JsonObject {
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: { uid: `uid-${name}`, name, operation, object },
  };
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
