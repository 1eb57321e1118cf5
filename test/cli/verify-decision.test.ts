import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { auditCommand } from '../../src/cli/audit.ts';
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
  - {id: retries, defaults: {HelmRelease: {spec.upgrade.remediation.retries: 3}}}
`;

function release(name: string, version: string, values: JsonObject = {}): JsonObject {
  const sourceRef = { kind: 'HelmRepository', name: 'charts' };
  return {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: { name, namespace: 'a' },
    spec: { interval: '5m', values, chart: { spec: { chart: 'flagger', version, sourceRef } } },
  };
}

async function verify(log: RecordedLog, uid: string, ...args: readonly string[]): Promise<Captured> {
  return capture(auditCommand, ['verify-decision', uid, '--file', log.audit, ...args], { cwd: log.folder });
}

describe('helmgate audit verify-decision', () => {
  it('reproduces what both endpoints decided: allowed, denied, changed, and changed again', async () => {
    const old = release('three', '1.0.0');
    await using log = await recordLog(POLICY, [
      { object: release('one', '1.0.0') },
      { object: release('two', '3.0.0') },
      { object: release('three', '2.0.0', { password: 'x' }), oldObject: old },
    ]);
    for (const uid of ['m-1', 'v-1', 'm-2', 'v-2', 'm-3', 'v-3']) {
      const { stdout, code } = await verify(log, uid);
      assert.equal(stdout, `${uid}: reproduced: the same verdict and findings come out again\n`);
      assert.equal(code, undefined);
    }
  });

  it('says what differs when a row was rewritten', async () => {
    await using log = await recordLog(POLICY, [{ object: release('two', '3.0.0') }]);
    const text = await readFile(log.audit, 'utf8');
    await writeFile(log.audit, text.replace('"verdict":"Deny"', '"verdict":"Allow"'));
    const { stdout, code } = await verify(log, 'v-1', '-o', 'json');
    assert.deepEqual(JSON.parse(stdout), {
      uid: 'v-1',
      verdict: 'Differs',
      why: 'the verdict is Deny, the row says Allow',
    });
    assert.equal(code, 1);
  });

  it('names the redacted values that stand in the way', async () => {
    const secret = 'expression: object.spec.values.password == "canary"';
    const policy = `${POLICY.split('  rules:')[0]}  rules:\n  - {id: e, expression: {${secret}, message: wrong}}\n`;
    await using log = await recordLog(policy, [{ object: release('one', '1.0.0', { password: 'canary' }) }]);
    const { stdout, code } = await verify(log, 'v-1');
    assert.match(stdout, /^v-1: cannot be told: .*; values were redacted: \/spec\/values\/password\n$/);
    assert.equal(code, 1);
  });

  it('cannot tell without the object or the policies of that time, and exits 2 for a decision that is not there', async () => {
    await using log = await recordLog(POLICY, [{ object: release('one', '1.0.0') }]);
    const absent = await verify(log, 'v-9');
    assert.equal(absent.code, 2);
    assert.match(absent.stdout, /^v-9: not found: /);
    await rm(judgedFolder(log.audit), { recursive: true });
    const { stdout, code } = await verify(log, 'v-1');
    assert.match(stdout, /^v-1: cannot be told: the policy set sha256:[0-9a-f]{64} was not kept\n$/);
    assert.equal(code, 1);
  });
});
