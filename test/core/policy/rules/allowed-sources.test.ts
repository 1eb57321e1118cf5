import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../../../src/core/json/json.ts';
import { compilePolicySet } from '../../../../src/core/policy/compile.ts';
import type { Phase } from '../../../../src/core/policy/decision.ts';
import { evaluate } from '../../../../src/core/policy/evaluate.ts';
import { type Facts, sourceKey } from '../../../../src/core/policy/facts.ts';
import { allowedSources } from '../../../../src/core/policy/rules/allowed-sources.ts';
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

  it('deny a HelmRelease or HelmChart that refers to a kind that no entry is about, or that has no URL', () => {
    for (const kind of ['GitRepository', 'Bucket']) {
      const { findings } = judge(helmRelease({ chart: chart('*', { kind }) }));
      assert.deepEqual(
        findings.map(({ reason, message }) => [reason, message]),
        [['SourceKindUnsupported', `charts from a ${kind} are not allowed here: no entry is about one`]],
      );
    }
    const external = helmRelease({
      chart: undefined as never,
      chartRef: { kind: 'ExternalArtifact', name: 'x' },
    });
    assert.match(
      judge(external).findings[0]?.message ?? '',
      /ExternalArtifact .*: its URL cannot be judged$/,
    );
    const helmChart = {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'HelmChart',
      metadata: { name: 'x', namespace: 'team' },
      spec: { chart: 'x', sourceRef: { kind: 'GitRepository', name: 'x' } },
    };
    assert.deepEqual(reasons(judge(helmChart)), ['SourceKindUnsupported']);
  });

  it('deny a HelmChart behind a chartRef that leads to such a kind', () => {
    for (const behind of ['GitRepository', 'HelmChart', 'ExternalArtifact']) {
      const value = {
        ...{ kind: 'HelmChart', namespace: 'team', name: 'app', url: 'https://flagger.app' },
        spec: { chart: 'app', sourceRef: { kind: behind, name: 'x' } },
      };
      const sources = new Map([[sourceKey('HelmChart', 'team', 'app'), { known: true, value } as const]]);
      const object = helmRelease({ chart: undefined as never, chartRef: { kind: 'HelmChart', name: 'app' } });
      assert.deepEqual(reasons(judge(object, factsWith('', { sources }))), ['SourceKindUnsupported'], behind);
    }
  });

  it('count the path in the chart name of a HelmChart behind a chartRef', () => {
    const through = (name: string) => {
      const value = {
        ...{ kind: 'HelmChart', namespace: 'team', name: 'app', url: 'oci://ghcr.io/acme' },
        spec: { chart: name, sourceRef: { kind: 'HelmRepository', name: 'x' } },
      };
      const sources = new Map([[sourceKey('HelmChart', 'team', 'app'), { known: true, value } as const]]);
      const object = helmRelease({ chart: undefined as never, chartRef: { kind: 'HelmChart', name: 'app' } });
      const listed = policySet([
        { id: 's', allowedSources: [{ url: 'oci://ghcr.io/acme' }, { url: 'oci://ghcr.io/acme/charts' }] },
      ]);
      return evaluate(listed, subjectOf(object), factsWith('', { sources }), 'admission');
    };
    assert.equal(through('charts/app').allowed, true);
    assert.deepEqual(reasons(through('evil/app')), ['SourceNotAllowed']);
    assert.deepEqual(reasons(through('../evil')), ['SourceNotCanonical']);
  });

  it('judge a GitRepository or Bucket itself only where match.kinds names the kind', () => {
    const git: JsonObject = {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      metadata: { name: 'flux-system', namespace: 'flux-system' },
      spec: { url: 'https://evil.example/fleet', interval: '1m' },
    };
    const bucket: JsonObject = {
      ...git,
      kind: 'Bucket',
      spec: { endpoint: 'evil.example', bucketName: 'fleet', interval: '1m' },
    };
    assert.deepEqual([judge(git).allowed, judge(bucket).allowed], [true, true]);
    const rules = [{ id: 's', allowedSources: [{ url: 'https://flagger.app' }] }];
    const named = policySet(rules, { match: { kinds: ['GitRepository', 'Bucket'] } });
    for (const object of [git, bucket])
      assert.deepEqual(reasons(evaluate(named, subjectOf(object), factsWith(), 'admission')), [
        'SourceNotAllowed',
      ]);
  });

  it('are told what a kind can have for a URL when the file is loaded', () => {
    const errorsOf = (entry: JsonObject) => {
      const text = JSON.stringify({
        ...{ apiVersion: 'helmgate.dev/v1alpha1', kind: 'Policy', metadata: { name: 'p' } },
        spec: { rules: [{ id: 's', allowedSources: [entry] }] },
      });
      const compiled = compilePolicySet([{ path: 'p.yaml', text }]);
      return compiled.ok ? [] : compiled.errors.map(({ message, hint }) => [message, hint]);
    };
    assert.deepEqual(errorsOf({ url: 'ssh://git@github.com/acme', kinds: ['HelmRepository'] }), [
      ['a HelmRepository has no URL of the scheme ssh', 'it is one of GitRepository'],
    ]);
    assert.deepEqual(errorsOf({ url: 'https://x.example', kinds: ['GitRepository', 'OCIRepository'] }), [
      ['a OCIRepository has no URL of the scheme https', 'it is one of HelmRepository, GitRepository'],
    ]);
    assert.deepEqual(errorsOf({ url: 'git@github.com:acme' }), [
      [
        'the URL is not in canonical form: it does not begin with https://, http://, oci://, ssh:// or bucket:// in lower case',
        'write ssh://git@github.com/acme',
      ],
    ]);
    assert.deepEqual(errorsOf({ url: 'oci://ghcr.io/acme', kinds: ['OCIRepository'] }), []);
  });

  it('offer the canonical URL where it is listed, and only there', () => {
    const repairsOf = (url: string) => {
      const rule = allowedSources.compile([{ url: 'https://flagger.app' }], [], {
        placeOf: () => ({ file: 'p', line: 1, column: 1 }),
        error: () => assert.fail(),
        warn: () => {},
      });
      const object = helmRepository(url);
      const input = {
        subject: subjectOf(object),
        object,
        facts: factsWith(),
        phase: 'admission',
        mutates: true,
      } as const;
      return rule?.judge?.(input).findings[0]?.repairs;
    };
    assert.deepEqual(repairsOf('HTTPS://Flagger.app:443/'), [
      [{ tokens: ['spec', 'url'], value: 'https://flagger.app' }],
    ]);
    assert.equal(repairsOf('HTTPS://Evil.example'), undefined);
    assert.equal(repairsOf('https://evil.example'), undefined);
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
