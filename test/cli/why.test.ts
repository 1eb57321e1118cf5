import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { whyCommand } from '../../src/cli/why.ts';
import type { JsonObject } from '../../src/core/json/json.ts';
import { judgedFolder } from '../../src/io/auditlog/object-store.ts';
import { type Captured, capture } from './capture.ts';
import { type RecordedLog, type RecordedRequest, recordLog } from './recorded-log.ts';

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

  describe('of dry runs, which Flux sends before each apply and stops at when they are denied', () => {
    const flux = { username: 'flux', dryRun: true };
    const was = { object: release('one', '1.0.0') };
    const tried = { object: release('one', '3.0.0'), ...flux };
    const TABLE: readonly (readonly [string, readonly RecordedRequest[], readonly string[]])[] = [
      ['shows the denial beside the older decision', [was, tried], ['v-1', 'v-2']],
      ['shows the newest of several', [was, tried, { ...tried }], ['v-1', 'v-3']],
      ['shows a denial of what was never admitted', [tried], ['v-1']],
      ['leaves out one that is older than a real request', [tried, was], ['v-2']],
      ['leaves out one whose sender was allowed since', [was, tried, { ...was, ...flux }], ['v-1']],
      [
        'keeps one when somebody else was allowed a dry run since',
        [was, tried, { ...was, dryRun: true }],
        ['v-1', 'v-2'],
      ],
      ['leaves out what was allowed', [was, { ...was, ...flux }], ['v-1']],
    ];
    for (const [name, requests, uids] of TABLE) {
      it(name, async () => {
        await using log = await recordLog(POLICY, requests);
        const { stdout, code } = await why(log, 'a/one');
        assert.deepEqual(
          [...stdout.matchAll(/^ {4}decision (.*)$/gm)].map(([, uid]) => uid),
          uids,
        );
        const denied = uids.some((uid) => requests[Number(uid.slice(2)) - 1]?.dryRun === true);
        assert.equal(code, denied ? 1 : undefined);
        assert.equal(/ Deny .* by flux \(dry run\)\n/.test(stdout), denied);
      });
    }
  });

  it('shows on demand each field as the controller sees it, with who gave its value', async () => {
    const policy = `${POLICY}  - {id: d, defaults: {HelmRelease: {spec.timeout: 9m, spec.values.note: hunter2}}}\n`;
    await using log = await recordLog(policy, [{ object: release('one', '1.0.0') }]);
    const { stdout, code } = await why(log, 'a/one', '--effective');
    assert.equal(code, undefined);
    const lines = stdout.split('\n').map((line) => line.trim());
    for (const line of [
      'spec.interval: "5m"  (written)',
      'spec.chart.spec.reconcileStrategy: "ChartVersion"  (default of the API)',
      'spec.timeout: "9m"  (set by p/d)',
      'spec.upgrade.remediation.retries: 0  (default of the controller)',
      'spec.values: (not shown)  (written)',
      'spec.values.note: (not shown)  (set by p/d)',
    ])
      assert.ok(lines.includes(line), `${line} is not in\n${stdout}`);
    assert.doesNotMatch(stdout, /hunter2/);
    const [explained] = JSON.parse((await why(log, 'a/one', '--effective', '-o', 'json')).stdout);
    assert.deepEqual(
      explained.effective.find(({ path }: { readonly path: string }) => path === 'spec.timeout'),
      { path: 'spec.timeout', value: '9m', origin: 'policy', by: 'p/d' },
    );
    assert.doesNotMatch((await why(log, 'a/one')).stdout, /as its controller sees it/);
  });

  it('takes the kind in any case, and the log by the name that `helmgate audit` has for it', async () => {
    await using log = await recordLog(POLICY, [{ object: release('one', '1.0.0') }]);
    const found = await capture(whyCommand, ['a/one', '--kind', 'helmrelease', '--file', log.audit], {
      cwd: log.folder,
    });
    assert.match(found.stdout, /decision v-1\n$/);
    await assert.rejects(why(log, 'a/one', '--file', log.audit), /cannot be used with/);
  });

  it('exits 2 for a folder in place of the log, and says what to name', async () => {
    await using log = await recordLog(POLICY, []);
    const { code, stderr } = await capture(whyCommand, ['a/one', '--audit', log.folder], { cwd: log.folder });
    assert.equal(code, 2);
    assert.match(stderr, /^helmgate why: \S+ is a folder: name the log in it, such as \S+\/audit\.jsonl\n$/);
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
