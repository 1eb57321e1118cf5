import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Json, JsonObject } from '../../../../src/core/json/json.ts';
import { type Facts, sourceKey } from '../../../../src/core/policy/facts.ts';
import { signature } from '../../../../src/core/policy/rules/signature.ts';
import { chart, factsWith, helmRelease, subjectOf } from '../policy-fixture.ts';
import { anyObject, assertRepairsCure, compileRule, judge, ruleOf, said } from './rule-under-test.ts';

const ISSUER = 'https://token.actions.githubusercontent.com';
const KEYLESS = { keyless: { issuer: ISSUER, subject: 'https://github.com/acme/charts/*' } };
const rule = (written: JsonObject = {}) => ruleOf(signature, { providers: ['cosign'], ...written });

const ociRepository = (verify?: Json): JsonObject => ({
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  kind: 'OCIRepository',
  metadata: { name: 'app', namespace: 'team' },
  spec: { url: 'oci://ghcr.io/acme/app', ...(verify === undefined ? {} : { verify }) },
});
const helmChart = (verify?: Json): JsonObject => ({
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  kind: 'HelmChart',
  metadata: { name: 'app', namespace: 'team' },
  spec: {
    chart: 'app',
    sourceRef: { kind: 'HelmRepository', name: 'flagger' },
    ...(verify === undefined ? {} : { verify }),
  },
});
const oci = factsWith('oci://ghcr.io/acme');

describe('the configuration of signatures', () => {
  const wrong: readonly (readonly [Json, string])[] = [
    [{}, ": must have required property 'providers'"],
    [{ providers: [] }, '/providers: must NOT have fewer than 1 items'],
    [{ providers: ['gpg'] }, '/providers/0: must be equal to one of the allowed values'],
    [
      { providers: ['prov'], declared: true },
      'declared: Flux verifies no .prov files, so no object could declare it (add cosign or notation to providers, or leave declared out)',
    ],
    [
      { providers: ['cosign'], signers: [{ fingerprint: 'A3BF4F1B' }] },
      'signers 0 fingerprint: the fingerprint is no fingerprint of 40 or more hexadecimal digits',
    ],
    [
      { providers: ['cosign'], signers: [{ keyless: { issuer: ISSUER, subject: 'https://github.com/*' } }] },
      'signers 0 keyless subject: the subject needs https://host/owner/ in front of its *: what is shorter fits other owners as well',
    ],
    [{ providers: ['cosign'], signers: [] }, '/signers: must NOT have fewer than 1 items'],
    [{ providers: ['cosign'], signers: [{}] }, '/signers/0: must NOT have fewer than 1 properties'],
  ];
  for (const [written, expected] of wrong) {
    it(`is refused: ${JSON.stringify(written)}`, () => {
      const { errors } = compileRule(signature, written);
      assert.ok(errors.includes(expected), errors.join('\n'));
    });
  }
});

describe('a signature at release time', () => {
  const found = (fact: Facts['signature'], written: JsonObject = {}) =>
    judge(rule(written), helmRelease(), {
      phase: 'release',
      facts: factsWith(undefined, fact === undefined ? {} : { signature: fact }),
    });

  it('passes when it is valid, by anybody where no signers are named', () => {
    assert.deepEqual(found({ known: true, value: { verdict: 'Valid', provider: 'cosign' } }).findings, []);
  });

  it('says what would pass, and who signed', () => {
    const value = {
      verdict: 'Valid',
      provider: 'cosign',
      signer: `${ISSUER} https://github.com/evil/x`,
    } as const;
    assert.deepEqual(said(found({ known: true, value }, { signers: [KEYLESS] }).findings), [
      `spec.chart: the chart is signed by ${ISSUER} https://github.com/evil/x, who is not accepted -> a valid signature with cosign by ${ISSUER} https://github.com/acme/charts/*`,
    ]);
  });

  it('says each verdict when nobody checked', () => {
    const message = "the chart's signature is not known: it could not be looked up";
    assert.deepEqual(said(found(undefined).findings), [`spec.chart: ${message}`]);
    assert.deepEqual(found(undefined, { unknown: 'Warn' }), { findings: [], warnings: [message] });
    assert.deepEqual(found(undefined, { unknown: 'Allow' }), { findings: [], warnings: [] });
  });

  it('denies a verdict that nobody knows', () => {
    const value = { verdict: 'Perhaps', provider: 'cosign' } as never;
    assert.equal(found({ known: true, value }).findings[0]?.reason, 'SignatureMissing');
  });
});

describe('a declared verification', () => {
  const declared = rule({ declared: true, signers: [KEYLESS] });
  const hold = (object: JsonObject, facts: Facts = oci) => ({ facts, subject: subjectOf(object), object });

  it('is asked for at admission only when the rule says so', () => {
    assert.deepEqual(judge(rule(), helmRelease(), { facts: oci }).findings, []);
    assert.equal(judge(declared, helmRelease(), { facts: oci }).findings.length, 1);
    assert.deepEqual(
      [rule().kinds, declared.kinds],
      [['HelmRelease'], ['HelmRelease', 'HelmChart', 'OCIRepository']],
    );
  });

  it('asks for the sources that it follows, and for no others', () => {
    const needs = (object: JsonObject, body = declared) =>
      body.sources?.(subjectOf(object)).map(({ kind }) => kind);
    assert.deepEqual(needs(helmRelease()), ['HelmRepository']);
    assert.deepEqual(needs(helmChart()), ['HelmRepository']);
    assert.deepEqual(needs(helmRelease({ chart: chart('*', { kind: 'Bucket' }) })), []);
    assert.deepEqual(needs(ociRepository()), []);
    assert.deepEqual(needs(helmRelease(), rule()), []);
  });

  const enough: readonly Json[] = [
    { provider: 'cosign', secretRef: { name: 'key' } },
    { secretRef: { name: 'key' } },
    { provider: 'cosign', matchOIDCIdentity: [{ issuer: '^a$', subject: '^b$' }] },
  ];
  const tooLittle: readonly Json[] = [
    {},
    { provider: 'cosign' },
    { provider: 'cosign', matchOIDCIdentity: [] },
    { provider: 'cosign', secretRef: {} },
    { provider: 'cosign', secretRef: { name: '' } },
    { provider: 'cosign', secretRef: null },
    { provider: 'notation', matchOIDCIdentity: [{ issuer: '^a$', subject: '^b$' }] },
    { provider: 5, secretRef: { name: 'key' } },
    null,
    true,
    [],
  ];
  for (const [object, name] of [
    [ociRepository, 'an OCIRepository'],
    [helmChart, 'a HelmChart'],
  ] as const) {
    it(`names a key or an identity, in ${name}`, () => {
      for (const verify of enough) {
        const judged = object(verify);
        assert.deepEqual(judge(declared, judged, hold(judged)).findings, [], JSON.stringify(verify));
      }
      for (const verify of tooLittle) {
        const judged = object(verify);
        const reasons = judge(declared, judged, hold(judged)).findings.map(({ reason }) => reason);
        assert.deepEqual(reasons, ['SignatureMissing'], JSON.stringify(verify));
      }
    });

    it(`is proposed with the accepted identities, in ${name}`, () => {
      const judged = object();
      const { findings } = judge(declared, judged, hold(judged));
      assert.deepEqual(findings[0]?.repairs, [
        [
          {
            tokens: ['spec', 'verify'],
            value: {
              provider: 'cosign',
              matchOIDCIdentity: [
                {
                  issuer: '^https://token\\.actions\\.githubusercontent\\.com$',
                  subject: '^https://github\\.com/acme/charts/',
                },
              ],
            },
          },
        ],
      ]);
      assertRepairsCure(declared, judged, (edited) => hold(edited));
    });
  }

  it('follows a chartRef through a HelmChart to the URL behind it', () => {
    const release = helmRelease({ chart: undefined as never, chartRef: { kind: 'HelmChart', name: 'app' } });
    const facts = (url: string, verify?: Json) =>
      factsWith(undefined, {
        sources: new Map([
          [
            sourceKey('HelmChart', 'team', 'app'),
            {
              known: true,
              value: {
                kind: 'HelmChart',
                namespace: 'team',
                name: 'app',
                url,
                spec: verify === undefined ? {} : { verify },
              },
            },
          ],
        ]),
      });
    const paths = (known: Facts) => said(judge(declared, release, hold(release, known)).findings);
    assert.deepEqual(paths(facts('oci://ghcr.io/acme', enough[0])), []);
    assert.equal(paths(facts('oci://ghcr.io/acme')).length, 1);
    assert.match(
      paths(facts('https://flagger.app', enough[0]))[0] ?? '',
      /^spec\.chartRef: Flux cannot verify/,
    );
  });

  it('needs a key in a HelmRelease, which has no field for identities, and proposes no edit', () => {
    const { findings } = judge(declared, helmRelease(), { facts: oci });
    assert.deepEqual(findings[0]?.repairs, undefined);
    assert.equal(findings[0]?.wouldPass, 'verify: {provider: cosign, secretRef: {name: ...}}');
  });

  it('says something about every object, and never throws', () => {
    for (const kind of ['HelmRelease', 'HelmChart', 'OCIRepository']) {
      fc.assert(
        fc.property(anyObject(kind), (object) => {
          judge(declared, object, hold(object));
          declared.sources?.(subjectOf(object));
        }),
      );
    }
  });
});
