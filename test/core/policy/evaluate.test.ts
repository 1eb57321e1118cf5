import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { evaluate } from '../../../src/core/policy/evaluate.ts';
import type { PolicySet } from '../../../src/core/policy/policy-set.ts';
import type { CompiledRule } from '../../../src/core/policy/rule.ts';
import { chart, factsWith, helmRelease, helmRepository, policySet, subjectOf } from './policy-fixture.ts';

const judge = (set: PolicySet, object: JsonObject) =>
  evaluate(set, subjectOf(object), factsWith('https://evil.example'), 'admission');

const all = policySet([
  { id: 'audit', enforcement: 'Audit', chartVersion: { within: '1.29.x' } },
  { id: 'warn', enforcement: 'Warn', chartVersion: { within: '1.28.x' } },
  { id: 'sources', allowedSources: [{ url: 'https://flagger.app' }] },
  { id: 'range', chartVersion: { within: '<1.0.0' } },
]);

describe('a decision', () => {
  it('holds all findings at once, strictest first, each with its rule and place', () => {
    const { allowed, findings, warnings, ruleResults } = judge(all, helmRelease());
    assert.equal(allowed, false);
    assert.deepEqual(
      findings.map(({ policy, rule, enforcement, reason }) => `${enforcement} ${policy}/${rule} ${reason}`),
      [
        'Deny p/sources SourceNotAllowed',
        'Deny p/range RangeDisjoint',
        'Warn p/warn RangeDisjoint',
        'Audit p/audit RangeDisjoint',
      ],
    );
    assert.ok(findings.every(({ place }) => place.file === 'p.yaml' && place.line === 1 && place.column > 1));
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /^p\/warn: spec\.chart\.spec\.version: /);
    assert.deepEqual(
      ruleResults.map(({ result }) => result),
      ['finding', 'finding', 'finding', 'finding'],
    );
  });

  it('allows when all that was found is Warn or Audit', () => {
    const lenient = policySet([{ id: 'range', chartVersion: { within: '<1.0.0' } }], { enforcement: 'Warn' });
    assert.equal(judge(lenient, helmRelease()).allowed, true);
  });

  it('denies when a rule throws, naming it, and the others still speak', () => {
    const rule = all.rulesByKind.get('HelmRelease')?.[0];
    assert.ok(rule !== undefined);
    const broken: CompiledRule = {
      ...rule,
      id: 'broken',
      enforcement: 'Audit',
      body: {
        ...rule.body,
        judge() {
          throw new Error('boom\nboom');
        },
      },
    };
    const set: PolicySet = {
      ...all,
      rulesByKind: new Map([['HelmRelease', [broken, ...(all.rulesByKind.get('HelmRelease') ?? [])]]]),
    };
    const { allowed, findings, ruleResults } = judge(set, helmRelease());
    assert.equal(allowed, false);
    const error = findings.find(({ reason }) => reason === 'PolicyError');
    assert.deepEqual([error?.rule, error?.enforcement], ['broken', 'Deny']);
    assert.match(error?.message ?? '', /boom boom$/);
    assert.ok(findings.some(({ rule: id }) => id === 'sources'));
    assert.equal(ruleResults.find(({ rule: id }) => id === 'broken')?.result, 'error');
  });

  const shapes: readonly (readonly [string, JsonObject])[] = [
    ['no spec', { ...helmRelease(), spec: undefined as never }],
    ['an interval that is a number', helmRelease({ interval: 5 })],
    ['neither chart nor chartRef', helmRelease({ chart: undefined as never })],
    ['both chart and chartRef', helmRelease({ chartRef: { kind: 'OCIRepository', name: 'x' } })],
    [
      'a version that is a number',
      helmRelease({ chart: { spec: { ...(chart('1')['spec'] as JsonObject), version: 1.1 } } }),
    ],
    ['labels that are a list', helmRelease({}, { labels: [] })],
    ['annotations that are a text', helmRelease({}, { annotations: 'x' })],
    [
      'a sourceRef without a kind',
      helmRelease({ chart: { spec: { chart: 'x', sourceRef: { name: 'x' } } } }),
    ],
    ['a target namespace that is a list', helmRelease({ targetNamespace: ['prod'] })],
    ['a repository without a URL', helmRepository(undefined as never)],
  ];
  for (const [name, object] of shapes) {
    it(`denies an object with ${name}, and changes nothing in it`, () => {
      const { allowed, findings, patch } = judge(all, object);
      assert.deepEqual(
        [allowed, findings.map(({ reason }) => reason), patch],
        [false, ['InvalidObject'], []],
      );
    });
  }

  it('allows deletions and kinds of other groups', () => {
    assert.equal(
      evaluate(all, subjectOf(helmRelease(), undefined, { operation: 'DELETE' }), factsWith(), 'admission')
        .allowed,
      true,
    );
    assert.equal(judge(all, { ...helmRelease(), apiVersion: 'example.com/v1', spec: {} }).allowed, true);
    assert.equal(
      judge(all, { ...helmRepository('https://evil.example'), kind: 'GitRepository' }).allowed,
      true,
    );
  });

  it('tells the user what was rewritten', () => {
    const spec = {
      postRenderers: [{ kustomize: { patchesStrategicMerge: [{ kind: 'A' }] } }],
      chart: { spec: { ...(chart('*')['spec'] as JsonObject), valuesFile: 'a' } },
    };
    const beta = { ...helmRelease(spec), apiVersion: 'helm.toolkit.fluxcd.io/v2beta1' };
    assert.deepEqual(
      judge(policySet([{ id: 'd', defaults: { HelmRelease: { 'spec.timeout': '1m' } } }]), beta).warnings,
      [
        'spec.chart.spec.valuesFile was rewritten to valuesFiles: only the beta versions have it',
        "spec.postRenderers.0.kustomize's old patch lists were rewritten to patches: only the beta versions have it",
        'spec.maxHistory: absent, it meant 10 revisions in v2beta1 and means 5 in v2',
      ],
    );
  });

  it('says what an absent maxHistory of v2beta1 means, unless a policy fills it in, and nothing else differs', () => {
    const inVersion = (version: string, fill: string) => {
      const set = policySet([{ id: 'd', defaults: { HelmRelease: { [fill]: 7 } } }]);
      return judge(set, { ...helmRelease(), apiVersion: `helm.toolkit.fluxcd.io/${version}` });
    };
    const retries = 'spec.upgrade.remediation.retries';
    const { warnings, ...rest } = inVersion('v2beta1', retries);
    assert.deepEqual(warnings, [
      'spec.maxHistory: absent, it meant 10 revisions in v2beta1 and means 5 in v2',
    ]);
    for (const version of ['v2', 'v2beta2']) {
      const { warnings: none, ...same } = inVersion(version, retries);
      assert.deepEqual([none, same], [[], rest]);
    }
    assert.deepEqual(inVersion('v2beta1', 'spec.maxHistory').warnings, []);
  });

  it('denies a beta field that has no equal, by name', () => {
    const spec = { postRenderers: [{ kustomize: { patchesStrategicMerge: ['a: b'] } }] };
    const beta = { ...helmRelease(spec), apiVersion: 'helm.toolkit.fluxcd.io/v2beta1' };
    const { allowed, findings } = judge(
      policySet([{ id: 'd', defaults: { HelmRelease: { 'spec.timeout': '1m' } } }]),
      beta,
    );
    assert.equal(allowed, false);
    assert.deepEqual(
      [findings[0]?.reason, findings[0]?.path],
      ['BetaFieldUnsupported', 'spec.postRenderers.0.kustomize.patchesStrategicMerge.0'],
    );
  });
});

describe('200 rules', () => {
  it('are all evaluated for a release that they match', () => {
    const rules = Array.from({ length: 200 }, (_, index) => ({
      id: `r${index}`,
      ...(index % 2 === 0
        ? { allowedSources: [{ url: `https://r${index}.example` }, { url: 'https://evil.example' }] }
        : { chartVersion: { within: `>=1.${index % 28}.0 <2.0.0` } }),
    }));
    const decision = judge(policySet(rules), helmRelease());
    assert.equal(decision.allowed, true);
    assert.equal(decision.ruleResults.length, 200);
  });
});
