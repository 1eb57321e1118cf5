import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../../../src/core/json/json.ts';
import type { Phase } from '../../../../src/core/policy/decision.ts';
import { evaluate } from '../../../../src/core/policy/evaluate.ts';
import { type Facts, sourceKey } from '../../../../src/core/policy/facts.ts';
import { HOSTILE_URLS } from '../hostile-urls.ts';
import { chart, factsWith, helmRelease, helmRepository, policySet, subjectOf } from '../policy-fixture.ts';

const set = policySet([
  {
    id: 'sources',
    allowedSources: [{ url: 'https://flagger.app' }, { url: 'oci://ghcr.io/acme/charts', subpaths: true }],
  },
]);

function judge(object: JsonObject, facts: Facts = factsWith(), phase: Phase = 'admission') {
  return evaluate(set, subjectOf(object), facts, phase);
}

const reasons = (decision: ReturnType<typeof judge>) => decision.findings.map(({ reason }) => reason);

describe('allowed sources', () => {
  it('pass a HelmRepository at a listed URL, with or without its trailing slash', () => {
    assert.equal(judge(helmRepository('https://flagger.app')).allowed, true);
    assert.equal(judge(helmRepository('https://flagger.app/')).allowed, true);
    assert.equal(judge(helmRepository('oci://ghcr.io/acme/charts/team', { type: 'oci' })).allowed, true);
  });

  it('deny another URL and say which would pass', () => {
    const { allowed, findings } = judge(helmRepository('https://flagger.app/charts'));
    assert.equal(allowed, false);
    assert.deepEqual(
      findings.map(({ reason, path, found, wouldPass, place }) => ({
        reason,
        path,
        found,
        wouldPass,
        place,
      })),
      [
        {
          reason: 'SourceNotAllowed',
          path: 'spec.url',
          found: 'https://flagger.app/charts',
          wouldPass: 'https://flagger.app, oci://ghcr.io/acme/charts or below it',
          place: { file: 'p.yaml', line: 1, column: findings[0]?.place.column ?? 0 },
        },
      ],
    );
  });

  it('deny every hostile spelling, and propose the listed URL where that is what it spells', () => {
    for (const url of HOSTILE_URLS) {
      const decision = judge(helmRepository(url));
      assert.equal(decision.allowed, false, url);
      assert.deepEqual(reasons(decision), ['SourceNotCanonical'], url);
    }
    assert.equal(
      judge(helmRepository('https://Flagger.app:443/')).findings[0]?.wouldPass,
      'https://flagger.app',
    );
  });

  it('never show credentials of a URL', () => {
    const decision = judge(helmRepository('https://user:hunter2@flagger.app'));
    assert.doesNotMatch(JSON.stringify(decision.findings), /hunter2/);
  });

  it('follow a HelmRelease to the URL behind its sourceRef', () => {
    assert.equal(judge(helmRelease()).allowed, true);
    const denied = judge(helmRelease(), factsWith('https://evil.example'));
    assert.deepEqual(reasons(denied), ['SourceNotAllowed']);
    assert.equal(denied.findings[0]?.path, 'spec.chart.spec.sourceRef');
    assert.match(
      denied.findings[0]?.message ?? '',
      /HelmRepository team\/flagger points to https:\/\/evil\.example/,
    );
  });

  it('follow the namespace of a sourceRef', () => {
    const facts = factsWith('https://flagger.app');
    const other = {
      ...facts,
      sources: new Map([
        ...facts.sources,
        [
          sourceKey('HelmRepository', 'flux', 'flagger'),
          {
            known: true,
            value: {
              kind: 'HelmRepository',
              namespace: 'flux',
              name: 'flagger',
              url: 'https://evil.example',
            },
          },
        ] as const,
      ]),
    };
    assert.deepEqual(reasons(judge(helmRelease({ chart: chart('*', { namespace: 'flux' }) }), other)), [
      'SourceNotAllowed',
    ]);
  });

  it('follow chartRef to an OCIRepository and to a HelmChart', () => {
    for (const kind of ['OCIRepository', 'HelmChart']) {
      const object = helmRelease({ chart: undefined as never, chartRef: { kind, name: 'app' } });
      const facts = (url: string) =>
        factsWith('https://flagger.app', {
          sources: new Map([
            [
              sourceKey(kind, 'team', 'app'),
              { known: true, value: { kind, namespace: 'team', name: 'app', url } },
            ],
          ]),
        });
      assert.equal(judge(object, facts('oci://ghcr.io/acme/charts/app')).allowed, true, kind);
      assert.deepEqual(
        reasons(judge(object, facts('oci://ghcr.io/acme/charts-evil/app'))),
        ['SourceNotAllowed'],
        kind,
      );
    }
  });

  it('deny a HelmRelease or HelmChart that refers to a kind which cannot be judged', () => {
    for (const kind of ['GitRepository', 'Bucket']) {
      assert.deepEqual(reasons(judge(helmRelease({ chart: chart('*', { kind }) }))), [
        'SourceKindUnsupported',
      ]);
    }
    const external = helmRelease({
      chart: undefined as never,
      chartRef: { kind: 'ExternalArtifact', name: 'x' },
    });
    assert.deepEqual(reasons(judge(external)), ['SourceKindUnsupported']);
    const helmChart = {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'HelmChart',
      metadata: { name: 'x', namespace: 'team' },
      spec: { chart: 'x', sourceRef: { kind: 'GitRepository', name: 'x' } },
    };
    assert.deepEqual(reasons(judge(helmChart)), ['SourceKindUnsupported']);
  });

  it('warn about a source that does not exist at admission, and deny it at release time', () => {
    const facts = factsWith({ known: false, why: 'NotFound' });
    const admission = judge(helmRelease(), facts);
    assert.equal(admission.allowed, true);
    assert.match(admission.warnings.join(), /HelmRepository team\/flagger does not exist yet/);
    assert.deepEqual(reasons(judge(helmRelease(), facts, 'release')), ['SourceUnknown']);
  });

  it('deny a source that could not be looked up, or was not gathered at all', () => {
    for (const why of ['Forbidden', 'Unavailable'] as const) {
      assert.deepEqual(reasons(judge(helmRelease(), factsWith({ known: false, why }))), ['SourceUnknown']);
    }
    assert.deepEqual(
      reasons(judge(helmRelease(), factsWith('https://flagger.app', { sources: new Map() }))),
      ['SourceUnknown'],
    );
  });

  it('deny a chart name that leads elsewhere in an OCI registry', () => {
    const facts = factsWith('oci://ghcr.io/acme/charts');
    const named = (name: string) =>
      helmRelease({
        chart: { spec: { chart: name, sourceRef: { kind: 'HelmRepository', name: 'flagger' } } },
      });
    assert.equal(judge(named('sub/app'), facts).allowed, true);
    for (const name of ['../evil', 'a/../../evil', 'a//b', 'a\\b', '/a', 'a:tag', 'a@sha256:00', 'a%2fb']) {
      assert.deepEqual(reasons(judge(named(name), facts)), ['SourceNotCanonical'], name);
    }
  });
});
