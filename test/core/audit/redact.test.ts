import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { looksSecret, MAX_STRING_LENGTH, namesSecret, redact } from '../../../src/core/audit/redact.ts';
import type { Json } from '../../../src/core/json/json.ts';

/** Put together here, so that no scan takes this file for one that holds a key. */
const label = ['EC', 'PRIVATE', 'KEY'].join(' ');
const key = `-----BEGIN ${label}-----\nabc\n-----END ${label}-----`;

const TEXTS: readonly (readonly [text: string, clean: string])[] = [
  ['nothing secret', 'nothing secret'],
  ['me@example.com', 'me@example.com'],
  ['https://user:word@host/x', 'https://[redacted]@host/x'],
  ['https://token@host and //a:b@c', 'https://[redacted]@host and //[redacted]@c'],
  ['https://host/path@1', 'https://host/path@1'],
  ['https://host?q=a@b', 'https://host?q=a@b'],
  ['https://host#a@b', 'https://host#a@b'],
  [`before ${key} after`, 'before [redacted] after'],
  [`cut -----BEGIN ${label}-----\nabc`, 'cut [redacted]'],
  ['Authorization: Bearer abcdefgh', 'Authorization: Bearer [redacted]'],
  ['got basic   YWJjOmRlZg== from it', 'got basic [redacted] from it'],
  ['Bearer short', 'Bearer short'],
  ['unbearer abcdefgh', 'unbearer abcdefgh'],
];

const NAMES: readonly (readonly [name: string, secret: boolean])[] = [
  ...['secret', 'password', 'PASSWD', 'passphrase', 'token', 'authToken', 'apiKey', 'api-key', 'api_key'].map(
    (name) => [name, true] as const,
  ),
  ...['privateKey', 'private-key', 'accessKey', 'access_key', 'clientSecret', 'client-secret'].map(
    (name) => [name, true] as const,
  ),
  ...['authorization', 'credentials', 'cookie', 'spec.values.db.password', 'a.secret'].map(
    (name) => [name, true] as const,
  ),
  ...['secretRef', 'secretName', 'name', 'key', 'password.name', 'secrets', 'pass', ''].map(
    (name) => [name, false] as const,
  ),
];

describe('redaction', () => {
  for (const [text, clean] of TEXTS) {
    it(`makes ${JSON.stringify(clean)} of ${JSON.stringify(text)}, and calls it secret when that differs`, () => {
      assert.equal(redact(text), clean);
      assert.equal(looksSecret(text), clean !== text);
    });
  }

  for (const [name, secret] of NAMES) {
    it(`takes a key '${name}' ${secret ? 'for' : 'not for'} a secret's`, () => {
      assert.equal(namesSecret(name), secret);
    });
  }

  const values: readonly (readonly [what: string, value: Json, clean: Json])[] = [
    [
      'text and numbers below a secret key',
      { token: 'x', password: 7 },
      { token: '[redacted]', password: '[redacted]' },
    ],
    [
      'nothing else below a secret key',
      { token: '', cookie: null, password: true, secret: { name: 'a' }, apiKey: ['x'] },
      { token: '', cookie: null, password: true, secret: { name: 'a' }, apiKey: ['x'] },
    ],
    ['texts in lists and maps', { a: [{ b: '//u@h' }] }, { a: [{ b: '//[redacted]@h' }] }],
    [
      'what a finding found at a secret place',
      { path: 'spec.values.password', found: 'x' },
      { path: 'spec.values.password', found: '[redacted]' },
    ],
    [
      'not what a finding found elsewhere',
      { path: 'spec.interval', found: '1s' },
      { path: 'spec.interval', found: '1s' },
    ],
    ['not what has no path', { path: 7, found: 'x' }, { path: 7, found: 'x' }],
    ['and keeps numbers, null and booleans', [1, null, false, 10n], [1, null, false, 10n]],
  ];
  for (const [what, value, clean] of values) {
    it(`replaces ${what}`, () => {
      assert.deepEqual(redact(value), clean);
    });
  }

  it('leaves out what is undefined, and adds no found', () => {
    assert.deepEqual(redact({ path: 'a.token', b: undefined } as never), { path: 'a.token' });
  });

  it('cuts a text at the longest that a row takes, and says so', () => {
    const longest = 'x'.repeat(MAX_STRING_LENGTH);
    assert.equal(redact(longest), longest);
    assert.equal(redact(`${longest}y`), `${longest}[cut]`);
  });
});
