import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { whyCommand } from '../../src/cli/why.ts';
import type { JsonObject } from '../../src/core/json/json.ts';
import { judgedFolder } from '../../src/io/auditlog/object-store.ts';
import { type Captured, capture } from './capture.ts';
import { type RecordedLog, recordLog } from './recorded-log.ts';

const POLICY = `apiVersion: helmgate.dev/v1alpha1
kind: Policy
metadata: {name: p}
spec:
  rules:
  - {id: versions, chartVersion: {within: "<3.0.0"}}
`;

function release(name: string, version: string): JsonObject {
  const sourceRef = { kind: 'HelmRepository', name: 'charts' };
  return {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: { name, namespace: 'a' },
    spec: { interval: '5m', chart: { spec: { chart: 'flagger', version, sourceRef } } },
  };
}

function why(log: RecordedLog, ...args: readonly string[]): Promise<Captured> {
  return capture(whyCommand, [...args, '--audit', log.audit], { cwd: log.folder });
}

describe('helmgate why', () => {
  it('shows the newest decision about an object: rule, line, what would pass, and the smallest edit, tried', async () => {
    await using log = await recordLog(POLICY, [
      { object: release('one', '1.0.0') },
      { object: release('one', '>=1.0.0 <4.0.0') },
      { object: release('two', '1.0.0') },
    ]);
    const { stdout, code } = await why(log, 'a/one');
    assert.equal(code, 1);
    assert.equal(
      stdout,
      `2026-06-01T00:00:00.000Z  Deny   validate CREATE HelmRelease a/one by alice
    Deny p/versions RangeTooWide: it also matches 3.0.0, which is outside <3.0.0 [policy.yaml:6]
    would pass at spec.chart.spec.version: >=1.0.0 <3.0.0
    the smallest edit that passes: spec.chart.spec.version: ">=1.0.0 <3.0.0"
    rules that matched: p/versions finding
    decision v-2
`,
    );
    assert.deepEqual([(await why(log, 'a/two')).code, (await why(log, 'v-3')).code], [undefined, undefined]);
  });

  it('says so when what was judged is gone, and still shows the row', async () => {
    await using log = await recordLog(POLICY, [{ object: release('one', '3.0.0') }]);
    await rm(judgedFolder(log.audit), { recursive: true });
    const { stdout, code } = await why(log, 'v-1');
    assert.match(stdout, /Deny p\/versions/);
    assert.match(stdout, /it cannot be judged again: the policy set sha256:[0-9a-f]{64} was not kept/);
    assert.equal(code, 1);
  });

  it('exits 2 for what the log does not know, and prints JSON for programs', async () => {
    await using log = await recordLog(POLICY, [{ object: release('one', '3.0.0') }]);
    const absent = await why(log, 'a/absent');
    assert.deepEqual([absent.code, absent.stdout], [2, '']);
    assert.match(absent.stderr, /has nothing about a\/absent/);
    const [explained] = JSON.parse((await why(log, 'a/one', '-o', 'json')).stdout);
    assert.equal(explained.row.uid, 'v-1');
    assert.deepEqual(explained.rules, [{ policy: 'p', rule: 'versions', result: 'finding' }]);
  });
});
