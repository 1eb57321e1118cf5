import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';

import { readPolicyFiles } from '../../../src/io/policyfiles/read-policy-files.ts';
import { git, newFolder } from './policy-folder-fixture.ts';

describe('reading a policy folder', () => {
  it('takes *.yaml and *.yml in order of their paths, and neither dot names nor other names', async () => {
    await using folder = await newFolder();
    await mkdir(join(folder.path, 'team', '.hidden'), { recursive: true });
    await folder.write('b.yml', 'b');
    await folder.write('a.yaml', 'a');
    await folder.write('README.md', 'no');
    await folder.write('.c.yaml', 'no');
    await folder.write('team/d.yaml', 'd');
    await folder.write('team/.hidden/e.yaml', 'no');
    const { files, commit, dirty } = await readPolicyFiles(folder.path);
    assert.deepEqual(files, [
      { path: 'a.yaml', text: 'a' },
      { path: 'b.yml', text: 'b' },
      { path: 'team/d.yaml', text: 'd' },
    ]);
    assert.equal(commit, undefined);
    assert.deepEqual(dirty, []);
  });

  it('reads a mounted ConfigMap through its ..data link', async () => {
    await using folder = await newFolder();
    await mkdir(join(folder.path, '..2026_01'));
    await folder.write('..2026_01/a.yaml', 'a');
    await symlink('..2026_01', join(folder.path, '..data'));
    await symlink('..data/a.yaml', join(folder.path, 'a.yaml'));
    assert.deepEqual((await readPolicyFiles(folder.path)).files, [{ path: 'a.yaml', text: 'a' }]);
  });

  it('reads a folder that is itself a link', async () => {
    await using folder = await newFolder();
    await mkdir(join(folder.path, 'real'));
    await folder.write('real/a.yaml', 'a');
    await symlink('real', join(folder.path, 'link'));
    assert.equal((await readPolicyFiles(join(folder.path, 'link'))).files.length, 1);
  });

  const refused: readonly (readonly [string, RegExp, (path: string) => unknown])[] = [
    ['a link to a file outside', /leads out/, (path) => symlink('/etc/hostname', join(path, 'x.yaml'))],
    ['a link to a folder outside', /leads out/, (path) => symlink('/etc', join(path, 'x'))],
    ['a dangling link', /cannot be read: ENOENT/, (path) => symlink('nowhere', join(path, 'x.yaml'))],
    ['a FIFO', /no regular file/, (path) => execFileSync('mkfifo', [join(path, 'x.yaml')])],
    ['a link to a device', /leads out/, (path) => symlink('/dev/zero', join(path, 'x.yaml'))],
    [
      'a file that is too large',
      /at most 1048576/,
      (path) => writeFile(join(path, 'x.yaml'), Buffer.alloc(1024 * 1024 + 1)),
    ],
    ['invalid UTF-8', /UTF-8/, (path) => writeFile(join(path, 'x.yaml'), Buffer.from([0xff]))],
    ['folders too deep', /deeper/, (path) => mkdir(join(path, '1/2/3/4/5/6/7/8/9'), { recursive: true })],
  ];
  for (const [what, message, make] of refused) {
    it(`refuses ${what}`, async () => {
      await using folder = await newFolder();
      await folder.write('good.yaml', 'a');
      await make(folder.path);
      await assert.rejects(readPolicyFiles(folder.path), { name: 'PolicyFilesError', message });
    });
  }

  it('refuses more than 1,000 policy files without reading on', async () => {
    await using folder = await newFolder();
    await Promise.all(Array.from({ length: 1_001 }, (_, n) => folder.write(`${n}.yaml`, 'a')));
    await assert.rejects(readPolicyFiles(folder.path), /more than 1000 policy files/);
  });

  it('says that the folder is not there', async () => {
    await assert.rejects(readPolicyFiles('/nonexistent/policies'), /cannot be read: ENOENT/);
  });
});

describe('the commit of a policy folder', () => {
  it('is named when the files are those of HEAD, also in a folder below the top', async () => {
    await using folder = await newFolder();
    git(folder.path, 'init', '-q');
    await mkdir(join(folder.path, 'policies/team'), { recursive: true });
    await folder.write('policies/team/a.yaml', 'line 1\nline 2\n');
    await folder.write('other.yaml', 'outside the policy folder');
    git(folder.path, 'add', 'policies');
    git(folder.path, 'commit', '-qm', 'one');
    const { commit, dirty } = await readPolicyFiles(join(folder.path, 'policies'));
    assert.equal(commit, git(folder.path, 'rev-parse', 'HEAD'));
    assert.deepEqual(dirty, []);
    assert.equal(git(folder.path, 'show', `${commit}:policies/team/a.yaml`), 'line 1\nline 2');
  });

  const edits: readonly (readonly [string, (path: string) => Promise<void>, string])[] = [
    ['changed', (path) => writeFile(join(path, 'a.yaml'), 'changed'), 'a.yaml'],
    ['added', (path) => writeFile(join(path, 'new.yaml'), 'x'), 'new.yaml'],
    ['removed', (path) => rm(join(path, 'b.yaml')), 'b.yaml'],
  ];
  for (const [what, edit, name] of edits) {
    it(`is not named when a file was ${what} and not committed`, async () => {
      await using folder = await newFolder();
      git(folder.path, 'init', '-q');
      await folder.write('a.yaml', 'a');
      await folder.write('b.yaml', 'b');
      git(folder.path, 'add', '.');
      git(folder.path, 'commit', '-qm', 'one');
      await edit(folder.path);
      const { commit, dirty } = await readPolicyFiles(folder.path);
      assert.equal(commit, undefined);
      assert.deepEqual(dirty, [name]);
    });
  }

  it('is not hidden by "assume unchanged", which makes git status blind', async () => {
    await using folder = await newFolder();
    git(folder.path, 'init', '-q');
    await folder.write('a.yaml', 'a');
    git(folder.path, 'add', '.');
    git(folder.path, 'commit', '-qm', 'one');
    git(folder.path, 'update-index', '--assume-unchanged', 'a.yaml');
    await folder.write('a.yaml', 'forged');
    assert.equal((await readPolicyFiles(folder.path)).commit, undefined);
  });

  it('is absent in a repository without a commit, and when there is no git', async () => {
    await using folder = await newFolder();
    git(folder.path, 'init', '-q');
    await folder.write('a.yaml', 'a');
    assert.equal((await readPolicyFiles(folder.path)).commit, undefined);
    git(folder.path, 'add', '.');
    git(folder.path, 'commit', '-qm', 'one');
    assert.equal((await readPolicyFiles(folder.path, { searchPath: '/nonexistent' })).commit, undefined);
  });

  it('runs nothing that the repository configures', async () => {
    await using folder = await newFolder();
    git(folder.path, 'init', '-q');
    await folder.write('a.yaml', 'a');
    await folder.write('.gitattributes', '*.yaml filter=evil diff=evil\n');
    git(folder.path, 'add', '.');
    git(folder.path, 'commit', '-qm', 'one');
    const trap = join(folder.path, '.trap.sh');
    await writeFile(trap, `#!/bin/sh\ntouch ${folder.path}/.sprung\ncat\n`);
    await chmod(trap, 0o755);
    for (const key of [
      'core.fsmonitor',
      'core.pager',
      'core.sshCommand',
      'filter.evil.clean',
      'filter.evil.smudge',
      'diff.evil.command',
      'core.editor',
    ]) {
      git(folder.path, 'config', key, trap);
    }
    git(folder.path, 'config', 'core.hooksPath', folder.path);
    const { commit } = await readPolicyFiles(folder.path);
    assert.match(commit ?? '', /^[0-9a-f]{40}$/);
    await assert.rejects(readFile(join(folder.path, '.sprung')), { code: 'ENOENT' });
  });
});
