import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { folderReader } from '../../../src/io/policyfiles/read-folder.ts';
import type { WatchedPolicySource } from '../../../src/io/policyfiles/start-policy-source.ts';
import { judgeReviews } from '../../../src/runtime/webhook/judge-reviews.ts';
import { git, newFolder } from './policy-folder-fixture.ts';
import { EVIL, newWorkTree, policyText, watchRepository, watchWith } from './watched-policies.ts';

describe('1,000 swaps under load: one commit per decision', () => {
  /** As many rules as files, all of which find the object of the reviews; the version is in each of them. */
  const FILES = ['a.yaml', 'b.yaml', 'c.yaml'] as const;
  const textOf = (file: string, version: number): string =>
    policyText(
      file.slice(0, 1),
      `  - id: v${version}\n    allowedSources: [{url: "https://v${version}.example"}]\n`,
    );
  /** Reviews at a time; every other one has its facts only after the swap. */
  const JUDGES = 4;

  const SWAPS = 1_000;

  interface Seen {
    readonly digest: string;
    readonly commit: string | undefined;
    readonly versions: readonly string[];
    readonly commits: readonly (string | undefined)[];
  }

  /** Judges one review by the webhook's own way, which waits for facts between taking the set and judging with it. */
  async function judge(source: WatchedPolicySource, facts: Promise<unknown> = setImmediate()): Promise<Seen> {
    const judging = judgeReviews({
      policies: source,
      clock: { now: () => 0 },
      lookup: { find: () => facts.then(() => undefined), list: () => [] },
    });
    const { object } = EVIL;
    const kind = { group: 'source.toolkit.fluxcd.io', version: 'v1', kind: 'HelmRepository' };
    const resource = { group: kind.group, version: 'v1', resource: 'helmrepositories' };
    const user = { username: 'alice', groups: [] };
    const request = {
      uid: 'u',
      kind,
      resource,
      operation: 'CREATE',
      namespace: 'team',
      userInfo: user,
      object,
    };
    const decoded = judging.decode({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request });
    assert.ok(decoded.ok);
    const context = { signal: new AbortController().signal, note: () => {} };
    const { record } = await judging.judge(decoded.request, 'validate', context);
    assert.ok(record?.phase === 'admission' && record.policySet !== undefined);
    const { findings, policySet: set } = record;
    return {
      digest: set.digest,
      commit: set.commit,
      versions: findings.map(({ rule }) => rule),
      commits: findings.map(({ place }) => place.commit),
    };
  }

  function judgeAround(source: WatchedPolicySource, swapped: Promise<void>): readonly Promise<Seen>[] {
    return Array.from({ length: JUDGES }, (_, at) => judge(source, at % 2 === 0 ? setImmediate() : swapped));
  }

  /** Every decision is that of one version, and as many versions decided as there were. */
  function assertWhole(seen: readonly Seen[], versionOf: ReadonlyMap<string, number>): void {
    const digests = new Map<string, string>();
    for (const { digest, commit = '', versions, commits } of seen) {
      const version = versionOf.get(commit);
      assert.ok(version !== undefined, `the commit ${commit}`);
      assert.deepEqual(
        versions,
        FILES.map(() => `v${version}`),
      );
      assert.deepEqual(
        commits,
        FILES.map(() => commit),
      );
      assert.equal(digests.get(commit) ?? digest, digest);
      digests.set(commit, digest);
    }
    assert.equal(new Set(digests.values()).size, digests.size);
    assert.equal(digests.size, versionOf.size);
  }

  it('of a mounted folder, exchanged by its link and read while it is judged with', async () => {
    await using folder = await newFolder();
    const versionOf = new Map<string, number>();
    const mount = async (version: number): Promise<void> => {
      const data = `..v${version}`;
      await fs.mkdir(join(folder.path, data));
      for (const file of FILES) await folder.write(`${data}/${file}`, textOf(file, version));
      await fs.symlink(data, join(folder.path, '..new'));
      await fs.rename(join(folder.path, '..new'), join(folder.path, '..data'));
      await fs.rm(join(folder.path, `..v${version - 1}`), { recursive: true, force: true });
    };
    const commitOf = (text: string): string => createHash('sha1').update(text).digest('hex');
    await mount(0);
    for (const file of FILES) await fs.symlink(`..data/${file}`, join(folder.path, file));
    const timing = { intervalMs: 3_600_000, settleMs: 0 };
    const reader = folderReader({ dir: folder.path, searchPath: '/nonexistent', ...timing });
    await using watched = await watchWith({
      ...reader,
      // Without git, whose time it would take: the commit is named after one file, so that mixed files show.
      read: async () => {
        const read = await reader.read();
        return { ...read, commit: commitOf(read.files[0]?.text ?? '') };
      },
    });
    const { source } = watched;
    const seen: Seen[] = [await judge(source)];
    versionOf.set(commitOf(textOf(FILES[0], 0)), 0);
    for (let version = 1; version <= SWAPS; version += 1) {
      versionOf.set(commitOf(textOf(FILES[0], version)), version);
      const { promise: swapped, resolve } = Promise.withResolvers<void>();
      const judges = judgeAround(source, swapped);
      await mount(version);
      await source.reload();
      resolve();
      const around = await Promise.all(judges);
      assert.equal(versionOf.get(around[1]?.commit ?? ''), version - 1);
      seen.push(...around, await judge(source));
      assert.deepEqual(source.loadErrors(), [], `version ${version}`);
    }
    assert.equal(seen.length, 1 + SWAPS * (JUDGES + 1));
    assertWhole(seen, versionOf);
  });

  // A fetch takes git a tenth of a second: a long run makes the 1,000.
  const commits = process.env['PROPERTY_RUNS'] === undefined ? 20 : 1_000;
  it(`of a git repository, ${commits} commits fetched while they are judged with`, async () => {
    await using tree = await newWorkTree();
    await using own = await newFolder();
    const versionOf = new Map<string, number>();
    const commitVersion = async (version: number): Promise<void> => {
      for (const file of FILES) await tree.write(file, textOf(file, version));
      git(tree.path, 'add', '-A');
      git(tree.path, 'commit', '-q', '-m', String(version));
      versionOf.set(git(tree.path, 'rev-parse', 'HEAD'), version);
    };
    await commitVersion(0);
    await using watched = await watchRepository(tree, own);
    const { source } = watched;
    const seen: Seen[] = [await judge(source)];
    for (let version = 1; version <= commits; version += 1) {
      const { promise: swapped, resolve } = Promise.withResolvers<void>();
      const judges = judgeAround(source, swapped);
      await commitVersion(version);
      const reloaded = source.reload().then(() => true);
      do seen.push(await judge(source));
      while (!(await Promise.race([reloaded, setImmediate(false)])));
      resolve();
      seen.push(...(await Promise.all(judges)), await judge(source));
      assert.deepEqual(source.loadErrors(), [], `version ${version}`);
    }
    assertWhole(seen, versionOf);
  });
});
