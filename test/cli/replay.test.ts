import assert from 'node:assert/strict';
import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { replayCommand } from '../../src/cli/replay.ts';
import type { LifecycleAuditRecord } from '../../src/core/audit/record.ts';
import type { JsonObject } from '../../src/core/json/json.ts';
import { judgedFolder } from '../../src/io/auditlog/object-store.ts';
import { openAuditFile } from '../../src/io/auditlog/open-audit-file.ts';
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

  it('names the exceptions of a candidate that none of the decisions needed, with owner and place', async () => {
    const exception = (name: string, release: string): string =>
      `---\napiVersion: helmgate.dev/v1alpha1\nkind: Exception\nmetadata: {name: ${name}}\nspec: {policy: p, match: {names: [${release}]}, owner: team-${name}, reason: r, expires: 2099-01-31}\n`;
    await using log = await recordLog(policy(WITHIN('<3.0.0')), REQUESTS);
    const candidate = policy(WITHIN('<2.0.0')) + exception('old', 'one') + exception('live', 'two');
    const text = await replay(log, candidate);
    assert.match(
      text.stdout,
      /^exceptions that none of these decisions needed:\n {2}old {2}of team-old for policy p, until 2099-01-31T00:00:00Z {2}\(.*p\.yaml:[0-9]+\)\n\n4 decisions/m,
    );
    assert.doesNotMatch(text.stdout, /team-live/);
    const { stdout, code } = await replay(log, candidate, '-o', 'json');
    assert.deepEqual(
      JSON.parse(stdout).unneededExceptions.map(({ exception: name, owner, policy: of }: JsonObject) => [
        name,
        owner,
        of,
      ]),
      [['old', 'team-old', 'p']],
    );
    assert.equal(code, text.code);
    const needed = await replay(log, policy(WITHIN('<2.0.0')) + exception('live', 'two'));
    assert.doesNotMatch(needed.stdout, /exceptions/);
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

  it('names what becomes of a default that changes or goes, as if the object was sent anew', async () => {
    const defaults = (value: string): string =>
      policy(`  - {id: timeout, defaults: {HelmRelease: {spec.timeout: ${value}}}}\n`);
    const managed = release('a', 'one', '1.0.0');
    const metadata = { ...(managed['metadata'] as JsonObject), managedFields: [{ operation: 'Apply' }] };
    await using log = await recordLog(defaults('2m'), [{ object: { ...managed, metadata } }]);
    const same = await replay(log, defaults('2m'));
    assert.match(same.stdout, /1 the same/);
    const changed = await replay(log, defaults('5m'));
    assert.match(
      changed.stdout,
      /^newly changed:\n {2}a {2}p\/timeout {2}1 objects, 1 decisions\n {4}HelmRelease a\/one\n {4}.*\/spec\/timeout/,
    );
    const gone = await replay(log, policy(WITHIN('<9.0.0')));
    assert.match(
      gone.stdout,
      /^newly changed:\n {2}a {2}helmgate\/former-defaults .*\n.*\n {4}.*\/spec\/timeout/,
    );
  });

  it('names the record of defaults where the default itself stays, since nobody knows whose it is', async () => {
    const log2m = policy('  - {id: timeout, defaults: {HelmRelease: {spec.timeout: 2m}}}\n');
    await using log = await recordLog(log2m, REQUESTS);
    const { stdout } = await replay(log, policy(WITHIN('<9.0.0')), '-o', 'json');
    const { newlyMutated, groups } = JSON.parse(stdout);
    assert.equal(newlyMutated, 4);
    assert.deepEqual(
      groups.map(({ policy: of, rule, namespace, message }: JsonObject) => [of, rule, namespace, message]),
      ['a', 'b'].map((namespace) => ['helmgate', 'former-defaults', namespace, '/metadata/annotations']),
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

  describe('of a log that says nothing, exits 2 and says why, whatever else was judged', () => {
    const cases: readonly (readonly [
      string,
      (log: RecordedLog) => Promise<unknown>,
      RegExp,
      (readonly string[])?,
    ])[] = [
      ['an empty file', (log) => writeFile(log.audit, ''), /has no row: nothing was judged again/],
      ['one torn line', (log) => writeFile(log.audit, '{"seq":1'), /has no row/],
      [
        'a file of something else',
        (log) => writeFile(log.audit, policy(RETRIES)),
        /6 lines are no rows of an audit log, first line 1 /,
      ],
      [
        'a line of garbage after good rows',
        (log) => appendFile(log.audit, 'garbage\n'),
        /1 line is no row of an audit log, first line 9 /,
      ],
      [
        'rows without what was judged',
        (log) => rm(judgedFolder(log.audit), { recursive: true }),
        /none of the decisions could be judged again/,
      ],
      [
        'rows of other namespaces',
        async () => {},
        /none of the 4 decisions .* asked for/,
        ['--namespace', 'c'],
      ],
      [
        'rows of another time',
        async () => {},
        /none of the 4 decisions .* asked for/,
        ['--since', '2026-07-01'],
      ],
    ];
    for (const [name, spoil, message, args = []] of cases) {
      it(name, async () => {
        await using log = await recordLog(policy(WITHIN('<4.0.0')), REQUESTS);
        await spoil(log);
        const { code, stderr } = await replay(log, policy(WITHIN('<2.0.0')), ...args);
        assert.equal(code, 2);
        assert.match(stderr, /^helmgate replay: /);
        assert.match(stderr, message);
      });
    }

    it('a folder', async () => {
      await using log = await recordLog(policy(RETRIES), []);
      const { code, stderr } = await replay({ ...log, audit: log.folder } as RecordedLog, policy(RETRIES));
      assert.equal(code, 2);
      assert.match(stderr, /is a folder: name the log in it, such as \S+\/audit\.jsonl/);
    });
  });

  it('exits 0 for the log of a new gate, which has rows and no decision yet', async () => {
    await using log = await recordLog(policy(RETRIES), []);
    const file = await openAuditFile({ path: log.audit, now: () => new Date(0) });
    const record: LifecycleAuditRecord = {
      time: new Date(0).toISOString(),
      uid: '',
      kind: '',
      namespace: '',
      name: '',
      verdict: 'Allow',
      findings: [],
      durationMs: 0,
      phase: 'lifecycle',
      event: 'Started',
      details: {},
    };
    await file.append(record);
    await file.close();
    const { code, stderr } = await replay(log, policy(RETRIES));
    assert.deepEqual([code, stderr], [0, '']);
  });

  it('takes the log by the name that `helmgate audit` has for it', async () => {
    await using log = await recordLog(policy(RETRIES), REQUESTS);
    const folder = join(log.folder, 'candidate');
    await mkdir(folder);
    await writeFile(join(folder, 'p.yaml'), policy(RETRIES));
    const { code } = await capture(replayCommand, ['-p', folder, '--file', log.audit], { cwd: log.folder });
    assert.equal(code, 0);
  });

  it('refuses what would be ignored: a log or a time beside --cluster, a cluster without it', async () => {
    await using log = await recordLog(policy(RETRIES), []);
    await assert.rejects(
      replay(log, policy(RETRIES), '--cluster'),
      /cannot be used with option '--audit <file>'/,
    );
    const folder = join(log.folder, 'candidate');
    const run = (...args: readonly string[]) =>
      capture(replayCommand, ['-p', folder, ...args], { cwd: log.folder });
    await assert.rejects(
      run('--cluster', '--since', '2026-01-01'),
      /cannot be used with option '--since <time>'/,
    );
    const { code, stderr } = await run('--context', 'prod');
    assert.deepEqual([code, stderr.includes('need --cluster')], [2, true]);
  });

  it('exits 2 when there is no such kubeconfig', async () => {
    await using log = await recordLog(policy(RETRIES), []);
    const folder = join(log.folder, 'candidate');
    await mkdir(folder);
    await writeFile(join(folder, 'p.yaml'), policy(RETRIES));
    const { code, stderr } = await capture(
      replayCommand,
      ['-p', folder, '--cluster', '--kubeconfig', 'nope'],
      {
        cwd: log.folder,
      },
    );
    assert.equal(code, 2);
    assert.match(stderr, /^helmgate replay: kubeconfig nope cannot be read: ENOENT/);
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
