import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import type { KubeObject, ObjectRef } from '../../../src/core/api/kube-object.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import type { KubeClient } from '../../../src/io/contract.ts';
import { SILENT_LOG } from '../../../src/runtime/telemetry/log.ts';
import { PROBE_ANNOTATION, probeAnswer } from '../../../src/runtime/webhook/probe.ts';
import { type RegisterOptions, registerWebhook } from '../../../src/runtime/webhook/register-webhook.ts';
import { buildRegistrations } from '../../../src/runtime/webhook/registration.ts';

const reach = { url: 'https://127.0.0.1:8443' } as const;
const webhookOf = (object: JsonObject): JsonObject => (object['webhooks'] as readonly JsonObject[])[0] ?? {};

describe('the webhook configurations', () => {
  const { mutating, validating } = buildRegistrations({
    name: 'helmgate',
    reach,
    caBundlePem: 'PEM',
    validatingFailure: 'Fail',
  });

  it('let mutating fail open and validating fail as told', () => {
    assert.equal(webhookOf(mutating)['failurePolicy'], 'Ignore');
    assert.equal(webhookOf(mutating)['reinvocationPolicy'], 'IfNeeded');
    assert.equal(webhookOf(validating)['failurePolicy'], 'Fail');
    assert.equal(webhookOf(validating)['reinvocationPolicy'], undefined);
  });

  it('are called for every version of each kind that can be judged, without side effects, and never for a subresource', () => {
    for (const webhook of [webhookOf(mutating), webhookOf(validating)]) {
      assert.equal(webhook['sideEffects'], 'None');
      assert.equal(webhook['matchPolicy'], 'Exact');
      const rules = webhook['rules'] as readonly JsonObject[];
      assert.deepEqual(
        rules.flatMap((rule) => rule['resources']),
        [
          'helmreleases',
          ...['helmrepositories', 'helmcharts', 'ocirepositories'],
          ...['gitrepositories', 'buckets', 'externalartifacts'],
        ],
      );
      for (const rule of rules) {
        assert.deepEqual(rule['apiVersions'], ['*']);
        assert.deepEqual(rule['operations'], ['CREATE', 'UPDATE']);
      }
    }
  });

  it('point to the endpoint by address, or through a Service', () => {
    assert.deepEqual(webhookOf(validating)['clientConfig'], {
      url: 'https://127.0.0.1:8443/validate',
      caBundle: Buffer.from('PEM').toString('base64'),
    });
    const service = { namespace: 'system', name: 'helmgate', port: 443 };
    const built = buildRegistrations({
      name: 'x',
      reach: { service },
      caBundlePem: 'PEM',
      validatingFailure: 'Ignore',
    });
    assert.deepEqual(webhookOf(built.mutating)['clientConfig'], {
      service: { ...service, path: '/mutate' },
      caBundle: Buffer.from('PEM').toString('base64'),
    });
  });
});

/** An API server that holds configurations, and asks the webhook (or not) on dry-run creates. */
function fakeServer(asks: () => boolean) {
  const objects = new Map<string, KubeObject>();
  const writes: string[] = [];
  const keyOf = (ref: ObjectRef): string => `${ref.resource.kind}/${ref.name}`;
  const put = (verb: string) => (ref: ObjectRef, object: JsonObject) => {
    const kept = structuredClone(object) as unknown as KubeObject;
    objects.set(keyOf(ref), kept);
    writes.push(`${verb} ${ref.resource.kind} ${webhookOf(object)['failurePolicy'] as string}`);
    return Promise.resolve(kept);
  };
  const kube = {
    find: (ref: ObjectRef) => Promise.resolve(objects.get(keyOf(ref))),
    apply: put('apply'),
    replace: put('replace'),
    create: (_resource: unknown, object: JsonObject, options: { readonly dryRun?: boolean }) => {
      assert.equal(options.dryRun, true);
      const { annotations } = object['metadata'] as {
        readonly annotations: Readonly<Record<string, string>>;
      };
      if (!asks()) return Promise.resolve(object);
      const nonce = annotations[PROBE_ANNOTATION] ?? '';
      return Promise.reject(
        new Error(`admission webhook "validate" denied the request: ${probeAnswer(nonce)}`),
      );
    },
    delete: (ref: ObjectRef) => {
      objects.delete(keyOf(ref));
      writes.push(`delete ${ref.resource.kind}`);
      return Promise.resolve();
    },
  } as unknown as KubeClient;
  return { kube, objects, writes };
}

describe('registering the webhook', () => {
  const signal = new AbortController().signal;
  const options = (kube: KubeClient, more: Partial<RegisterOptions> = {}): RegisterOptions => ({
    kube,
    log: SILENT_LOG,
    reach,
    caBundlePem: 'PEM',
    intervalMs: 10,
    proveWithinMs: 5_000,
    ...more,
  });

  it('arms validating only after the API server refused in our words', async () => {
    let attempts = 0;
    const { kube, writes } = fakeServer(() => (attempts += 1) > 2);
    const registered = await registerWebhook(options(kube), signal);
    assert.deepEqual(writes, [
      'apply MutatingWebhookConfiguration Ignore',
      'apply ValidatingWebhookConfiguration Ignore',
      'replace ValidatingWebhookConfiguration Fail',
    ]);
    assert.equal(attempts, 3);
    await registered.close();
    assert.deepEqual(writes.slice(3), [
      'delete ValidatingWebhookConfiguration',
      'delete MutatingWebhookConfiguration',
    ]);
  });

  it('never arms, and leaves nothing, when the API server does not ask us', async () => {
    const { kube, objects } = fakeServer(() => false);
    await assert.rejects(
      registerWebhook(options(kube, { proveWithinMs: 300 }), signal),
      /does not reach the webhook at https:\/\/127/,
    );
    assert.equal(objects.size, 0);
  });

  it('does not take a refusal in other words for its own', async () => {
    const { kube } = fakeServer(() => false);
    const other = {
      ...kube,
      create: () => Promise.reject(new Error('denied: this is the webhook probe 1234')),
    } as KubeClient;
    await assert.rejects(registerWebhook(options(other, { proveWithinMs: 300 }), signal), /was not armed/);
  });

  it('puts back what is deleted, narrowed or opened, and nothing else', async () => {
    const { kube, objects, writes } = fakeServer(() => true);
    const registered = await registerWebhook(options(kube), signal);
    const key = 'ValidatingWebhookConfiguration/helmgate';
    const wanted = structuredClone(objects.get(key));
    await sleep(60);
    assert.equal(registered.restored(), 0);
    const changes: readonly (() => void)[] = [
      () => objects.delete(key),
      () => objects.set(key, { ...wanted, webhooks: [] } as unknown as KubeObject),
      ...['failurePolicy', 'namespaceSelector', 'matchConditions', 'rules', 'clientConfig'].map(
        (field) => () => {
          const changed = { ...webhookOf(wanted as unknown as JsonObject), [field]: [{ changed: true }] };
          objects.set(key, { ...wanted, webhooks: [changed] } as unknown as KubeObject);
        },
      ),
    ];
    for (const [at, change] of changes.entries()) {
      change();
      const end = performance.now() + 30_000;
      while (registered.restored() === at && performance.now() < end) await sleep(5);
      assert.deepEqual(objects.get(key)?.['webhooks'], wanted?.['webhooks']);
    }
    assert.ok(writes.every((write) => !write.includes('Mutating') || write.startsWith('apply')));
    await registered.close();
  });

  it('keeps validating closed when it was armed before, even when the proof fails this time', async () => {
    let asked = true;
    const { kube, objects, writes } = fakeServer(() => asked);
    const first = await registerWebhook(options(kube, { removeOnClose: false }), signal);
    await first.close();
    asked = false;
    const before = writes.length;
    await assert.rejects(registerWebhook(options(kube, { proveWithinMs: 250 }), signal));
    assert.deepEqual(writes.slice(before), []);
    assert.equal(objects.size, 2);
  });

  it('exchanges the CA bundle in both', async () => {
    const { kube, objects } = fakeServer(() => true);
    const registered = await registerWebhook(options(kube), signal);
    await registered.replaceCaBundle('OLD\nNEW', signal);
    for (const object of objects.values()) {
      const { caBundle } = webhookOf(object as unknown as JsonObject)['clientConfig'] as {
        readonly caBundle: string;
      };
      assert.equal(Buffer.from(caBundle, 'base64').toString(), 'OLD\nNEW');
    }
    await registered.close();
  });
});
