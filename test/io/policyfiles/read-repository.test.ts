import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';

import { readGitLocation } from '../../../src/io/policyfiles/git-location.ts';
import type { GitRepositoryOptions } from '../../../src/io/policyfiles/git-repository.ts';
import { repositoryReader } from '../../../src/io/policyfiles/read-repository.ts';
import { startPolicySource } from '../../../src/io/policyfiles/start-policy-source.ts';
import { makeAuthority, makeLeaf } from '../../../src/io/tls/authority.ts';
import { git, newFolder, type TestFolder } from './policy-folder-fixture.ts';

const SEARCH_PATH = process.env['PATH'] ?? '';

/** A work tree on branch main, with a first commit of one policy file. */
async function newWorkTree(): Promise<TestFolder> {
  const folder = await newFolder();
  git(folder.path, 'init', '-q', '-b', 'main');
  await commit(folder, 'a.yaml', 'one');
  return folder;
}

async function commit(folder: TestFolder, name: string, text: string): Promise<string> {
  await folder.write(name, text);
  git(folder.path, 'add', '-A');
  git(folder.path, 'commit', '-qm', text);
  return git(folder.path, 'rev-parse', 'HEAD');
}

function options(
  tree: TestFolder,
  own: TestFolder,
  more: Partial<GitRepositoryOptions> = {},
): GitRepositoryOptions {
  const location = readGitLocation(`file://${tree.path}/.git`);
  return { location, folder: join(own.path, 'bare'), searchPath: SEARCH_PATH, ...more };
}

describe('policies in a git repository', () => {
  it('are the files of one commit, and of the folder asked for', async () => {
    await using tree = await newWorkTree();
    await using own = await newFolder();
    await mkdir(join(tree.path, 'prod/eu'), { recursive: true });
    await tree.write('prod/eu/b.yml', 'two');
    await tree.write('prod/README.md', 'text');
    await tree.write('prod/.hidden.yaml', 'text');
    const head = await commit(tree, 'prod/c.yaml', 'three ä');
    const all = await repositoryReader(options(tree, own)).read();
    assert.deepEqual(all, {
      commit: head,
      dirty: [],
      files: [
        { path: 'a.yaml', text: 'one' },
        { path: 'prod/c.yaml', text: 'three ä' },
        { path: 'prod/eu/b.yml', text: 'two' },
      ],
    });
    const location = readGitLocation(`file://${tree.path}/.git`, 'main', 'prod');
    const part = await repositoryReader(options(tree, own, { location })).read();
    assert.deepEqual(
      part.files.map(({ path }) => path),
      ['c.yaml', 'eu/b.yml'],
    );
  });

  it('run nothing: no hooks, filters, submodules or links, and nothing is checked out', async () => {
    await using tree = await newWorkTree();
    await using own = await newFolder();
    const ran = join(own.path, 'ran');
    await tree.write('.gitattributes', '*.yaml filter=evil diff=evil\n');
    await tree.write('.gitmodules', `[submodule "s"]\n\tpath = s\n\turl = ext::sh -c touch% ${ran}\n`);
    for (const name of ['post-checkout', 'reference-transaction', 'post-merge', 'pre-auto-gc']) {
      await writeFile(join(tree.path, '.git/hooks', name), `#!/bin/sh\ntouch ${ran}\n`);
      await chmod(join(tree.path, '.git/hooks', name), 0o755);
    }
    git(tree.path, 'config', 'filter.evil.smudge', `touch ${ran}`);
    git(tree.path, 'config', 'uploadpack.packObjectsHook', `touch ${ran}`);
    git(tree.path, 'update-index', '--add', '--cacheinfo', `160000,${git(tree.path, 'rev-parse', 'HEAD')},s`);
    const reader = repositoryReader(options(tree, own));
    await reader.fingerprint();
    await rm(ran, { force: true });
    git(tree.path, 'add', '.gitattributes', '.gitmodules');
    git(tree.path, '-c', 'core.hooksPath=/dev/null', 'commit', '-qm', 'hostile');
    const { files } = await reader.read();
    assert.deepEqual(files, [{ path: 'a.yaml', text: 'one' }]);
    assert.equal(existsSync(ran), false);
    assert.equal(existsSync(join(own.path, 'bare/a.yaml')), false);
  });

  it('are refused as a whole for a link or a submodule in the place of a policy, too many bytes, or no UTF-8', async () => {
    await using own = await newFolder();
    const cases: readonly [string, (tree: TestFolder) => Promise<void>, RegExp][] = [
      ['link', (tree) => symlink('/etc/passwd', join(tree.path, 'b.yaml')), /b\.yaml is no regular file/],
      ['large', (tree) => tree.write('b.yaml', 'x'.repeat(1024 * 1024 + 1)), /b\.yaml has 1048577 bytes/],
      [
        'latin',
        (tree) => writeFile(join(tree.path, 'b.yaml'), Buffer.from([0xe4])),
        /b\.yaml is not valid UTF-8/,
      ],
      [
        'module',
        async (tree) => {
          git(
            tree.path,
            'update-index',
            '--add',
            '--cacheinfo',
            `160000,${git(tree.path, 'rev-parse', 'HEAD')},b.yaml`,
          );
        },
        /b\.yaml is no regular file/,
      ],
    ];
    for (const [name, spoil, message] of cases) {
      await using tree = await newWorkTree();
      await spoil(tree);
      if (name !== 'module') git(tree.path, 'add', '-A');
      git(tree.path, 'commit', '-qm', name);
      const reader = repositoryReader(options(tree, own, { folder: join(own.path, name) }));
      await assert.rejects(reader.read(), message);
    }
  });

  it('stay at the last good commit when the ref is forced elsewhere or rolled back, until a commit descends from it', async () => {
    await using tree = await newWorkTree();
    await using own = await newFolder();
    const first = git(tree.path, 'rev-parse', 'HEAD');
    const second = await commit(tree, 'a.yaml', 'two');
    const reader = repositoryReader(options(tree, own));
    await reader.accept?.(await reader.read());
    git(tree.path, 'reset', '-q', '--hard', first);
    await assert.rejects(reader.read(), /does not descend from it \(a force-push or a rollback\)/);
    git(tree.path, 'checkout', '-q', '--orphan', 'other');
    git(tree.path, 'commit', '-qm', 'other');
    git(tree.path, 'branch', '-qf', 'main', 'other');
    await assert.rejects(reader.read(), /does not descend/);
    const rewound = await repositoryReader(options(tree, own, { allowRewind: true })).read();
    assert.equal(rewound.commit, git(tree.path, 'rev-parse', 'main'));
    git(tree.path, 'branch', '-qf', 'main', second);
    git(tree.path, 'checkout', '-q', 'main');
    git(tree.path, 'reset', '-q', '--hard', second);
    const third = await commit(tree, 'a.yaml', 'three');
    assert.equal((await reader.read()).commit, third);
  });

  it('name what is wrong when the ref, the repository or git itself is missing', async () => {
    await using tree = await newWorkTree();
    await using own = await newFolder();
    const absent = readGitLocation(`file://${tree.path}/.git`, 'absent');
    await assert.rejects(
      repositoryReader(options(tree, own, { location: absent })).fingerprint(),
      /the policy repository has no refs\/heads\/absent/,
    );
    const nowhere = readGitLocation(`file://${tree.path}/nowhere`);
    await assert.rejects(
      repositoryReader(options(tree, own, { location: nowhere })).fingerprint(),
      /git ls-remote failed for the policy repository/,
    );
    await assert.rejects(
      repositoryReader(options(tree, own, { searchPath: '/nonexistent' })).fingerprint(),
      /git cannot be started/,
    );
  });

  it('are followed: each decision names its commit, a broken commit changes nothing, and the next good one does', async () => {
    await using tree = await newWorkTree();
    await using own = await newFolder();
    const source = await startPolicySource({
      reader: repositoryReader({ ...options(tree, own), intervalMs: 20 }),
      compile: (files, at) => {
        const text = files.map((file) => file.text).join();
        if (text.includes('broken')) return { ok: false, errors: [] };
        return { ok: true, set: { digest: text, ruleCount: 1, rulesByKind: new Map(), ...at } };
      },
    });
    try {
      assert.equal(source.inForce()?.current.commit, git(tree.path, 'rev-parse', 'HEAD'));
      await commit(tree, 'a.yaml', 'broken');
      await source.reload();
      assert.equal(source.inForce()?.current.digest, 'one');
      const good = await commit(tree, 'a.yaml', 'three');
      await source.reload();
      await source.reload();
      assert.deepEqual(
        [source.inForce()?.current.digest, source.inForce()?.current.commit, source.loadErrors()],
        ['three', good, []],
      );
    } finally {
      await source.close();
    }
  });

  it('come over https from the host that the CA vouches for, with the token in the header and nowhere else', async () => {
    await using tree = await newWorkTree();
    await using own = await newFolder();
    const server = await serveGit(tree.path, own);
    try {
      await own.write('token', 'canary-token\n');
      const location = readGitLocation(`${server.url}/.git`);
      const access = { location, tokenFile: join(own.path, 'token') };
      await assert.rejects(
        repositoryReader(options(tree, own, access)).read(),
        (error: Error) => /certificate/.test(error.message) && !error.message.includes('canary'),
      );
      const trusted = { ...access, caFile: join(own.path, 'ca.pem') };
      const read = await repositoryReader(options(tree, own, trusted)).read();
      assert.equal(read.commit, git(tree.path, 'rev-parse', 'HEAD'));
      assert.ok(server.seen.length > 0 && server.seen.every((header) => header === 'Bearer canary-token'));
      const { tokenFile: _tokenFile, ...without } = trusted;
      await assert.rejects(
        repositoryReader(options(tree, own, without)).read(),
        /git (fetch|ls-remote) failed for the policy repository/,
      );
    } finally {
      await server.close();
    }
  });

  it('are believed only when the commit is signed by a given key', {
    skip: lacking('ssh-keygen'),
  }, async () => {
    await using tree = await newWorkTree();
    await using own = await newFolder();
    for (const name of ['good', 'other']) {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', join(own.path, name)]);
    }
    const publicKey = execFileSync('cat', [join(own.path, 'good.pub')], { encoding: 'utf8' });
    await own.write('signers', `t@example.com ${publicKey}`);
    const reader = repositoryReader(options(tree, own, { signersFile: join(own.path, 'signers') }));
    await assert.rejects(reader.read(), /bears no valid signature/);
    const signed = async (key: string): Promise<void> => {
      await tree.write('a.yaml', key);
      const settings = ['-c', 'gpg.format=ssh', '-c', `user.signingKey=${join(own.path, key)}`];
      git(tree.path, ...settings, 'commit', '-q', '-a', '-S', '-m', key);
    };
    await signed('other');
    await assert.rejects(reader.read(), /bears no valid signature/);
    await signed('good');
    assert.deepEqual((await reader.read()).files, [{ path: 'a.yaml', text: 'good' }]);
  });

  it('are believed with an OpenPGP key too', { skip: lacking('gpg') }, async () => {
    await using tree = await newWorkTree();
    await using own = await newFolder();
    // gpg's agent listens on a socket in its home, whose path may have 108 bytes only.
    const home = join(own.path, 'g');
    await mkdir(home, { mode: 0o700 });
    const env = { PATH: SEARCH_PATH, GNUPGHOME: home, HOME: own.path };
    const gpg = (...args: readonly string[]) =>
      execFileSync(
        'gpg',
        ['--batch', '--quiet', '--pinentry-mode', 'loopback', '--passphrase', '', ...args],
        { env },
      );
    try {
      gpg('--quick-generate-key', 't@example.com', 'ed25519', 'sign', 'never');
      await writeFile(join(own.path, 'keys.asc'), gpg('--armor', '--export'));
      const reader = repositoryReader(options(tree, own, { signersFile: join(own.path, 'keys.asc') }));
      await assert.rejects(reader.read(), /bears no valid signature/);
      await tree.write('a.yaml', 'signed');
      execFileSync(
        'git',
        [
          '-c',
          'user.name=t',
          '-c',
          'user.email=t@example.com',
          '-c',
          'user.signingKey=t@example.com',
          'commit',
          '-q',
          '-a',
          '-S',
          '-m',
          'signed',
        ],
        {
          cwd: tree.path,
          env: { ...env, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' },
          stdio: 'ignore',
        },
      );
      assert.deepEqual((await reader.read()).files, [{ path: 'a.yaml', text: 'signed' }]);
    } finally {
      execFileSync('gpgconf', ['--kill', 'all'], { env });
    }
  });
});

/** Why a test of signatures cannot run here; false when it can. */
function lacking(program: string): string | false {
  const found = SEARCH_PATH.split(':').some((folder) => existsSync(join(folder, program)));
  return found ? false : `${program} is not installed`;
}

/** A work tree over https by git's own CGI program, for requests with the right token. */
async function serveGit(
  tree: string,
  own: TestFolder,
): Promise<{ readonly url: string; readonly seen: readonly string[]; close(): Promise<void> }> {
  const authority = await makeAuthority({ now: new Date() });
  const pair = await makeLeaf(authority, { dnsNames: ['localhost'], now: new Date() });
  await own.write('ca.pem', authority.certPem);
  const seen: string[] = [];
  const server = createServer({ cert: pair.certPem, key: pair.keyPem }, (request, response) => {
    const { authorization } = request.headers;
    if (authorization === undefined) {
      response.writeHead(401, { 'WWW-Authenticate': 'Bearer' }).end();
      return;
    }
    seen.push(authorization);
    const { pathname, search } = new URL(request.url ?? '/', 'https://localhost');
    const cgi = spawn('git', ['http-backend'], {
      env: {
        PATH: SEARCH_PATH,
        GIT_PROJECT_ROOT: tree,
        GIT_HTTP_EXPORT_ALL: '1',
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: 'safe.directory',
        GIT_CONFIG_VALUE_0: '*',
        PATH_INFO: pathname,
        QUERY_STRING: search.slice(1),
        REQUEST_METHOD: request.method ?? '',
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      },
    });
    request.pipe(cgi.stdin);
    const chunks: Buffer[] = [];
    cgi.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    cgi.on('close', () => {
      const output = Buffer.concat(chunks);
      const end = output.indexOf('\r\n\r\n');
      for (const line of output.toString('latin1', 0, end).split('\r\n')) {
        const [name = '', value = ''] = line.split(': ');
        if (name === 'Status') response.statusCode = Number.parseInt(value, 10);
        else response.setHeader(name, value);
      }
      response.end(output.subarray(end + 4));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://localhost:${port}`,
    seen,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
