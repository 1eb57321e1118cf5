import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  coversImage,
  formatImagePrefix,
  parseImagePrefix,
  parseImageReference,
} from '../../../src/core/policy/image-reference.ts';

const HEX = 'a'.repeat(64);

describe('an image reference', () => {
  /** Text, registry, path, tag, digest. */
  const read: readonly (readonly [string, string, string, (string | undefined)?, string?])[] = [
    ['nginx', 'docker.io', 'library/nginx'],
    ['nginx:1.29', 'docker.io', 'library/nginx', '1.29'],
    ['acme/web', 'docker.io', 'acme/web'],
    ['docker.io/nginx', 'docker.io', 'library/nginx'],
    ['index.docker.io/library/nginx', 'docker.io', 'library/nginx'],
    ['ghcr.io/acme/web:v1', 'ghcr.io', 'acme/web', 'v1'],
    ['localhost/web', 'localhost', 'web'],
    ['localhost:5000/web:v1', 'localhost:5000', 'web', 'v1'],
    ['registry:5000/web', 'registry:5000', 'web'],
    ['[::1]:5000/web', '[::1]:5000', 'web'],
    ['10.0.0.1/web', '10.0.0.1', 'web'],
    [`ghcr.io/acme/web@sha256:${HEX}`, 'ghcr.io', 'acme/web', undefined, `sha256:${HEX}`],
    [`ghcr.io/acme/web:v1@sha256:${HEX}`, 'ghcr.io', 'acme/web', 'v1', `sha256:${HEX}`],
    [`web@sha512:${HEX}${HEX}`, 'docker.io', 'library/web', undefined, `sha512:${HEX}${HEX}`],
    ['a/b__c/d-e.f', 'docker.io', 'a/b__c/d-e.f'],
    // A name without a slash is no registry, as in Docker itself.
    ['ghcr.io', 'docker.io', 'library/ghcr.io'],
    // Without a dot or a port the first part is an owner on Docker Hub, as in Docker itself.
    ['registry/web', 'docker.io', 'registry/web'],
  ];
  for (const [text, registry, path, tag, digest] of read) {
    it(`is read: ${text.slice(0, 60)}`, () => {
      const image = parseImageReference(text);
      assert.deepEqual(image, {
        registry,
        segments: path.split('/'),
        ...(tag === undefined ? {} : { tag }),
        ...(digest === undefined ? {} : { digest }),
      });
    });
  }

  const refused: readonly string[] = [
    '',
    ' nginx',
    'nginx ',
    'nginx:',
    'nginx@',
    'Nginx',
    'GHCR.io/acme/web',
    'ghcr.io/',
    'ghcr.io//web',
    '/acme/web',
    'ghcr.io/acme/../web',
    'ghcr.io/acme/./web',
    'ghcr.io./acme/web',
    'ghcr.io:443x/web',
    'ghcr.io:0/web',
    'https://ghcr.io/acme/web',
    'user@ghcr.io/acme/web',
    'ghcr.io\\acme/web',
    'ghcr.io%2facme/web',
    'ghcr.io/acme/web:v1:v2',
    'ghcr.io/acme/web:-v1',
    `ghcr.io/acme/web:${'v'.repeat(129)}`,
    'ghcr.io/acme/web@sha256:abc',
    `ghcr.io/acme/web@sha256:${'A'.repeat(64)}`,
    `ghcr.io/acme/web@md5:${'a'.repeat(32)}`,
    `ghcr.io/acme/web@sha256:${HEX}@sha256:${HEX}`,
    'ghcr.io/acme/we\u0131b',
    'ghcr.io/acme/web\n',
    'ghcr.io/acme/{{ .Values.image }}',
    `ghcr.io/${'a/'.repeat(200)}b`,
    'a'.repeat(10_000),
    '[::1/web',
    'a___b',
    '-a',
    '_/a',
  ];
  for (const text of refused) {
    it(`is refused: ${JSON.stringify(text).slice(0, 60)}`, () => {
      assert.equal(parseImageReference(text), undefined);
    });
  }

  it('is linear work and no exception, whatever the text', () => {
    for (const part of ['a-', 'a.', '_', '-', 'a:', '@', '/', '[', ':'])
      parseImageReference(part.repeat(200));
    fc.assert(
      fc.property(fc.string(), (text) => {
        parseImageReference(text);
        parseImagePrefix(text);
      }),
    );
  });
});

describe('where images come from', () => {
  const covers = (prefix: string, image: string): boolean => {
    const place = parseImagePrefix(prefix);
    const reference = parseImageReference(image);
    assert.ok(place !== undefined && reference !== undefined, `${prefix} ${image}`);
    return coversImage(place, reference);
  };
  const table: readonly (readonly [string, string, boolean])[] = [
    ['ghcr.io', 'ghcr.io/acme/web', true],
    ['ghcr.io/acme', 'ghcr.io/acme/web', true],
    ['ghcr.io/acme/web', 'ghcr.io/acme/web:v1', true],
    ['ghcr.io/acme', 'ghcr.io/acme', true],
    ['ghcr.io/acme', 'ghcr.io/acme-evil/web', false],
    ['ghcr.io/acme/web', 'ghcr.io/acme/web2', false],
    ['ghcr.io/acme/web', 'ghcr.io/acme', false],
    ['ghcr.io', 'ghcr.io.evil.example/acme/web', false],
    ['ghcr.io', 'evil.example/ghcr.io/acme/web', false],
    ['ghcr.io', 'ghcr.io:8443/acme/web', false],
    ['docker.io', 'nginx', true],
    ['docker.io/library', 'nginx', true],
    ['docker.io/library', 'evil/nginx', false],
    ['index.docker.io/library', 'docker.io/nginx', true],
    ['localhost:5000', 'localhost:5000/web', true],
  ];
  for (const [prefix, image, expected] of table) {
    it(`${prefix} ${expected ? 'covers' : 'does not cover'} ${image}`, () => {
      assert.equal(covers(prefix, image), expected);
    });
  }

  it('must name its registry, without tag, wildcard or slash at the end', () => {
    for (const text of [
      'library',
      'acme/web',
      'ghcr.io/',
      'ghcr.io/acme:v1',
      'ghcr.io/*',
      '*',
      '',
      'https://ghcr.io',
      'GHCR.io',
      'docker.io/nginx@x',
    ]) {
      assert.equal(parseImagePrefix(text), undefined, text);
    }
  });

  it('is written back as it was read', () => {
    const prefix = parseImagePrefix('ghcr.io/acme');
    assert.equal(prefix && formatImagePrefix(prefix), 'ghcr.io/acme');
  });
});
