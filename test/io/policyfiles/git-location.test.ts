import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { readGitLocation } from '../../../src/io/policyfiles/git-location.ts';

describe('the name of a policy repository', () => {
  it('is an https, ssh or file URL, with a branch or a full ref, and a folder', () => {
    const url = 'https://git.example.com/platform/policies.git';
    assert.deepEqual(readGitLocation(url), { url, protocol: 'https', ref: 'refs/heads/main', path: '' });
    assert.deepEqual(readGitLocation(url, 'team/a', './prod/eu/'), {
      url,
      protocol: 'https',
      ref: 'refs/heads/team/a',
      path: 'prod/eu',
    });
    assert.equal(readGitLocation(url, 'refs/tags/v1').ref, 'refs/tags/v1');
    assert.equal(readGitLocation('ssh://git@git.example.com:2222/p.git').protocol, 'ssh');
    assert.equal(readGitLocation('file:///srv/policies.git').protocol, 'file');
  });

  const urls = [
    'ext::sh -c touch% /tmp/x',
    'ext::https://git.example.com/x',
    'https::https://git.example.com/x',
    '--upload-pack=touch /tmp/x',
    'git@git.example.com:policies.git',
    'git://git.example.com/policies.git',
    'http://git.example.com/policies.git',
    'ftp://git.example.com/policies.git',
    'https://user:secret@git.example.com/policies.git',
    'https://token@git.example.com/policies.git',
    'ssh://git:secret@git.example.com/policies.git',
    'ssh://-oProxyCommand=touch@git.example.com/policies.git',
    'ssh://-oProxyCommand=touch/policies.git',
    'file://host/srv/policies.git',
    'https://git.example.com/a b',
    'https://git.example.com\\evil/a',
    'https:///a',
    'fd::17',
    '',
  ];
  for (const url of urls) {
    it(`is not ${JSON.stringify(url)}`, () => {
      assert.throws(() => readGitLocation(url));
    });
  }

  it('has no ref that git would take for something else', () => {
    for (const ref of [
      '--exec=x',
      '-x',
      'a..b',
      'a b',
      'a~1',
      'a^',
      'a:b',
      'a.lock',
      'a//b',
      'a/',
      '.a',
      'a/.b',
      '',
      'refs/x',
      'refs/heads/',
      '@{u}',
      '*',
    ])
      assert.throws(() => readGitLocation('https://h.example/x', ref), /no name of a branch/, ref);
  });

  it('has no path that leads out of the repository', () => {
    for (const path of ['/etc', '..', 'a/../..', 'a//b', '-x', ':(top)x', 'a/./b'])
      assert.throws(() => readGitLocation('https://h.example/x', 'main', path), /no path within/, path);
  });
});
