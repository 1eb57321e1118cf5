import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Json, JsonObject } from '../../../../src/core/json/json.ts';
import { KINDS_WITH_FIELDS } from '../../../../src/core/policy/judged-fields.ts';
import { require } from '../../../../src/core/policy/rules/require.ts';
import { helmRelease, helmRepository, subjectOf } from '../policy-fixture.ts';
import { anyObject, assertRepairsCure, compileRule, judge, ruleOf, said } from './rule-under-test.ts';

const PRESENT = { present: true };
const ACCOUNT = { 'spec.serviceAccountName': PRESENT };
const DRIFT = { 'spec.driftDetection.mode': { oneOf: ['enabled', 'warn'] } };
const LABEL = '/metadata/labels/app.kubernetes.io~1part-of';

describe('require', () => {
  const table: readonly (readonly [
    name: string,
    written: JsonObject,
    object: JsonObject,
    says: readonly string[],
  ])[] = [
    ['passes a field that is there', ACCOUNT, helmRelease({ serviceAccountName: 'deploy' }), []],
    [
      'finds a field that is absent',
      ACCOUNT,
      helmRelease(),
      ['spec.serviceAccountName: absent, but a value is required -> a value'],
    ],
    [
      'finds one that is empty',
      ACCOUNT,
      helmRelease({ serviceAccountName: '' }),
      ['spec.serviceAccountName: empty, but a value is required -> a value'],
    ],
    [
      'finds one that is null',
      ACCOUNT,
      helmRelease({ serviceAccountName: null }),
      ['spec.serviceAccountName: absent, but a value is required -> a value'],
    ],
    ['passes false, which somebody wrote', { 'spec.suspend': PRESENT }, helmRelease({ suspend: false }), []],
    [
      'finds a default of the controller absent',
      { 'spec.timeout': PRESENT },
      helmRelease(),
      ['spec.timeout: absent, but a value is required -> a value'],
    ],
    [
      'passes a default of the API',
      { 'spec.uninstall.deletionPropagation': PRESENT },
      helmRelease({ uninstall: {} }),
      [],
    ],
    [
      'passes a group with something in it',
      { 'spec.upgrade.remediation': PRESENT },
      helmRelease({ upgrade: { remediation: { retries: 0 } } }),
      [],
    ],
    [
      'finds an empty group',
      { 'spec.upgrade': PRESENT },
      helmRelease({ upgrade: { remediation: {} } }),
      ['spec.upgrade: absent, but a value is required -> a value'],
    ],
    [
      'finds an empty list',
      { 'spec.postRenderers': PRESENT },
      helmRelease({ postRenderers: [] }),
      ['spec.postRenderers: empty, but a value is required -> a value'],
    ],
    ['passes a list', { 'spec.postRenderers': PRESENT }, helmRelease({ postRenderers: [{}] }), []],
    ['passes a value of the list', DRIFT, helmRelease({ driftDetection: { mode: 'warn' } }), []],
    [
      'finds another value',
      DRIFT,
      helmRelease({ driftDetection: { mode: 'disabled' } }),
      ['spec.driftDetection.mode: disabled, but one of enabled, warn is required -> one of enabled, warn'],
    ],
    [
      'finds another value that is the default',
      DRIFT,
      helmRelease(),
      [
        'spec.driftDetection.mode: defaulted by the controller to disabled, but one of enabled, warn is required -> one of enabled, warn',
      ],
    ],
    ['passes a default that is asked for', { 'spec.install.crds': { equals: 'Create' } }, helmRelease(), []],
    [
      'asks for true',
      { 'spec.install.createNamespace': { equals: true } },
      helmRelease(),
      ['spec.install.createNamespace: defaulted by the controller to false, but true is required -> true'],
    ],
    [
      'compares durations as such',
      { 'spec.interval': { equals: '300s' } },
      helmRelease({ interval: '5m' }),
      [],
    ],
    [
      'finds another duration',
      { 'spec.interval': { equals: '300s' } },
      helmRelease({ interval: '6m' }),
      ['spec.interval: 6m, but 300s is required -> 300s'],
    ],
    [
      'passes what matches',
      { 'spec.serviceAccountName': { matches: 'deploy-.*' } },
      helmRelease({ serviceAccountName: 'deploy-a' }),
      [],
    ],
    [
      'asks of the whole text to match',
      { 'spec.serviceAccountName': { matches: 'deploy' } },
      helmRelease({ serviceAccountName: 'deploy-a' }),
      [
        'spec.serviceAccountName: deploy-a, but a text that matches deploy is required -> a text that matches deploy',
      ],
    ],
    [
      'asks of both alternatives to match the whole text',
      { 'spec.serviceAccountName': { matches: 'a|b' } },
      helmRelease({ serviceAccountName: 'ab' }),
      ['spec.serviceAccountName: ab, but a text that matches a|b is required -> a text that matches a|b'],
    ],
    [
      'matches no text that is too long to match',
      { 'spec.chart.spec.version': { matches: '.*' } },
      helmRelease({ chart: { spec: { chart: 'a', version: '1'.repeat(4097) } } }),
      [
        `spec.chart.spec.version: ${'1'.repeat(57)}..., but a text that matches .* is required -> a text that matches .*`,
      ],
    ],
    [
      'asks for a label by a pointer',
      { [LABEL]: { matches: '[a-z]+' } },
      helmRelease({}, { labels: { 'app.kubernetes.io/part-of': 'shop' } }),
      [],
    ],
    [
      'finds a label missing',
      { [LABEL]: PRESENT },
      helmRelease(),
      ['metadata.labels["app.kubernetes.io/part-of"]: absent, but a value is required -> a value'],
    ],
    [
      'asks for an annotation',
      { 'metadata.annotations.owner': PRESENT },
      helmRelease({}, { annotations: { owner: 'x' } }),
      [],
    ],
    [
      'asks for a value of the chart and does not show it',
      { 'spec.values.db.password': { matches: 'ref:.*' } },
      helmRelease({ values: { db: { password: 'hunter2' } } }),
      [
        'spec.values.db.password: what is set, but a text that matches ref:.* is required -> a text that matches ref:.*',
      ],
    ],
    [
      'matches numbers in the values of a chart',
      { 'spec.values.replicas': { matches: '[1-9]' } },
      helmRelease({ values: { replicas: 3 } }),
      [],
    ],
    [
      'finds an object in the place of a value',
      { 'spec.serviceAccountName': { equals: 'a' } },
      helmRelease({ serviceAccountName: { a: 1 } }),
      ['spec.serviceAccountName: what is set, but a is required -> a'],
    ],
    [
      'asks by kind',
      { HelmRepository: { 'spec.secretRef.name': PRESENT } },
      helmRepository('https://a.example'),
      ['spec.secretRef.name: absent, but a value is required -> a value'],
    ],
    ['leaves other kinds alone', { HelmRepository: { 'spec.secretRef.name': PRESENT } }, helmRelease(), []],
    [
      'asks for what is installed',
      { 'spec.chart.spec.sourceRef.kind': { equals: 'HelmRepository' } },
      helmRelease(),
      [],
    ],
    [
      'finds a field that the version does not have',
      { 'spec.commonMetadata.labels': PRESENT },
      {
        ...helmRelease({ commonMetadata: { labels: { a: 'b' } } }),
        apiVersion: 'helm.toolkit.fluxcd.io/v2beta1',
      },
      ['spec.commonMetadata.labels: absent, but a value is required -> a value, in API version v2'],
    ],
    ['asks for the default of Helmgate', { 'spec.upgrade.crds': { equals: 'Skip' } }, helmRelease(), []],
    [
      'asks for the default of Flux where that is said',
      { controller: 'flux', 'spec.upgrade.crds': { equals: 'Skip' } },
      helmRelease(),
      ['spec.upgrade.crds: defaulted by the controller to Create, but Skip is required -> Skip'],
    ],
    [
      'names every field',
      { ...ACCOUNT, ...DRIFT },
      helmRelease(),
      [
        'spec.serviceAccountName: absent, but a value is required -> a value',
        'spec.driftDetection.mode: defaulted by the controller to disabled, but one of enabled, warn is required -> one of enabled, warn',
      ],
    ],
  ];
  for (const [name, written, object, says] of table) {
    it(name, () => assert.deepEqual(said(judge(ruleOf(require, written), object).findings), says));
  }

  it('proposes each value that is asked for, and none that does not cure', () => {
    const rule = ruleOf(require, DRIFT);
    assert.deepEqual(judge(rule, helmRelease()).findings[0]?.repairs, [
      [{ tokens: ['spec', 'driftDetection', 'mode'], value: 'enabled' }],
      [{ tokens: ['spec', 'driftDetection', 'mode'], value: 'warn' }],
    ]);
    assert.equal(judge(rule, helmRelease({ driftDetection: 'x' })).findings[0]?.repairs, undefined);
    assert.equal(judge(ruleOf(require, ACCOUNT), helmRelease()).findings[0]?.repairs, undefined);
  });

  it('shows a written value, and no value of the chart', () => {
    const found = (written: JsonObject, object: JsonObject) =>
      judge(ruleOf(require, written), object).findings[0]?.found;
    assert.equal(found(DRIFT, helmRelease({ driftDetection: { mode: 'off' } })), 'off');
    assert.equal(found(DRIFT, helmRelease()), undefined);
    assert.equal(found({ 'spec.values.a': { equals: 1 } }, helmRelease({ values: { a: 2 } })), undefined);
  });

  it('counts what a policy has set, and says so', () => {
    const subject = subjectOf(helmRelease());
    const object = helmRelease({ serviceAccountName: 'deploy' });
    assert.deepEqual(judge(ruleOf(require, ACCOUNT), object, { subject }).findings, []);
    const rule = ruleOf(require, { 'spec.serviceAccountName': { equals: 'other' } });
    assert.deepEqual(said(judge(rule, object, { subject }).findings), [
      'spec.serviceAccountName: set by a policy to deploy, but other is required -> other',
    ]);
  });

  it('judges at admission only', () => {
    assert.deepEqual(judge(ruleOf(require, ACCOUNT), helmRelease(), { phase: 'release' }).findings, []);
  });

  it('names the metadata that it reads, so that edits of it are judged', () => {
    const rule = ruleOf(require, { ...ACCOUNT, [LABEL]: PRESENT, 'metadata.annotations.owner': PRESENT });
    assert.deepEqual(rule.reads, [
      ['metadata', 'labels', 'app.kubernetes.io/part-of'],
      ['metadata', 'annotations', 'owner'],
    ]);
  });

  it('warns of a field that the API fills in itself', () => {
    const { errors, warnings } = compileRule(require, { 'spec.chart.spec.version': PRESENT });
    assert.deepEqual(errors, []);
    assert.deepEqual(warnings, [
      "spec.chart.spec.version: spec.chart.spec.version is filled in by the API's own schema, so it is missing only offline",
    ]);
  });
});

describe('require that cannot be read', () => {
  const table: readonly (readonly [written: Json, errors: readonly string[]])[] = [
    [
      { 'spec.serviceAcountName': PRESENT },
      [
        'spec.serviceAcountName: HelmRelease has no field spec.serviceAcountName (did you mean "spec.serviceAccountName"?)',
      ],
    ],
    [
      { serviceAccountName: PRESENT },
      [
        'serviceAccountName: "serviceAccountName" is neither a path such as spec.timeout nor a kind (did you mean "spec.serviceAccountName"?)',
      ],
    ],
    [
      { GitRepository: { 'spec.url': PRESENT } },
      [
        'GitRepository: "GitRepository" is neither a path such as spec.timeout nor a kind (did you mean "OCIRepository"?)',
      ],
    ],
    [
      { 'metadata.name': PRESENT },
      [
        'metadata.name: metadata.name cannot be judged: of metadata only labels and annotations, by their keys',
      ],
    ],
    [
      { 'metadata.labels': PRESENT },
      [
        'metadata.labels: metadata.labels cannot be judged: of metadata only labels and annotations, by their keys',
      ],
    ],
    [
      { 'spec.driftDetection.mode': { equals: 'on' } },
      [
        'spec.driftDetection.mode equals: a value of spec.driftDetection.mode must be one of enabled, warn, disabled',
      ],
    ],
    [
      { 'spec.driftDetection.mode': { oneOf: ['warn', 'on', true] } },
      [
        'spec.driftDetection.mode oneOf 1: a value of spec.driftDetection.mode must be one of enabled, warn, disabled',
      ],
    ],
    [
      { 'spec.suspend': { equals: 'false' } },
      ['spec.suspend equals: a value of spec.suspend must be true or false'],
    ],
    [
      { 'spec.suspend': { matches: 'false' } },
      ['spec.suspend matches: spec.suspend is no text, so it matches no pattern (use equals or oneOf)'],
    ],
    [
      { 'spec.values.a': { equals: { b: 1 } } },
      ['spec.values.a equals: a value of spec.values.a must be a single value'],
    ],
    [
      { 'spec.values.a': { equals: null } },
      ['spec.values.a equals: a value of spec.values.a must be a single value'],
    ],
    [
      { 'spec.postRenderers': { equals: 1 } },
      ['spec.postRenderers equals: spec.postRenderers is no single value: ask for it with present: true'],
    ],
    [
      { 'spec.kubeConfig': { matches: 'x' } },
      ['spec.kubeConfig matches: spec.kubeConfig is no single value: ask for it with present: true'],
    ],
    [
      { 'spec.serviceAccountName': { matches: '(a' } },
      [
        'spec.serviceAccountName matches: spec.serviceAccountName cannot be matched: error parsing regexp: missing closing ): `(a`',
      ],
    ],
    [
      { 'spec.serviceAccountName': { matches: '(?=a)' } },
      [
        'spec.serviceAccountName matches: spec.serviceAccountName cannot be matched: error parsing regexp: invalid or unsupported Perl syntax: `(?=`',
      ],
    ],
    [
      { 'spec.serviceAccountName': { matches: 'a'.repeat(257) } },
      ['/spec.serviceAccountName/matches: must NOT have more than 256 characters'],
    ],
    [{ 'spec.suspend': { present: false } }, ['/spec.suspend/present: must be equal to constant']],
    [
      { 'spec.suspend': { present: true, equals: true } },
      ['/spec.suspend: must NOT have more than 1 properties'],
    ],
    [{ controller: 'helm', ...ACCOUNT }, ['/controller: must be equal to one of the allowed values']],
    [{ controller: 'flux' }, [': no field is required']],
    [
      { ...ACCOUNT, HelmRelease: ACCOUNT },
      ['HelmRelease spec.serviceAccountName: spec.serviceAccountName of HelmRelease is named twice'],
    ],
  ];
  for (const [written, errors] of table) {
    it(`says so: ${JSON.stringify(written).slice(0, 100)}`, () => {
      const { body, errors: told } = compileRule(require, written);
      assert.equal(body, undefined);
      assert.deepEqual(told, errors);
    });
  }
});

describe('require on any object', () => {
  const anything = ruleOf(require, {
    ...ACCOUNT,
    ...DRIFT,
    'spec.suspend': { equals: true },
    'spec.upgrade.strategy.name': { equals: 'RetryOnFailure' },
    'spec.install.serverSideApply': { equals: false },
    'spec.timeout': { equals: '5m' },
    'spec.maxHistory': { oneOf: [1, 2, 3] },
    'spec.chart.spec.version': { matches: '1\\..*' },
    'spec.values.a': { equals: 1 },
    'spec.kubeConfig': PRESENT,
    'metadata.labels.team': { equals: 'x' },
    HelmRepository: { 'spec.type': { equals: 'oci' }, 'spec.insecure': { equals: true } },
    HelmChart: { 'spec.reconcileStrategy': { equals: 'Revision' }, 'spec.verify': PRESENT },
    OCIRepository: { 'spec.ref.tag': { equals: 'v1' }, 'spec.timeout': { equals: '1m' } },
  });

  for (const kind of KINDS_WITH_FIELDS) {
    it(`never throws, and proposes only what cures (${kind})`, () => {
      fc.assert(fc.property(anyObject(kind), (object) => assertRepairsCure(anything, object)));
    });
  }
});
