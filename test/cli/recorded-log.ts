import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AdmissionRequest } from '../../src/core/admission/admission-request.ts';
import { applyPatch } from '../../src/core/json/apply.ts';
import { isJsonObject, type JsonObject } from '../../src/core/json/json.ts';
import type { PatchOperation } from '../../src/core/json/patch.ts';
import { compilePolicySet } from '../../src/core/policy/compile.ts';
import { judgedFolder, openObjectStore } from '../../src/io/auditlog/object-store.ts';
import { openAuditFile } from '../../src/io/auditlog/open-audit-file.ts';
import { judgeReviews } from '../../src/runtime/webhook/judge-reviews.ts';
import type { Judgement } from '../../src/runtime/webhook/judging.ts';

/** A log that the webhook's own judge wrote, with what it judged beside it. */
export interface RecordedLog extends AsyncDisposable {
  readonly folder: string;
  /** Path of the audit log. */
  readonly audit: string;
}

export interface RecordedRequest {
  readonly object: JsonObject;
  readonly oldObject?: JsonObject;
  readonly username?: string;
  readonly dryRun?: boolean;
}

/** Sends requests through the judging behind the webhook: mutating, then validating what came out, as the API server does. */
export async function recordLog(
  policy: string,
  requests: Iterable<RecordedRequest>,
  cluster: Readonly<Record<string, JsonObject>> = {},
): Promise<RecordedLog> {
  const folder = await mkdtemp(join(tmpdir(), 'helmgate-recorded-'));
  const audit = join(folder, 'audit.jsonl');
  const files = [{ path: 'policy.yaml', text: policy }];
  const compiled = compilePolicySet(files);
  if (!compiled.ok) throw new Error(compiled.errors.map(({ message }) => message).join('\n'));
  const now = (): Date => new Date('2026-06-01T00:00:00Z');
  const log = await openAuditFile({ path: audit, now });
  const store = await openObjectStore({
    folder: judgedFolder(audit),
    now,
    onError: (message) => {
      throw new Error(message);
    },
  });
  await store.keepPolicies(compiled.set.digest, files);
  const judging = judgeReviews({
    policies: { inForce: () => ({ current: compiled.set }), loadErrors: () => [] },
    lookup: {
      find: async ({ kind }, namespace, name) => cluster[`${kind}/${namespace}/${name}`] as never,
    },
    clock: { now: () => now().getTime() },
    store,
  });
  const context = { signal: new AbortController().signal, note: () => {} };
  let number = 0;
  const judge = async (request: AdmissionRequest, endpoint: 'mutate' | 'validate'): Promise<Judgement> => {
    const judged = await judging.judge(request, endpoint, context);
    await log.append({ ...judged.record, time: now().toISOString(), durationMs: 1 });
    return judged;
  };
  for (const { object, oldObject, username = 'alice', dryRun = false } of requests) {
    number += 1;
    const request = { ...requestOf(object, oldObject, username, number), dryRun };
    const { review } = await judge(request, 'mutate');
    const patched = patchedObject(object, review);
    await judge({ ...request, uid: `v-${number}`, object: patched }, 'validate');
  }
  await store.close();
  await log.close();
  return { folder, audit, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

function requestOf(
  object: JsonObject,
  oldObject: JsonObject | undefined,
  username: string,
  number: number,
): AdmissionRequest {
  const apiVersion = String(object['apiVersion']);
  const [group = '', version = ''] = apiVersion.split('/');
  const kind = String(object['kind']);
  const { name, namespace } = object['metadata'] as { readonly name: string; readonly namespace: string };
  return {
    uid: `m-${number}`,
    kind: { group, version, kind },
    resource: { group, version, resource: '' },
    operation: oldObject === undefined ? 'CREATE' : 'UPDATE',
    namespace,
    name,
    object,
    ...(oldObject === undefined ? {} : { oldObject }),
    user: { username, groups: [] },
    dryRun: false,
  };
}

function patchedObject(object: JsonObject, review: JsonObject): JsonObject {
  const response = review['response'] as JsonObject;
  const { patch } = response;
  if (typeof patch !== 'string') return object;
  const operations = JSON.parse(Buffer.from(patch, 'base64').toString('utf8')) as readonly PatchOperation[];
  const patched = applyPatch(object, operations);
  return isJsonObject(patched) ? patched : object;
}
