import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRedaction } from '../../../src/io/helm/redaction.ts';

const forms: readonly (readonly [string, (secret: string) => string])[] = [
  ['as it is', (secret) => secret],
  ['in base64', (secret) => Buffer.from(secret).toString('base64')],
  ['in base64 without padding', (secret) => Buffer.from(secret).toString('base64').replace(/=+$/, '')],
  ['in a URL', encodeURIComponent],
  ['in JSON', (secret) => JSON.stringify(secret)],
];
for (const [how, write] of forms) {
  test(`masks any secret of six characters or more written ${how}`, () => {
    fc.assert(
      // `*` is what the mask is made of.
      fc.property(
        fc.string({ minLength: 6 }).filter((text) => !/^\*+$/.test(text) && text.trim() === text),
        (secret) => {
          const text = createRedaction([secret])(`Error: value <${write(secret)}> is bad`);
          return text.includes('***') && !text.includes(secret);
        },
      ),
    );
  });
}

test('masks the longer one of two secrets first, and each line of a long one', () => {
  const redact = createRedaction([
    'hunter2',
    'hunter2-extended',
    '-----BEGIN KEY-----\nMIIabcdef\n-----END KEY-----',
  ]);
  assert.equal(redact('hunter2-extended hunter2'), '*** ***');
  assert.equal(redact('line: MIIabcdef'), 'line: ***');
});

test('leaves short values alone, which would blot out ordinary words', () => {
  assert.equal(createRedaction(['true', '80', ''])('true 80'), 'true 80');
});
