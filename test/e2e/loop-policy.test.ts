import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Loose } from '../../src/demo/cluster.ts';
import {
  eventually,
  probeRelease,
  publishProbe,
  request,
  untilHandled,
  untilReady,
  untilRefused,
} from './loop-fixture.ts';
import { conditionOf, repositoryManifest, type Stage, startStage } from './stage.ts';

const policyText = (url: string, within: string): string => `apiVersion: helmgate.dev/v1alpha1
kind: Policy
metadata: {name: releases}
spec:
  match: {namespaces: {names: [default]}}
  enforcement: Deny
  rules:
    - id: sources
      allowedSources:
        - {url: "${url}"}
    - id: versions
      chartVersion:
        charts: [{name: probe}]
        within: "${within}"
`;
/** Nothing listens there. */
const ELSEWHERE = 'http://127.0.0.1:9';

/** Without the webhook: every object here was stored as its author wrote it, and the loop is the only judge. */
describe('the second judgement', () => {
  let stage: Stage;
  before(async () => {
    stage = await startStage({
      policies: (url) => ({ 'policy.yaml': policyText(url, '>=1.0.0 <1.5.0') }),
      serveArgs: ['--no-webhook'],
    });
    await publishProbe(stage, '1.0.0');
    await stage.serveReady();
    await stage.apply(repositoryManifest('charts', stage.shelf.url));
    await stage.apply(probeRelease('app'));
    await untilReady(stage, 'app');
  });
  after(async () => {
    await stage[Symbol.asyncDispose]();
  });

  const decree = (within: string, url = stage.shelf.url): Promise<void> =>
    writeFile(join(stage.policies, 'policy.yaml'), policyText(url, within));
  const untilCompliance = (compliant: boolean): Promise<Loose> =>
    eventually(
      stage,
      `app is ${compliant ? '' : 'not '}compliant`,
      ['helmrelease', 'app'],
      (object) => (conditionOf(object, 'PolicyCompliant') === undefined) === compliant,
    );
  const revisions = async (): Promise<readonly string[]> =>
    (await stage.helmHistory('app')).map((entry) => `${entry.chart} ${entry.status}`);

  it('leaves a running release that a new policy forbids, Ready and marked', async () => {
    await decree('>=3.0.0');
    const marked = await untilCompliance(false);
    assert.equal(conditionOf(marked, 'Ready').status, 'True');
    assert.equal(conditionOf(marked, 'PolicyCompliant').status, 'False');
    assert.match(conditionOf(marked, 'PolicyCompliant').message, /rule versions .*policy\.yaml:\d+.*1\.0\.0/);
    assert.deepEqual(await revisions(), ['probe-1.0.0 deployed']);
  });

  it('does not upgrade to a version that is forbidden, says so, and goes on by itself when it is allowed', async () => {
    const before = await stage.get('helmrelease', 'app');
    await publishProbe(stage, '1.1.0');
    const denied = await untilRefused(stage, 'app', 'PolicyDenied');
    assert.equal(conditionOf(denied, 'Stalled').reason, 'PolicyDenied');
    assert.match(conditionOf(denied, 'Ready').message, /1\.1\.0/);
    for (const field of ['history', 'lastAttemptedRevision', 'lastAttemptedGeneration', 'upgradeFailures']) {
      assert.deepEqual(denied.status[field], before.status[field], field);
    }
    assert.deepEqual(await revisions(), ['probe-1.0.0 deployed']);

    await decree('>=1.0.0');
    const ready = await untilReady(
      stage,
      'app',
      'default',
      ({ status }) => status.history[0].chartVersion === '1.1.0',
    );
    assert.equal(conditionOf(ready, 'PolicyCompliant'), undefined);
    assert.equal(conditionOf(ready, 'Stalled'), undefined);
  });

  it('leaves a running release whose source a new policy forbids, Ready and marked, and reads the source no more', async () => {
    await decree('>=1.0.0', ELSEWHERE);
    const marked = await untilCompliance(false);
    assert.equal(conditionOf(marked, 'Ready').status, 'True');
    await eventually(
      stage,
      'the source is denied',
      ['helmrepository', 'charts'],
      (object) => conditionOf(object, 'Ready')?.reason === 'PolicyDenied',
    );
    // A gate that starts now knows the release from its status alone: it may not read the source.
    await stage.serve.stop();
    stage.startServe();
    await stage.serveReady();
    const token = await request(stage, 'app');
    const { metadata, ...known } = await untilHandled(stage, 'app', token);
    assert.equal(conditionOf(known, 'Ready').status, 'True');
    assert.equal(conditionOf(known, 'PolicyCompliant').status, 'False');
    await stage.apply(probeRelease('app', { values: { data: { from: 'edit' } } }));
    const denied = await untilRefused(stage, 'app', 'PolicyDenied');
    assert.ok(denied.metadata.generation > metadata.generation);
    assert.deepEqual(await revisions(), ['probe-1.0.0 superseded', 'probe-1.1.0 deployed']);
    await decree('>=1.0.0');
    await untilReady(stage, 'app', 'default', ({ status }) => status.history[0].version === 3);
  });

  it('does not release from a source that was admitted by nobody, and puts the denial on record', async () => {
    await stage.apply(repositoryManifest('forbidden', ELSEWHERE));
    await stage.apply(probeRelease('smuggled', {}, { source: 'forbidden' }));
    const denied = await untilRefused(stage, 'smuggled', 'PolicyDenied');
    assert.equal(conditionOf(denied, 'Stalled').status, 'True');
    assert.match(conditionOf(denied, 'Ready').message, /HelmRepository 'default\/forbidden' may not be read/);
    const rows = (await stage.auditRows()).filter((row) => row.name === 'smuggled');
    assert.deepEqual(
      rows.map((row) => [row.phase, row.verdict, row.findings[0]?.rule]),
      [['release', 'Deny', 'sources']],
    );
  });

  it('lets no namespace full of failing releases keep another one waiting', async () => {
    const noisy = 40;
    await stage.kubectl('create', 'namespace', 'noisy');
    await stage.kubectl('create', 'namespace', 'quiet');
    const failing = Array.from({ length: noisy }, (_, index) => {
      const values = { workload: true, neverReady: true };
      const install = { remediation: { retries: -1 } };
      return probeRelease(`bad-${index}`, { values, install, timeout: '2s' }, { namespace: 'noisy' });
    });
    await stage.apply({ apiVersion: 'v1', kind: 'List', items: failing });
    const actions = async (): Promise<readonly Loose[]> =>
      (await stage.auditRows()).filter((row) => row.phase === 'action');
    await stage.until('the noisy namespace is at work', 40, async () =>
      (await actions()).some((row) => row.namespace === 'noisy') ? true : undefined,
    );
    const before = (await actions()).length;
    await stage.apply(probeRelease('good', {}, { namespace: 'quiet' }));
    await untilReady(stage, 'good', 'quiet');
    const after = (await actions()).slice(before);
    const turn = after.findIndex((row) => row.namespace === 'quiet');
    // Two passes (the finalizer, the install), each after one of six workers is free; an install and its undoing are two rows.
    assert.ok(turn >= 0 && turn <= noisy / 2, `${turn} actions came before it`);
    assert.equal(
      conditionOf(await stage.get('helmrelease', 'bad-0', 'noisy'), 'Ready')?.status !== 'True',
      true,
    );
  });
});
