import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Json } from '../../../src/core/json/json.ts';
import { findPlainSecrets } from '../../../src/core/policy/plain-secrets.ts';
import { isPlaceholder, secretShapeOf } from '../../../src/core/policy/secret-shape.ts';
import { parseValuePath, type ValuePath } from '../../../src/core/policy/value-path.ts';

/** Bytes that look random and are the same in each run. */
const bytes = (seed: number, length: number) =>
  Buffer.concat([0, 1].map((part) => createHash('sha512').update(`${seed}/${part}`).digest())).subarray(
    0,
    length,
  );
const base64 = (seed: number, length: number) => bytes(seed, length).toString('base64');
const jwt = [{ alg: 'HS256' }, { sub: '1' }]
  .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  .join('.');
const pem = (words: string) => `-----BEGIN ${words}-----\n${base64(1, 48)}\n-----END ${words}-----\n`;

/** Work that grows with the square of this takes hours. */
const LONG = 500_000;

describe('a text', () => {
  const secret: readonly (readonly [string, string])[] = [
    [pem('PRIVATE KEY'), 'a private key'],
    [pem('RSA PRIVATE KEY'), 'a private key'],
    [pem('EC PRIVATE KEY'), 'a private key'],
    [pem('ENCRYPTED PRIVATE KEY'), 'a private key'],
    [`key: |\n${pem('OPENSSH PRIVATE KEY')}`, 'a private key'],
    [pem('PGP PRIVATE KEY BLOCK'), 'a private key'],
    [Buffer.from(pem('RSA PRIVATE KEY')).toString('base64'), 'a private key'],
    [Buffer.from(pem('PRIVATE KEY')).toString('base64'), 'a private key'],
    ['AKIAIOSFODNNEXAMPLE2'.slice(0, 20), 'an AWS access key'],
    ['aws_access_key_id = ASIAIOSFODNNEXAMPLE2', 'an AWS access key'],
    [`${jwt}.${base64(2, 32).replaceAll(/[+/=]/g, 'x')}`, 'a JSON Web Token'],
    [`curl -H 'X-Token: ${jwt}.'`, 'a JSON Web Token'],
    [`ghp_${'a1B2'.repeat(9)}`, 'an API token'],
    [`https://example.com/glpat-${'a1B2'.repeat(5)}`, 'an API token'],
    [`xoxb-${'123456789012-'.repeat(2)}abc`, 'an API token'],
    [`AIza${'a1B2_'.repeat(7)}`, 'an API token'],
    ['postgres://app:hunter2@db/app', 'a URL with a password'],
    ['redis://:hunter2@cache:6379', 'a URL with a password'],
    ['Authorization: Bearer abcdefghijklmnop', 'an HTTP credential'],
    ['basic dXNlcjpwYXNzd29yZA==', 'an HTTP credential'],
  ];
  for (const [text, shape] of secret) {
    it(`looks like ${shape}: ${JSON.stringify(text).slice(0, 40)}`, () =>
      assert.equal(secretShapeOf(text), shape));
  }

  const plain: readonly string[] = [
    '',
    'info',
    'ghcr.io/acme/web@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    '3f2504e0-4f89-11d3-9a0c-0305e82c3301',
    'sha512-9f86d081884c7d659a2feaa0c55ad015A3BF4F1b2b0b822cd15d6c15b0f00a08Zz==',
    pem('CERTIFICATE'),
    pem('PUBLIC KEY'),
    Buffer.from(pem('CERTIFICATE')).toString('base64'),
    `MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A${base64(3, 64)}`,
    'postgres://app@db/app',
    'postgres://app:${DB_PASSWORD}@db/app',
    'https://example.com/a:b@c',
    'arn:aws:iam::123456789012:role/My-Role-With-A-Rather-Long-Name',
    'MyApplicationConfigurationServiceV1ImplementationFactory',
    'prometheus-kube-prometheus-alertmanager.monitoring.svc.cluster.local',
    '/etc/ssl/certs/ca-certificates.crt:/usr/local/share/ca-certificates/Extra1.crt',
    'requests-per-second-per-pod-averaged-over-five-minutes',
    'basic auth is off',
    'Bearer ${TOKEN}',
    '-----BEGIN NOTHING-----',
    'eyJ.eyJ.x',
    'AKIA is the prefix',
    '0 0 1 1 *',
  ];
  for (const text of plain) {
    it(`looks like no secret: ${JSON.stringify(text).slice(0, 60)}`, () =>
      assert.equal(secretShapeOf(text), undefined));
  }

  it('looks random when chance made it, in 95 of 100 tokens of 24 bytes or more', () => {
    for (const length of [24, 32, 48, 64]) {
      const seen = Array.from({ length: 400 }, (_, seed) => secretShapeOf(base64(seed, length)));
      const found = seen.filter((shape) => shape === 'a random token').length;
      assert.ok(found >= 380, `${length} bytes: ${found} of 400`);
    }
  });

  it('is looked through in linear work, whatever stands in it', () => {
    for (const part of [
      'eyJ',
      'eyJa.',
      '.',
      'a/',
      '-----BEGIN ',
      // Put together here, so that no scan takes this file for one that holds a key.
      ['-----BEGIN A PRIVATE', 'KEY'].join(' '),
      '://',
      '://a:',
      'Bearer ',
      'Basic  ',
      'LS0tLS1CRUdJTi',
      '$',
      '{{',
      'aB1',
      ' ',
    ]) {
      secretShapeOf(part.repeat(Math.ceil(LONG / part.length)));
      isPlaceholder(part.repeat(Math.ceil(LONG / part.length)));
    }
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        secretShapeOf(text);
      }),
    );
  });
});

describe('plain secrets', () => {
  const paths = (values: Json, except: readonly string[] = []) =>
    findPlainSecrets(
      values,
      except.map((text) => parseValuePath(text) as ValuePath),
      100,
    ).secrets.map(({ tokens, why }) => `${tokens.join('.')} ${why}`);

  const named: readonly string[] = [
    ...['password', 'PASSWORD', 'dbPassword', 'postgres-password', 'passwd', 'passphrase', 'rootpassword'],
    ...['token', 'authToken', 'GITHUB_TOKEN', 'apiKey', 'api_key', 'secret', 'clientSecret', 'jwtSecret'],
    ...['privateKey', 'accessKey', 'credentials', 'sessionCookie', 'secretAccessKey', 'my.password'],
  ];
  for (const key of named) {
    it(`are texts under ${key}`, () => assert.deepEqual(paths({ [key]: 'x' }), [`${key} named`]));
  }

  const about: readonly string[] = [
    ...[
      'passwordKey',
      'passwordSecret',
      'tokenSecretName',
      'existingSecretPasswordKey',
      'tokenTTL',
      'tokenType',
    ],
    ...[
      'passwordFile',
      'DB_PASSWORD_FILE',
      'cookieDomain',
      'tokenUrl',
      'authorizationMode',
      'passwordLength',
    ],
    ...[
      'existingSecret',
      'secretName',
      'imagePullSecret',
      'keyPath',
      'monkey',
      'compass',
      'username',
      'tokenIssuer',
    ],
  ];
  for (const key of about) {
    it(`are not what is about one: ${key}`, () => assert.deepEqual(paths({ [key]: 'x-y' }), []));
  }

  it('are numbers under a password, and no other numbers', () => {
    assert.deepEqual(paths({ password: 12345, dbPassword: 2n ** 60n, token: 5, passwordLength: 12 }), [
      'password named',
      'dbPassword named',
    ]);
  });

  it('are not flags, empty texts and placeholders', () => {
    const values = [
      '',
      '  ',
      'true',
      'false',
      '${X}',
      '$(X)',
      '$X',
      '{{ .x }}',
      'ref+vault://a#b',
      'vault:a#b',
      '<path:a#b>',
      'ENC[AES256_GCM,data:x]',
    ];
    assert.deepEqual(
      paths({ password: true, token: null, list: values.map((password) => ({ password })) }),
      [],
    );
    assert.deepEqual(paths({ password: '${X}y' }), ['password named']);
  });

  it('are items of a list whose key names them', () => {
    assert.deepEqual(paths({ tokens: ['a', 'b'], passwords: [['c']] }), [
      'tokens.0 named',
      'tokens.1 named',
      'passwords.0.0 named',
    ]);
  });

  it('are values of environment variables, and of no others', () => {
    const env = [
      { name: 'DB_PASSWORD', value: 'x' },
      { name: 'DB_HOST', value: 'x' },
      { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'a', key: 'token' } } },
      { key: 'api-key', value: 'x' },
      { name: 5, value: 'x' },
    ];
    assert.deepEqual(paths({ env }), ['env.0.value named', 'env.3.value named']);
  });

  it('may stand where they are excepted, and below', () => {
    const values = {
      a: { password: 'x', deep: { token: 'y' } },
      b: [{ password: 'z' }],
      'c.d': { password: 'w' },
    };
    assert.equal(paths(values).length, 4);
    assert.deepEqual(paths(values, ['a', 'b.*.password', '/c.d/password']), []);
    assert.deepEqual(paths(values, ['a.password', 'b.1', 'c.d']).length, 3);
  });

  it('are told in the order of the values, and not beyond the limit', () => {
    const values = { a: { password: 'x' }, b: { password: 'x' }, c: { password: 'x' } };
    const scan = findPlainSecrets(values, [], 2);
    assert.deepEqual(
      scan.secrets.map(({ tokens }) => tokens[0]),
      ['a', 'b'],
    );
    assert.equal(scan.complete, false);
    assert.equal(findPlainSecrets(values, [], 3).complete, true);
  });

  it('are looked for once in each value, in values of 1.4 MB, wide or deep', () => {
    const wide = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`key${index}`, 'value']));
    assert.equal(findPlainSecrets(wide, [], 20).visited, 100_001);
    const list = Array.from({ length: 200_000 }, () => 1);
    assert.equal(findPlainSecrets({ list }, [], 20).visited, 200_002);
    let deep: Json = 'end';
    for (let depth = 0; depth < 100_000; depth += 1) deep = { a: deep };
    assert.equal(findPlainSecrets(deep, [], 20).visited, 100_001);
    const text = findPlainSecrets({ text: 'x'.repeat(1_400_000), password: 'x' }, [], 20);
    assert.deepEqual([text.visited, text.secrets.length], [3, 1]);
  });

  it('are found in any JSON without an exception, each at a place that is there', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (values) => {
        for (const { tokens } of findPlainSecrets(values as Json, [], 20).secrets) {
          let value: unknown = values;
          for (const token of tokens) value = (value as Record<string, unknown>)[token];
          assert.notEqual(value, undefined);
        }
      }),
    );
  });
});
