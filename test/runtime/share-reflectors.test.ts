import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { KubeObject } from '../../src/core/api/kube-object.ts';
import { HELM_RELEASE, NAMESPACE } from '../../src/core/api/resources.ts';
import type { ReflectorEvent, ReflectorOptions, StartReflector } from '../../src/io/contract.ts';
import { shareReflectors } from '../../src/runtime/share-reflectors.ts';

const signal = new AbortController().signal;
const object = (name: string): KubeObject => ({ apiVersion: 'v1', kind: 'X', metadata: { name } });

/** Reflectors whose events the test makes. */
function source() {
  const started: { readonly kind: string; readonly options: ReflectorOptions; closed: boolean }[] = [];
  const held: KubeObject[] = [];
  const start: StartReflector = ({ kind }, options) => {
    const entry = { kind, options, closed: false };
    started.push(entry);
    return {
      synced: () => Promise.resolve(),
      find: (_namespace, name) => held.find(({ metadata }) => metadata.name === name),
      list: () => [...held],
      stalenessMs: () => 7,
      close: () => {
        entry.closed = true;
        return Promise.resolve();
      },
    };
  };
  const emit = (event: ReflectorEvent): void => {
    if (event.type === 'added') held.push(event.object);
    started[0]?.options.onEvent(event);
  };
  return { started, emit, start: shareReflectors(start) };
}

function listener() {
  const heard: string[] = [];
  const onEvent = ({ type, object: { metadata } }: ReflectorEvent) => heard.push(`${type} ${metadata.name}`);
  return { heard, onEvent };
}

describe('shared reflectors', () => {
  it('are one for each resource and selection', () => {
    const { started, start } = source();
    const onEvent = () => {};
    start(HELM_RELEASE, { onEvent });
    start(HELM_RELEASE, { onEvent });
    start(HELM_RELEASE, { onEvent, metadataOnly: false });
    start(NAMESPACE, { onEvent, metadataOnly: true });
    start(NAMESPACE, { onEvent });
    start(NAMESPACE, { onEvent, fieldSelector: 'metadata.name=x' });
    start(HELM_RELEASE, { onEvent, namespace: 'apps' });
    assert.deepEqual(
      started.map(({ kind }) => kind),
      ['HelmRelease', 'Namespace', 'Namespace', 'Namespace', 'HelmRelease'],
    );
  });

  it('tell all who listen, and those who come later of what is there already', async () => {
    const { emit, start } = source();
    const [first, second] = [listener(), listener()];
    start(HELM_RELEASE, first);
    emit({ type: 'added', object: object('a') });
    const late = start(HELM_RELEASE, second);
    assert.deepEqual(second.heard, [], 'not before it holds its reflector');
    await late.synced(signal);
    emit({ type: 'updated', object: object('a') });
    assert.deepEqual(first.heard, ['added a', 'updated a']);
    assert.deepEqual(second.heard, ['added a', 'updated a']);
    assert.deepEqual(
      [late.find('', 'a')?.metadata.name, late.list().length, late.stalenessMs()],
      ['a', 1, 7],
    );
  });

  it('watch until the last one closes, each once, and start anew afterwards', async () => {
    const { started, emit, start } = source();
    const [first, second] = [listener(), listener()];
    const one = start(HELM_RELEASE, first);
    const two = start(HELM_RELEASE, second);
    await two.synced(signal);
    await one.close();
    await one.close();
    assert.equal(started[0]?.closed, false);
    emit({ type: 'added', object: object('a') });
    assert.deepEqual([first.heard, second.heard], [[], ['added a']]);
    await two.close();
    assert.equal(started[0]?.closed, true);
    start(HELM_RELEASE, first);
    assert.equal(started.length, 2);
  });

  it('tell nobody who closed before the first word', async () => {
    const { emit, start } = source();
    const [first, second] = [listener(), listener()];
    start(HELM_RELEASE, first);
    emit({ type: 'added', object: object('a') });
    await start(HELM_RELEASE, second).close();
    assert.deepEqual(second.heard, []);
  });

  it('let no listener that throws keep an event from the others', async () => {
    const { emit, start } = source();
    const { heard, onEvent } = listener();
    start(HELM_RELEASE, {
      onEvent: () => {
        throw new Error('broken');
      },
    });
    await start(HELM_RELEASE, { onEvent }).synced(signal);
    assert.throws(() => emit({ type: 'added', object: object('a') }), /broken/);
    assert.deepEqual(heard, ['added a']);
  });
});
