import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  releaseNameOf,
  releaseNamespaceOf,
  shortenReleaseName,
  storageNamespaceOf,
} from '../../../src/core/release/names.ts';

describe('release names', () => {
  const golden = [
    [
      'release-name-with-very-long-name-which-is-longer-than-53-characters',
      'release-name-with-very-long-name-which-i-788ca0d0d7b0',
    ],
    [
      'another-release-name-with-very-long-name-which-is-longer-than-53-characters',
      'another-release-name-with-very-long-name-7e72150d5a36',
    ],
    [
      'a-very-lengthy-target-namespace-with-a-nice-object-name',
      'a-very-lengthy-target-namespace-with-a-n-97af5d7f41f3',
    ],
    ['a'.repeat(53), 'a'.repeat(53)],
    ['', ''],
  ] as const;
  for (const [name, shortened] of golden) {
    it(`shortens ${name.length} characters as Flux does: ${name}`, () => {
      assert.equal(shortenReleaseName(name), shortened);
      assert.ok(shortenReleaseName(name).length <= 53);
    });
  }

  it('composes target namespace and name when no release name is written', () => {
    const release = { metadata: { name: 'app', namespace: 'team' }, spec: { targetNamespace: 'prod' } };
    assert.equal(releaseNameOf(release), 'prod-app');
    assert.equal(releaseNamespaceOf(release), 'prod');
    assert.equal(storageNamespaceOf(release), 'team');
  });

  it('takes the written release name and storage namespace', () => {
    const release = {
      metadata: { name: 'app', namespace: 'team' },
      spec: { releaseName: 'other', storageNamespace: 'store', targetNamespace: 'prod' },
    };
    assert.equal(releaseNameOf(release), 'other');
    assert.equal(storageNamespaceOf(release), 'store');
  });

  it('takes a field of a wrong type, or an empty text, for absent', () => {
    const release = {
      metadata: { name: 'app', namespace: 'team' },
      spec: { targetNamespace: 5, releaseName: '' },
    };
    assert.equal(releaseNameOf(release), 'app');
    assert.equal(releaseNamespaceOf(release), 'team');
    assert.equal(releaseNameOf({ metadata: { name: 'app' } }), 'app');
  });
});
