import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { coversUrl, parseCanonicalUrl, redactUrl } from '../../../src/core/policy/canonical-url.ts';
import { HOSTILE_URLS } from './hostile-urls.ts';

/** Enough for each piece to meet each other one; run with a thousand times as many when the parser is changed. */
const RUNS = 2000;

/** What stands in path parts that servers read in different ways. */
const PARTS = [
  ...['.', '..', ';', ';x=1', 'a', '%20', '%3B', '%2E', '%2F', '%00', '%09', '%3F', '%23', '%C3%A9'],
  ...[
    '%C0%AE',
    '%C0%AF',
    '%E0%80%AF',
    '%C1%9C',
    '%EF%BC%8E',
    '%EF%BC%8F',
    '%E2%80%A5',
    '%E2%84%80',
    '%C2%A0',
    '%E2%80%8B',
  ],
];

/** The bytes of a text in which percent-escapes are read once, each as one character. */
const bytesOf = (text: string) =>
  text.replaceAll(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
/** UTF-8 as a decoder reads it that takes overlong forms for what they would stand for, and shows the rest as it is. */
const decoded = (text: string) =>
  bytesOf(text)
    .replaceAll(/[\xC0\xC1]([\x80-\xBF])/g, (all, low: string) =>
      String.fromCharCode(((all.charCodeAt(0) & 0x1f) << 6) | (low.charCodeAt(0) & 0x3f)),
    )
    .replaceAll(/\xE0\x80([\x80-\xBF])/g, (_, low: string) => String.fromCharCode(low.charCodeAt(0) & 0x3f))
    .replaceAll(/[\xC2-\xF4][\x80-\xBF]+/g, (bytes) => Buffer.from(bytes, 'latin1').toString('utf8'));
/** How servers are known to read a URL: as it is; without path parameters; decoded; decoded, without them; in compatibility form, trimmed. */
const READINGS: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => text.replaceAll(/;[^/]*/g, ''),
  decoded,
  (text) => decoded(text).replaceAll(/;[^/]*/g, ''),
  (text) =>
    decoded(text)
      .normalize('NFKC')
      .replaceAll(/[?#].*/g, '')
      .replaceAll(/[\s\u0000\u200b]+(?=\/|$)|(?<=\/)[\s\u200b]+/g, ''),
];

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
    'https://example.com/caf%C3%A9/%E6%97%A5%E6%9C%AC/a;b,c=d',
    'https://xn--flgger-3nf.app',
    'ssh://git@github.com/acme/charts',
    'ssh://git.example.com:2222/~charts/app.git',
    'ssh://APKA01EXAMPLE@git-codecommit.eu-west-1.amazonaws.com/v1/repos/charts',
    'bucket://minio.example.com:9000/charts',
    'bucket+http://127.0.0.1:9000/my.charts_1',
    'bucket://minio.example.com',
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
    [
      'https://SonarSource.github.io/helm-chart-sonarqube',
      'https://sonarsource.github.io/helm-chart-sonarqube',
    ],
    ['http://Flagger.app:443', 'http://flagger.app:443'],
    ['http://flagger.app:80', 'http://flagger.app'],
    ['ssh://git@GitHub.com:22/acme/charts/', 'ssh://git@github.com/acme/charts'],
    ['ssh://git@GitHub.com:443/acme', 'ssh://git@github.com:443/acme'],
    ['ssh://git:secret@github.com/acme', undefined],
    ['git@github.com:acme/charts.git', 'ssh://git@github.com/acme/charts.git'],
    ['git@github.com:/acme/charts', 'ssh://git@github.com/acme/charts'],
    ['git@evil@github.com:acme/charts', undefined],
    ['BUCKET://MinIO.example.com:443/charts/', 'bucket://minio.example.com/charts'],
    ['bucket+http://minio.example.com:80/charts', 'bucket+http://minio.example.com/charts'],
    ['bucket://minio.example.com/charts/prefix', undefined],
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

  it("never leave the allowed path, whichever of a server's readings of its parts is taken", () => {
    const team = read('https://example.com/team');
    const part = fc
      .array(fc.constantFrom(...PARTS), { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 3 }), (parts) => {
        const result = parseCanonicalUrl(['https://example.com/team', ...parts].join('/'));
        if (!result.ok || !coversUrl(team, true, result.url)) return;
        for (const served of READINGS.map((reading) => new URL(reading(result.url.text)).pathname))
          assert.ok(`${served}/`.startsWith('/team/'), `${result.url.text} is read as ${served}`);
      }),
      { numRuns: 20 * RUNS },
    );
  });

  const pieces = fc.oneof(
    fc.constantFrom(
      'https://',
      'http://',
      'oci://',
      'ssh://',
      'bucket://',
      'bucket+http://',
      'HTTPS://',
      '//',
    ),
    fc.constantFrom(
      'flagger.app',
      'ghcr.io',
      'git@',
      'user:pw@',
      '127.0.0.1',
      '0x7f.1',
      '[::1]',
      'EXAMPLE.com',
      '%2e',
    ),
    fc.constantFrom(
      ':443',
      ':22',
      ':80',
      ':8443',
      ':',
      ':0',
      '/',
      '//',
      '/charts',
      '/..',
      '/.',
      '/%41',
      '/a%20b',
      '/A',
    ),
    fc.constantFrom('?', '#', '\\', '@', '.', '\u0430', '\n', '\t', ' ', '\u202e', ';', ','),
    fc.string({ maxLength: 3 }),
  );
  const anyUrl = fc.oneof(
    { weight: 4, arbitrary: fc.array(pieces, { maxLength: 7 }).map((parts) => parts.join('')) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
    { weight: 1, arbitrary: fc.webUrl({ withFragments: true, withQueryParameters: true }) },
  );

  it('never throw, read their own canonical text as the same, and hint at nothing that is not canonical', () => {
    fc.assert(
      fc.property(anyUrl, (text) => {
        const result = parseCanonicalUrl(text);
        assert.equal(typeof redactUrl(text), 'string');
        if (!result.ok) {
          if (result.hint === undefined) return;
          const hinted = read(result.hint);
          assert.equal(hinted.text, result.hint);
          assert.notEqual(result.hint, text.replace(/\/$/, ''));
          return;
        }
        const { url } = result;
        assert.deepEqual(read(url.text), url);
        assert.deepEqual(read(`${url.text}/`), url);
        const user = url.user === undefined ? '' : `${url.user}@`;
        assert.ok(url.text.startsWith(`${url.scheme}://${user}${url.host}`), url.text);
        assert.ok(url.text.endsWith(url.segments.map((segment) => `/${segment}`).join('')), url.text);
        assert.equal(redactUrl(text), text);
      }),
      { numRuns: RUNS },
    );
  });

  it('cover themselves, one another only when they are one, and below themselves only by whole segments', () => {
    const segment = fc.constantFrom('acme', 'acme-evil', 'charts', 'a');
    const place = fc
      .tuple(
        fc.constantFrom(
          'https://github.com',
          'oci://ghcr.io',
          'ssh://git@github.com',
          'ssh://root@github.com',
        ),
        fc.constantFrom('', ':8443'),
        fc.array(segment, { maxLength: 3 }),
      )
      .map(([origin, port, path]) => read([origin + port, ...path].join('/')));
    fc.assert(
      fc.property(place, place, place, (a, b, c) => {
        assert.ok(coversUrl(a, false, a) && coversUrl(a, true, a));
        assert.equal(coversUrl(a, false, b), a.text === b.text);
        if (coversUrl(a, true, b) && coversUrl(b, true, a)) assert.equal(a.text, b.text);
        if (coversUrl(a, true, b) && coversUrl(b, true, c)) assert.ok(coversUrl(a, true, c));
        assert.equal(coversUrl(a, true, b), `${b.text}/`.startsWith(`${a.text}/`));
      }),
      { numRuns: RUNS },
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
