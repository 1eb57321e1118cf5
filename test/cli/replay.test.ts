import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { replayCommand } from '../../src/cli/replay.ts';
import type { JsonObject } from '../../src/core/json/json.ts';
import { judgedFolder } from '../../src/io/auditlog/object-store.ts';
import { type Captured, capture } from './capture.ts';
import { type RecordedLog, recordLog } from './recorded-log.ts';

const policy = (rules: string): string =>
  `apiVersion: helmgate.dev/v1alpha1\nkind: Policy\nmetadata: {name: p}\nspec:\n  rules:\n${rules}`;
const WITHIN = (range: string): string => `  - {id: versions, chartVersion: {within: "${range}"}}\n`;
const RETRIES = '  - {id: retries, defaults: {HelmRelease: {spec.upgrade.remediation.retries: 3}}}\n';

function release(namespace: string, name: string, version: string, more: JsonObject = {}): JsonObject {
  const sourceRef = { kind: 'HelmRepository', name: 'charts' };
  const chart = { spec: { chart: 'flagger', version, sourceRef } };
  return {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: { name, namespace },
    spec: { interval: '5m', chart, ...more },
  };
}

const REQUESTS = [
  { object: release('a', 'one', '1.0.0') },
  { object: release('a', 'one', '1.0.0') },
  { object: release('a', 'two', '2.0.0') },
  { object: release('b', 'three', '3.0.0') },
];

async function replay(log: RecordedLog, candidate: string, ...args: readonly string[]): Promise<Captured> {
  const folder = join(log.folder, 'candidate');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'p.yaml'), candidate);
  return capture(replayCommand, ['-p', folder, '--audit', log.audit, ...args], { cwd: log.folder });
}

describe('helmgate replay', () => {
  it('names what a stricter candidate would deny, by namespace and rule, and exits 1', async () => {
    await using log = await recordLog(policy(WITHIN('<3.0.0')), REQUESTS);
    const { stdout, code } = await replay(log, policy(WITHIN('<2.0.0')));
    assert.match(
      stdout,
      /^newly denied:\n {2}a {2}p\/versions {2}1 objects, 1 decisions\n {4}HelmRelease a\/two\n/,
    );
    assert.match(
      stdout,
      /4 decisions judged again in .* s: 3 the same, 1 newly denied, 0 newly allowed, 0 newly changed\n$/,
    );
    assert.equal(code, 1);
  });

  it('names what a wider candidate would allow, by the rule that denied, and exits 0', async () => {
    await using log = await recordLog(policy(WITHIN('<3.0.0')), REQUESTS);
    const { stdout, code } = await replay(log, policy(WITHIN('<4.0.0')), '-o', 'json');
    const { newlyAllowed, groups } = JSON.parse(stdout);
    assert.deepEqual([newlyAllowed, code], [1, 0]);
    assert.deepEqual(groups, [
      {
        kind: 'NewlyAllowed',
        namespace: 'b',
        policy: 'p',
        rule: 'versions',
        rows: 1,
        objects: 1,
        examples: ['HelmRelease b/three'],
        message: '',
      },
    ]);
  });

  it('names what a candidate would change, object by object', async () => {
    await using log = await recordLog(policy(WITHIN('<4.0.0')), REQUESTS);
    const { stdout, code } = await replay(log, policy(WITHIN('<4.0.0') + RETRIES), '-o', 'json');
    const { newlyMutated, groups } = JSON.parse(stdout);
    assert.deepEqual([newlyMutated, code], [4, 0]);
    assert.deepEqual(
      groups.map(({ kind, namespace, objects, rows }: JsonObject) => [kind, namespace, objects, rows]),
      [
        ['NewlyMutated', 'a', 2, 3],
        ['NewlyMutated', 'b', 1, 1],
      ],
    );
  });

  it('says the same of the set that judged: nothing changes, defaults included', async () => {
    const set = policy(WITHIN('<3.0.0') + RETRIES);
    await using log = await recordLog(set, REQUESTS);
    const { stdout, code } = await replay(log, set, '-o', 'json');
    assert.deepEqual([JSON.parse(stdout).same, code], [4, 0]);
  });

  it('counts as not to be told what a new rule needs and nobody looked up, what was not kept, and nothing as allowed', async () => {
    await using log = await recordLog(policy(WITHIN('<4.0.0')), REQUESTS);
    const sources = '  - {id: sources, allowedSources: [{url: https://flagger.app}]}\n';
    const first = JSON.parse((await replay(log, policy(sources), '-o', 'json')).stdout);
    assert.deepEqual(first.unknown, { 'the HelmRepository behind it was not looked up then': 4 });
    const repository: JsonObject = {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'HelmRepository',
      metadata: { name: 'charts', namespace: 'a' },
      spec: { url: 'https://flagger.app' },
    };
    await using edit = await recordLog(policy(RETRIES), [{ object: repository }]);
    const moved = JSON.parse((await replay(edit, policy(sources), '-o', 'json')).stdout);
    assert.deepEqual(moved.unknown, { 'the fact dependents was not gathered then': 1 });
    await rm(judgedFolder(log.audit), { recursive: true });
    const second = JSON.parse((await replay(log, policy(WITHIN('<1.0.0')), '-o', 'json')).stdout);
    assert.deepEqual([second.unknown, second.replayed], [{ 'what was judged was not kept': 4 }, 0]);
  });

  it('takes only the rows asked for', async () => {
    await using log = await recordLog(policy(WITHIN('<4.0.0')), REQUESTS);
    const of = async (...args: readonly string[]) =>
      JSON.parse((await replay(log, policy(WITHIN('<4.0.0')), '-o', 'json', ...args)).stdout).replayed;
    assert.equal(await of('--namespace', 'b'), 1);
    assert.equal(await of('--since', '2026-06-01'), 4);
    assert.equal(await of('--since', '2026-06-02'), 0);
  });

  it('exits 2 without a log, and 3 for a broken candidate, naming its line', async () => {
    await using log = await recordLog(policy(WITHIN('<4.0.0')), []);
    const broken = await replay(log, policy('  - {id: v, chartVersion: {within: "nonsense"}}\n'));
    assert.equal(broken.code, 3);
    assert.match(broken.stderr, /p\.yaml:6:/);
    const folder = join(log.folder, 'candidate');
    await writeFile(join(folder, 'p.yaml'), policy(WITHIN('<4.0.0')));
    const absent = await capture(replayCommand, ['-p', folder, '--audit', join(log.folder, 'absent')], {
      cwd: log.folder,
    });
    assert.equal(absent.code, 2);
    assert.match(absent.stderr, /cannot read the audit log/);
  });
});
