import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { coversUrl, parseCanonicalUrl, redactUrl } from '../../../src/core/policy/canonical-url.ts';
import { HOSTILE_URLS } from './hostile-urls.ts';

function read(text: string) {
  const result = parseCanonicalUrl(text);
  assert.ok(result.ok, text);
  return result.url;
}

describe('canonical URLs', () => {
  for (const text of HOSTILE_URLS) {
    it(`refuse ${JSON.stringify(text).slice(0, 70)} and propose only what is canonical`, () => {
      const result = parseCanonicalUrl(text);
      assert.equal(result.ok, false);
      if (!result.ok && result.hint !== undefined) assert.equal(parseCanonicalUrl(result.hint).ok, true);
    });
  }

  const accepted = [
    'https://flagger.app',
    'https://flagger.app/',
    'http://127.0.0.1:8080/charts',
    'https://[::1]:8443/charts',
    'oci://ghcr.io/stefanprodan/charts/podinfo',
    'oci://localhost:5000/a_b/c__d/e-f.g',
    'https://example.com/a%20b/c~d',
    'https://xn--flgger-3nf.app',
  ];
  for (const text of accepted) {
    it(`accept ${text}`, () => {
      assert.equal(read(text).text, text.replace(/\/$/, ''));
    });
  }

  const hints = [
    ['HTTPS://Flagger.App:443/', 'https://flagger.app'],
    ['https://flagger.app./charts/', 'https://flagger.app/charts'],
    ['https://127.1', 'https://127.0.0.1'],
    ['https://flagger.app//charts', 'https://flagger.app/charts'],
    ['https://flagger.app/a/../charts', 'https://flagger.app/charts'],
    ['oci://GHCR.io:443/acme', 'oci://ghcr.io/acme'],
    ['https://good.example\\@evil.example', undefined],
    ['https://user@flagger.app', undefined],
  ] as const;
  for (const [text, hint] of hints) {
    it(`propose ${hint} for ${text}`, () => {
      const result = parseCanonicalUrl(text);
      assert.equal(result.ok ? 'accepted' : result.hint, hint);
    });
  }

  it('have one spelling for one place: whatever is accepted is what a URL parser makes of it', () => {
    const text = fc.tuple(
      fc.constantFrom('https://', 'http://', 'HTTPS://', 'https:/'),
      fc.string({
        unit: fc.constantFrom('a', 'b', '.', '-', ':', '4', '3', '%', '@', '[', ']', '\\', 'A'),
        minLength: 1,
        maxLength: 9,
      }),
      fc.string({
        unit: fc.constantFrom('/', 'a', '.', '%', '2', 'e', 'E', 'F', '\\', '?', '#'),
        maxLength: 9,
      }),
    );
    fc.assert(
      fc.property(text, (parts) => {
        const result = parseCanonicalUrl(parts.join(''));
        if (!result.ok) return;
        const url = new URL(parts.join(''));
        assert.equal(`${url.protocol}//${url.host}${url.pathname}`.replace(/\/$/, ''), result.url.text);
        assert.equal(url.username + url.password + url.search + url.hash, '');
        const parsed = url.hostname.replace(/\.$/, '');
        assert.equal(parsed, result.url.host);
      }),
      { numRuns: 5000 },
    );
  });

  it('never show a password or a token', () => {
    assert.equal(redactUrl('https://user:secret@host/path?token=secret#secret'), 'https://...@host/path?...');
    assert.equal(redactUrl('https://a@b:secret@host/'), 'https://...@host/');
  });
});

describe('allowed URLs', () => {
  const table = [
    ['https://flagger.app', false, 'https://flagger.app/', true],
    ['https://flagger.app', false, 'https://flagger.app/charts', false],
    ['https://flagger.app', true, 'https://flagger.app/charts', true],
    ['https://flagger.app', true, 'https://flagger.app.evil.com', false],
    ['https://flagger.app', true, 'http://flagger.app', false],
    ['https://flagger.app', true, 'https://flagger.app:8443', false],
    ['https://github.com/org', true, 'https://github.com/org-evil', false],
    ['https://github.com/org', true, 'https://github.com/org/charts', true],
    ['https://github.com/org/charts', true, 'https://github.com/org', false],
    ['oci://ghcr.io/acme/charts', true, 'oci://ghcr.io/acme/charts/app', true],
    ['oci://ghcr.io/acme/charts', true, 'oci://ghcr.io/acme/charts-evil', false],
    ['https://myorg.com', true, 'https://evil.com/x.myorg.com/', false],
  ] as const;
  for (const [allowed, subpaths, url, expected] of table) {
    it(`${allowed}${subpaths ? ' and below' : ''} ${expected ? 'covers' : 'does not cover'} ${url}`, () => {
      assert.equal(coversUrl(read(allowed), subpaths, read(url)), expected);
    });
  }
});
