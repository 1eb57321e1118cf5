import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  compileSigner,
  formatSigner,
  isSigner,
  type SignerPattern,
} from '../../../src/core/policy/signer-pattern.ts';

const ISSUER = 'https://token.actions.githubusercontent.com';
const HEX = 'a3bf4f1b2b0b822cd15d6c15b0f00a08a3bf4f1b';

function pattern(written: Parameters<typeof compileSigner>[0]): SignerPattern {
  const compiled = compileSigner(written);
  assert.ok(compiled.ok, JSON.stringify(compiled));
  return compiled.pattern;
}
const keyless = (subject: string) => ({ keyless: { issuer: ISSUER, subject } });

describe('an accepted signer', () => {
  const refused: readonly string[] = [
    '*',
    '**',
    'https://*',
    'https://github.com/*',
    'https://github.com/acme*',
    'https://github.com*/acme/x',
    '*@acme.example',
    'https://github.com/acme/*/release.yml',
    'http://github.com/acme/*',
    'https:///acme/*',
    'release@acme*',
  ];
  for (const subject of refused) {
    it(`is refused: ${subject}`, () => assert.equal(compileSigner(keyless(subject)).ok, false));
  }

  for (const fingerprint of ['', 'A3BF4F1B', HEX.slice(1), `${HEX}g`, 'SHA256:abc', 'a'.repeat(129)]) {
    it(`is refused: the fingerprint ${fingerprint.slice(0, 42)}`, () =>
      assert.equal(compileSigner({ fingerprint }).ok, false));
  }

  it('is a key, in any spelling of its fingerprint', () => {
    const key = pattern({ fingerprint: HEX });
    const spaced = HEX.toUpperCase().replaceAll(/(....)(?=.)/g, '$1 ');
    for (const signer of [HEX, HEX.toUpperCase(), spaced]) assert.equal(isSigner(key, signer), true, signer);
    for (const signer of [HEX.slice(0, -1), `${HEX}0`, `0${HEX}`, '', `${ISSUER} ${HEX}`]) {
      assert.equal(isSigner(key, signer), false, signer);
    }
    assert.equal(formatSigner(key), HEX.toUpperCase());
  });

  it('is an identity, exactly', () => {
    const bot = pattern(keyless('release@acme.example'));
    assert.equal(isSigner(bot, `${ISSUER} release@acme.example`), true);
    for (const signer of [
      'release@acme.example',
      `${ISSUER} release@acme.example.evil`,
      `${ISSUER}  release@acme.example`,
      `${ISSUER}/ release@acme.example`,
      `https://evil.example release@acme.example`,
      `${ISSUER} Release@acme.example`,
    ]) {
      assert.equal(isSigner(bot, signer), false, signer);
    }
  });

  it('is every identity that begins with what stands in front of the star, and with no other owner', () => {
    const acme = pattern(keyless('https://github.com/acme/*'));
    assert.equal(
      isSigner(acme, `${ISSUER} https://github.com/acme/charts/.github/workflows/r.yml@refs/tags/v1`),
      true,
    );
    for (const subject of [
      'https://github.com/acme-evil/charts',
      'https://github.com/acme',
      'https://github.com/acme/../evil/charts',
      'https://github.com/acme/./charts',
      'https://github.com/evil/acme/',
      'https://github.com.evil.example/acme/x',
    ]) {
      assert.equal(isSigner(acme, `${ISSUER} ${subject}`), false, subject);
    }
    assert.equal(formatSigner(acme), `${ISSUER} https://github.com/acme/*`);
  });

  it('never throws on hostile texts', () => {
    const acme = pattern(keyless('https://github.com/acme/*'));
    fc.assert(fc.property(fc.string(), (text) => !isSigner(acme, text)));
    fc.assert(
      fc.property(fc.string(), fc.string(), (fingerprint, subject) => {
        compileSigner({ fingerprint });
        compileSigner(keyless(subject));
      }),
    );
  });
});
