import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import fs from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { evaluate } from '../../../src/core/policy/evaluate.ts';
import { type GitLocation, readGitLocation } from '../../../src/io/policyfiles/git-location.ts';
import { repositoryReader } from '../../../src/io/policyfiles/read-repository.ts';
import { factsWith } from '../../core/policy/policy-fixture.ts';
import { git, newFolder, type TestFolder } from './policy-folder-fixture.ts';
import {
  commitPolicy,
  EVIL,
  GOOD,
  inForce,
  newWorkTree,
  policyText,
  SEARCH_PATH,
  watchRepository,
} from './watched-policies.ts';

describe('git URL `ext::`, `--upload-pack`, hooks, submodules, filters: nothing executed', () => {
  const commands = (ran: string): readonly string[] => [
    `ext::sh -c touch% ${ran}`,
    `ext::sh -c "touch ${ran}" %S`,
    `--upload-pack=touch ${ran}`,
    `-u touch ${ran}`,
    `ssh://-oProxyCommand=touch%20${ran}/x`,
    `file:///x;touch ${ran}`,
    `file:///\`touch ${ran}\``,
    `$(touch ${ran})`,
  ];

  it('no such URL is accepted by the door, nor run by git when it gets past it', async () => {
    await using own = await newFolder();
    const ran = join(own.path, 'ran');
    for (const [index, url] of commands(ran).entries()) {
      assert.throws(() => readGitLocation(url), url);
      for (const protocol of ['https', 'ssh', 'file'] as const) {
        const location: GitLocation = { url, protocol, ref: 'refs/heads/main', path: '' };
        const folder = join(own.path, `bare-${index}-${protocol}`);
        const reader = repositoryReader({ location, folder, searchPath: SEARCH_PATH });
        await assert.rejects(reader.fingerprint(), /git .* failed for the policy repository/, url);
        await assert.rejects(reader.read(), /git .* failed for the policy repository/, url);
      }
    }
    assert.equal(existsSync(ran), false);
  });

  it('no ref that is an option is accepted by the door, nor run by git when it gets past it', async () => {
    await using tree = await newWorkTree();
    await using own = await newFolder();
    const ran = join(own.path, 'ran');
    for (const ref of [`--upload-pack=touch ${ran}`, `--exec=touch ${ran}`, `-u${ran}`]) {
      const url = `file://${tree.path}/.git`;
      assert.throws(() => readGitLocation(url, ref));
      const location: GitLocation = { url, protocol: 'file', ref, path: '' };
      const reader = repositoryReader({ location, folder: join(own.path, 'bare'), searchPath: SEARCH_PATH });
      await assert.rejects(reader.read());
    }
    assert.equal(existsSync(ran), false);
  });

  it('hooks, filters, submodules and configuration run nothing, on either side', async () => {
    await using tree = await newWorkTree();
    await using own = await newFolder();
    const [ran, bare] = [join(own.path, 'ran'), join(own.path, 'bare')];
    const location = readGitLocation(`file://${tree.path}/.git`);
    const reader = repositoryReader({ location, folder: bare, searchPath: SEARCH_PATH });
    await reader.accept?.(await reader.read());
    await tree.write('.gitattributes', '*.yaml filter=evil diff=evil merge=evil\n');
    await tree.write('.gitmodules', `[submodule "s"]\n\tpath = s\n\turl = ext::sh -c touch% ${ran}\n`);
    git(tree.path, 'add', '-A');
    git(tree.path, 'update-index', '--add', '--cacheinfo', `160000,${git(tree.path, 'rev-parse', 'HEAD')},s`);
    git(tree.path, 'commit', '-qm', 'hostile');
    for (const folder of [join(tree.path, '.git'), bare]) {
      await fs.mkdir(join(folder, 'hooks'), { recursive: true });
      for (const name of [
        'reference-transaction',
        'post-update',
        'update',
        'pre-auto-gc',
        'post-checkout',
        'fsmonitor',
      ]) {
        await fs.writeFile(join(folder, 'hooks', name), `#!/bin/sh\ntouch ${ran}\n`, { mode: 0o755 });
      }
      for (const key of [
        'filter.evil.smudge',
        'filter.evil.clean',
        'diff.evil.textconv',
        'core.fsmonitor',
        'uploadpack.packObjectsHook',
        'core.sshCommand',
        'credential.helper',
      ]) {
        git(folder, 'config', key, `touch ${ran}`);
      }
    }
    const { commit, files } = await reader.read();
    await reader.accept?.({ commit: commit ?? '', files, dirty: [] });
    assert.equal(commit, git(tree.path, 'rev-parse', 'HEAD'));
    assert.deepEqual(
      files.map(({ path }) => path),
      ['a.yaml'],
    );
    assert.equal(existsSync(ran), false);
  });
});

describe('force-push, rollback: kept at last good, alarm', () => {
  const weaker = policyText('good', '  - id: sources\n    allowedSources: [{url: "https://evil.example"}]\n');
  const moves: readonly (readonly [string, (tree: TestFolder, first: string) => Promise<unknown>])[] = [
    ['a rollback', async (tree, first) => git(tree.path, 'reset', '-q', '--hard', first)],
    [
      'a force-push',
      async (tree, first) => {
        git(tree.path, 'reset', '-q', '--hard', first);
        await commitPolicy(tree, weaker);
      },
    ],
    [
      'another history',
      async (tree) => {
        git(tree.path, 'checkout', '-q', '--orphan', 'other');
        await commitPolicy(tree, weaker);
        git(tree.path, 'branch', '-qf', 'main', 'other');
      },
    ],
    ['a branch that is gone', async (tree) => git(tree.path, 'branch', '-qm', 'main', 'gone')],
  ];
  for (const [name, move] of moves) {
    it(`${name}: refused aloud, once, and mended by a commit that descends`, async () => {
      await using tree = await newWorkTree();
      await using own = await newFolder();
      const first = git(tree.path, 'rev-parse', 'HEAD');
      const second = await commitPolicy(tree, `${GOOD}# second\n`);
      await using watched = await watchRepository(tree, own);
      assert.equal(inForce(watched).commit, second);
      await move(tree, first);
      await watched.source.reload();
      await watched.source.reload();
      assert.match(watched.source.loadErrors()[0] ?? '', /does not descend from it|has no refs\/heads\/main/);
      assert.deepEqual(
        watched.loads.map(({ outcome }) => outcome),
        ['loaded', 'refused'],
      );
      assert.equal(inForce(watched).commit, second);
      const decision = evaluate(inForce(watched), EVIL, factsWith(), 'admission');
      assert.deepEqual([decision.allowed, decision.policySet.commit], [false, second]);
      git(tree.path, 'checkout', '-q', '-B', 'main', second);
      const third = await commitPolicy(tree, `${GOOD}# third\n`);
      await watched.source.reload();
      assert.deepEqual(watched.source.loadErrors(), []);
      assert.equal(inForce(watched).commit, third);
    });
  }
});
