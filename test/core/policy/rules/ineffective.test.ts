import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Json, JsonObject } from '../../../../src/core/json/json.ts';
import { type Fact, type Facts, type SourceFact, sourceKey } from '../../../../src/core/policy/facts.ts';
import { KINDS_WITH_FIELDS } from '../../../../src/core/policy/judged-fields.ts';
import { INEFFECTIVE_COMBINATIONS, ineffective } from '../../../../src/core/policy/rules/ineffective.ts';
import { factsWith, helmRelease, helmRepository, subjectOf } from '../policy-fixture.ts';
import { anyObject, assertRepairsCure, compileRule, judge, ruleOf, said } from './rule-under-test.ts';

const ALL = ruleOf(ineffective, {});
const FLUX = ruleOf(ineffective, { controller: 'flux' });

const chartFrom = (kind: string, spec: JsonObject): JsonObject =>
  helmRelease({ chart: { spec: { chart: 'app', sourceRef: { kind, name: 'flagger' }, ...spec } } });
const helmChart = (kind: string, spec: JsonObject): JsonObject => ({
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  kind: 'HelmChart',
  metadata: { name: 'app', namespace: 'team' },
  spec: { chart: 'app', interval: '5m', sourceRef: { kind, name: 'flagger' }, ...spec },
});
const ociSource = (ref: JsonObject): JsonObject => ({
  ...helmRepository('oci://registry.example/app', { ref, interval: '5m' }),
  kind: 'OCIRepository',
});
const retry = (spec: JsonObject): JsonObject => ({ strategy: { name: 'RetryOnFailure' }, ...spec });
const EXPRESSIONS = [{ apiVersion: 'v1', kind: 'A', current: 'true' }];

/** Facts in which the repository of the chart has this spec, or is not known. */
function withRepository(spec: JsonObject | undefined): Facts {
  const source = { kind: 'HelmRepository', namespace: 'team', name: 'flagger' };
  const fact: Fact<SourceFact> =
    spec === undefined
      ? { known: false, why: 'NotFound' }
      : { known: true, value: { ...source, url: String(spec['url'] as string), spec } };
  return factsWith(undefined, {
    sources: new Map([[sourceKey(source.kind, source.namespace, source.name), fact]]),
  });
}
const HTTP = withRepository({ url: 'https://charts.example' });
const OCI = withRepository({ url: 'oci://registry.example', type: 'oci' });

type Row = readonly [id: string, name: string, object: JsonObject, says: readonly string[], facts?: Facts];

/** What is found of each combination, and what is near it and passes. */
const ROWS: readonly Row[] = [
  [
    'skipCRDs',
    'finds skipCRDs',
    helmRelease({ install: { skipCRDs: true } }),
    [
      'spec.install.skipCRDs: skipCRDs is never read: install.crds decides, and is Create -> no spec.install.skipCRDs',
    ],
  ],
  ['skipCRDs', 'passes skipCRDs: false', helmRelease({ install: { skipCRDs: false } }), []],
  [
    'force',
    'finds force where server-side apply is on',
    helmRelease({ upgrade: { force: true, serverSideApply: 'enabled' } }),
    [
      'spec.upgrade.force: force is ignored with server-side apply, which is enabled -> no spec.upgrade.force',
    ],
  ],
  [
    'force',
    'finds force where nothing is said',
    helmRelease({ rollback: { force: true } }),
    [
      'spec.rollback.force: force is ignored with server-side apply, which auto means here -> no spec.rollback.force',
    ],
  ],
  [
    'force',
    'passes force where it is off',
    helmRelease({ upgrade: { force: true, serverSideApply: 'disabled' } }),
    [],
  ],
  [
    'createNamespace',
    'finds createNamespace without a target',
    helmRelease({ install: { createNamespace: true } }),
    [
      'spec.install.createNamespace: without targetNamespace the release goes to its own namespace, which exists -> no spec.install.createNamespace',
    ],
  ],
  [
    'createNamespace',
    'finds it beside an empty target',
    helmRelease({ install: { createNamespace: true }, targetNamespace: '' }),
    [
      'spec.install.createNamespace: without targetNamespace the release goes to its own namespace, which exists -> no spec.install.createNamespace',
    ],
  ],
  [
    'createNamespace',
    'passes it beside a target',
    helmRelease({ install: { createNamespace: true }, targetNamespace: 'prod' }),
    [],
  ],
  [
    'remediation',
    'finds remediation of a retried install',
    helmRelease({ install: retry({ remediation: { retries: 3 } }) }),
    [
      'spec.install.remediation: RetryOnFailure retries for ever and undoes nothing, so remediation is not used -> no spec.install.remediation',
    ],
  ],
  [
    'remediation',
    'finds remediation of retried upgrades',
    helmRelease({ upgrade: retry({ remediation: { retries: 3 } }) }),
    [
      'spec.upgrade.remediation: RetryOnFailure retries for ever and undoes nothing, so remediation is not used -> no spec.upgrade.remediation',
    ],
  ],
  [
    'remediation',
    'passes a strategy alone, and one beside an empty remediation',
    helmRelease({ install: retry({}), upgrade: retry({ remediation: {} }) }),
    [],
  ],
  [
    'remediation',
    'passes remediation where v2beta1 loses the strategy',
    {
      ...helmRelease({ install: retry({ remediation: { retries: 3 } }) }),
      apiVersion: 'helm.toolkit.fluxcd.io/v2beta1',
    },
    [],
  ],
  [
    'test',
    'finds options of tests that are not enabled',
    helmRelease({ test: { filters: [{ name: 'a' }], timeout: '1m', ignoreFailures: true } }),
    [
      'spec.test.filters: tests are not enabled -> no spec.test.filters',
      'spec.test.timeout: tests are not enabled -> no spec.test.timeout',
      'spec.test.ignoreFailures: tests are not enabled -> no spec.test.ignoreFailures',
    ],
  ],
  [
    'test',
    'passes them where tests are enabled',
    helmRelease({ test: { enable: true, filters: [{ name: 'a' }] } }),
    [],
  ],
  ['test', 'passes what is the default', helmRelease({ test: { filters: [], ignoreFailures: false } }), []],
  [
    'literal',
    'finds literal without a target path, by its place',
    helmRelease({
      valuesFrom: [
        { kind: 'Secret', name: 'a' },
        { kind: 'Secret', name: 'b', literal: true },
      ],
    }),
    [
      'spec.valuesFrom.1.literal: without targetPath the document is read as YAML, not taken literally -> no spec.valuesFrom.1.literal',
    ],
  ],
  [
    'literal',
    'passes literal with one',
    helmRelease({ valuesFrom: [{ kind: 'Secret', name: 'b', literal: true, targetPath: 'a.b' }] }),
    [],
  ],
  [
    'healthChecks',
    'finds health checks that legacy does not know',
    helmRelease({ healthCheckExprs: EXPRESSIONS, waitStrategy: { name: 'legacy' } }),
    ['spec.healthCheckExprs: the wait strategy legacy knows no health checks -> no spec.healthCheckExprs'],
  ],
  [
    'healthChecks',
    'finds health checks where nobody waits',
    helmRelease({
      healthCheckExprs: EXPRESSIONS,
      install: { disableWait: true },
      upgrade: { disableWait: true },
    }),
    [
      'spec.healthCheckExprs: neither install nor upgrade waits (disableWait), so nothing is checked -> no spec.healthCheckExprs',
    ],
  ],
  [
    'healthChecks',
    'passes them where one action waits',
    helmRelease({ healthCheckExprs: EXPRESSIONS, install: { disableWait: true } }),
    [],
  ],
  [
    'driftIgnore',
    'finds what drift ignores while it is not looked for',
    helmRelease({ driftDetection: { ignore: [{ paths: ['/a'] }] } }),
    [
      'spec.driftDetection.ignore: drift detection is disabled, so there is nothing to ignore -> no spec.driftDetection.ignore',
    ],
  ],
  [
    'driftIgnore',
    'passes it where drift is looked for',
    helmRelease({ driftDetection: { mode: 'warn', ignore: [{ paths: ['/a'] }] } }),
    [],
  ],
  [
    'keepHistory',
    'finds a kept history that blocks the name',
    helmRelease({ uninstall: { keepHistory: true } }),
    [
      'spec.uninstall.keepHistory: the kept history blocks the name: the next install fails without install.replace -> install.replace: true, or no keepHistory',
    ],
  ],
  [
    'keepHistory',
    'passes it where the install replaces',
    helmRelease({ uninstall: { keepHistory: true }, install: { replace: true } }),
    [],
  ],
  [
    'timeout',
    'finds a timeout as long as the interval',
    helmRelease({ interval: '300s', timeout: '5m' }),
    [
      'spec.timeout: it is not below the interval, 300s: while Helm waits, intervals pass unused -> a timeout below 300s',
    ],
  ],
  ['timeout', 'passes a shorter one', helmRelease({ interval: '5m', timeout: '299s' }), []],
  [
    'timeout',
    'finds an interval that the default timeout is longer than',
    helmRelease({ interval: '1m' }),
    [
      'spec.timeout: its default, 5m0s, is above the interval, 1m: while Helm waits, intervals pass unused -> a timeout below 1m',
    ],
  ],
  ['timeout', 'passes the default beside an interval as long', helmRelease({ interval: '5m' }), []],
  ['timeout', 'passes what is no duration', helmRelease({ interval: '1m', timeout: '9d' }), []],
  [
    'driftInterval',
    'finds drift that is looked for at intervals above an hour',
    helmRelease({ interval: '61m', driftDetection: { mode: 'warn' } }),
    [
      'spec.driftDetection.mode: drift is looked for once in an interval, 61m, and stands until then -> an interval of at most 1h',
    ],
  ],
  [
    'driftInterval',
    'finds drift that would be corrected once a day',
    helmRelease({ interval: '24h', driftDetection: { mode: 'enabled' } }),
    [
      'spec.driftDetection.mode: drift is looked for once in an interval, 24h, and stands until then -> an interval of at most 1h',
    ],
  ],
  [
    'driftInterval',
    'passes drift that is looked for each hour',
    helmRelease({ interval: '1h', driftDetection: { mode: 'enabled' } }),
    [],
  ],
  [
    'driftInterval',
    'passes a long interval where drift is not looked for',
    helmRelease({ interval: '24h', driftDetection: { mode: 'disabled' } }),
    [],
  ],
  [
    'firstInstall',
    'finds a rollback that a failed first install cannot get',
    helmRelease({ upgrade: { remediation: { retries: 3, strategy: 'rollback' } } }),
    [
      'spec.upgrade.remediation.strategy: a failed first install has nothing to roll back to, and install.remediation does not undo it -> install.remediation.retries above 0',
    ],
  ],
  [
    'firstInstall',
    'finds it beside an install that says it is not retried',
    helmRelease({
      install: { remediation: { retries: 0 } },
      upgrade: { remediation: { strategy: 'rollback' } },
    }),
    [
      'spec.upgrade.remediation.strategy: a failed first install has nothing to roll back to, and install.remediation does not undo it -> install.remediation.retries above 0',
    ],
  ],
  [
    'firstInstall',
    'passes it where a failed install is undone',
    helmRelease({
      install: { remediation: { retries: 1 } },
      upgrade: { remediation: { strategy: 'rollback' } },
    }),
    [],
  ],
  [
    'firstInstall',
    'passes it where installs are retried without a limit',
    helmRelease({
      install: { remediation: { retries: -1 } },
      upgrade: { remediation: { strategy: 'rollback' } },
    }),
    [],
  ],
  [
    'firstInstall',
    'passes it where the install undoes its only failure',
    helmRelease({
      install: { remediation: { remediateLastFailure: true } },
      upgrade: { remediation: { strategy: 'rollback' } },
    }),
    [],
  ],
  [
    'firstInstall',
    'passes it where the install is retried in place',
    helmRelease({ install: retry({}), upgrade: { remediation: { strategy: 'rollback' } } }),
    [],
  ],
  [
    'firstInstall',
    'passes the default and the other strategy',
    helmRelease({ upgrade: { remediation: { retries: 3, strategy: 'uninstall' } } }),
    [],
  ],
  [
    'version',
    'finds a version of a chart from git',
    chartFrom('GitRepository', { version: '1.x' }),
    [
      'spec.chart.spec.version: of a GitRepository what lies at the path is taken, whatever its version is -> no spec.chart.spec.version',
    ],
  ],
  [
    'version',
    'finds it in a HelmChart',
    helmChart('Bucket', { version: '1.x' }),
    ['spec.version: of a Bucket what lies at the path is taken, whatever its version is -> no spec.version'],
  ],
  ['version', 'passes any version, and none', chartFrom('GitRepository', { version: '*' }), []],
  ['version', 'passes a version from a repository', chartFrom('HelmRepository', { version: '1.x' }), []],
  [
    'reconcileStrategy',
    'finds revisions of a chart from a repository',
    chartFrom('HelmRepository', { reconcileStrategy: 'Revision' }),
    [
      'spec.chart.spec.reconcileStrategy: a HelmRepository has versions of a chart and no revisions -> no spec.chart.spec.reconcileStrategy',
    ],
  ],
  [
    'reconcileStrategy',
    'finds it in a HelmChart',
    helmChart('HelmRepository', { reconcileStrategy: 'Revision' }),
    [
      'spec.reconcileStrategy: a HelmRepository has versions of a chart and no revisions -> no spec.reconcileStrategy',
    ],
  ],
  [
    'reconcileStrategy',
    'passes revisions of a chart from git',
    chartFrom('GitRepository', { reconcileStrategy: 'Revision' }),
    [],
  ],
  [
    'verify',
    'finds verification over HTTP',
    chartFrom('HelmRepository', { verify: { provider: 'cosign' } }),
    [
      'spec.chart.spec.verify: a chart from a repository over HTTP cannot be verified: none is built -> no spec.chart.spec.verify',
    ],
    HTTP,
  ],
  [
    'verify',
    'finds it in a HelmChart',
    helmChart('HelmRepository', { verify: { provider: 'cosign' } }),
    ['spec.verify: a chart from a repository over HTTP cannot be verified: none is built -> no spec.verify'],
    HTTP,
  ],
  [
    'verify',
    'finds verification of a chart from git',
    chartFrom('GitRepository', { verify: { provider: 'cosign' } }),
    [
      'spec.chart.spec.verify: a chart from a GitRepository cannot be verified: none is built -> no spec.chart.spec.verify',
    ],
  ],
  [
    'verify',
    'passes verification in a registry',
    chartFrom('HelmRepository', { verify: { provider: 'cosign' } }),
    [],
    OCI,
  ],
  [
    'verify',
    'passes where the repository is not known',
    chartFrom('HelmRepository', { verify: { provider: 'cosign' } }),
    [],
    withRepository(undefined),
  ],
  [
    'ignoreMissingValuesFiles',
    'finds that none can be missing',
    chartFrom('HelmRepository', { ignoreMissingValuesFiles: true, valuesFiles: [] }),
    [
      'spec.chart.spec.ignoreMissingValuesFiles: there are no valuesFiles that could be missing -> no spec.chart.spec.ignoreMissingValuesFiles',
    ],
  ],
  [
    'ignoreMissingValuesFiles',
    'passes where one may be',
    helmChart('HelmRepository', { ignoreMissingValuesFiles: true, valuesFiles: ['a'] }),
    [],
  ],
  [
    'repositoryType',
    'finds an OCI address of no type',
    helmRepository('oci://registry.example'),
    ['spec.type: without type: oci the controller refuses an oci:// URL -> type: oci'],
  ],
  [
    'repositoryType',
    'finds an HTTP address of type oci',
    helmRepository('https://charts.example', { type: 'oci' }),
    ['spec.type: of type oci the controller refuses any URL but oci:// -> type: default'],
  ],
  ['repositoryType', 'passes what fits', helmRepository('https://charts.example', { type: 'default' }), []],
  [
    'ociRepository',
    'finds what is about an index',
    helmRepository('oci://registry.example', {
      type: 'oci',
      interval: '5m',
      timeout: '30s',
      suspend: true,
      passCredentials: true,
    }),
    ['interval', 'timeout', 'suspend', 'passCredentials'].map(
      (field) =>
        `spec.${field}: a repository of type oci has no index to fetch, so ${field} is ignored -> no spec.${field}`,
    ),
  ],
  [
    'ociRepository',
    'passes suspend: false, and where nothing is said',
    helmRepository('oci://registry.example', { type: 'oci', suspend: false }),
    [],
  ],
  [
    'ociRepository',
    'passes them where there is an index',
    helmRepository('https://charts.example', {
      interval: '5m',
      timeout: '30s',
      suspend: true,
      passCredentials: true,
    }),
    [],
  ],
  [
    'httpRepository',
    'finds what is about a registry',
    helmRepository('https://charts.example', { insecure: true, provider: 'aws' }),
    [
      'spec.insecure: only a repository of type oci can be insecure -> no spec.insecure',
      'spec.provider: only a repository of type oci authenticates with a cloud provider -> no spec.provider',
    ],
  ],
  [
    'httpRepository',
    'passes what the API fills in',
    helmRepository('https://charts.example', { provider: 'generic' }),
    [],
  ],
  [
    'httpRepository',
    'passes them in a registry',
    helmRepository('oci://registry.example', { type: 'oci', insecure: true, provider: 'aws' }),
    [],
  ],
  [
    'reference',
    'finds a tag beside a range',
    ociSource({ semver: '1.x', tag: 'v1' }),
    ['spec.ref.tag: semver comes before tag -> no spec.ref.tag'],
  ],
  [
    'reference',
    'finds all that stands beside a digest',
    ociSource({ digest: 'sha256:0', semver: '1.x', semverFilter: 'a', tag: 'v1' }),
    [
      'spec.ref.tag: digest comes before tag -> no spec.ref.tag',
      'spec.ref.semver: digest comes before semver -> no spec.ref.semver',
      'spec.ref.semverFilter: no semver range chooses among the tags that it lets through -> no spec.ref.semverFilter',
    ],
  ],
  [
    'reference',
    'finds a filter of no range',
    ociSource({ semverFilter: 'a' }),
    [
      'spec.ref.semverFilter: no semver range chooses among the tags that it lets through -> no spec.ref.semverFilter',
    ],
  ],
  ['reference', 'passes a filtered range', ociSource({ semver: '1.x', semverFilter: 'a' }), []],
];

describe('ineffective', () => {
  for (const [id, name, object, says, facts = factsWith()] of ROWS) {
    it(`${id}: ${name}`, () => {
      assert.deepEqual(said(judge(ALL, object, { facts }).findings), says);
      assertRepairsCure(ALL, object, () => ({ facts }));
    });
  }

  it('finds each combination in some row above, and nothing of it where it is excepted', () => {
    for (const { id } of INEFFECTIVE_COMBINATIONS) {
      if (id === 'recreate') continue;
      const found = ROWS.filter(([of, , , says]) => of === id && says.length > 0);
      assert.notEqual(found.length, 0, id);
      const others = ruleOf(ineffective, { except: [id] });
      for (const [, name, object, , facts = factsWith()] of found) {
        assert.deepEqual(judge(others, object, { facts }).findings, [], name);
      }
    }
  });

  it('has each combination once, with a text for the reference', () => {
    const ids = INEFFECTIVE_COMBINATIONS.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    for (const { id } of INEFFECTIVE_COMBINATIONS)
      assert.ok(ineffective.verdicts.includes(`- \`${id}\`: `), id);
  });

  it('finds recreate under Flux, and not under Helmgate, which restarts pods', () => {
    const object = helmRelease({ rollback: { recreate: true } });
    assert.deepEqual(said(judge(ALL, object).findings), []);
    assert.deepEqual(said(judge(FLUX, object).findings), [
      'spec.rollback.recreate: Flux ignores recreate: Helm no longer restarts pods -> no spec.rollback.recreate',
    ]);
  });

  it('takes auto under Flux for what the install does', () => {
    const forced = (install: JsonObject): JsonObject => helmRelease({ install, upgrade: { force: true } });
    const paths = (rule: typeof ALL, object: JsonObject) =>
      judge(rule, object).findings.map(({ path }) => path);
    assert.deepEqual(paths(FLUX, forced({})), ['spec.upgrade.force']);
    assert.deepEqual(paths(FLUX, forced({ serverSideApply: false })), []);
    assert.deepEqual(paths(ALL, forced({ serverSideApply: false })), ['spec.upgrade.force']);
  });

  it('offers other ways out besides leaving the field out', () => {
    const repairs = (object: JsonObject) => judge(ALL, object).findings[0]?.repairs;
    assert.deepEqual(repairs(helmRelease({ install: { skipCRDs: true } })), [
      [{ tokens: ['spec', 'install', 'skipCRDs'] }],
      [{ tokens: ['spec', 'install', 'skipCRDs'] }, { tokens: ['spec', 'install', 'crds'], value: 'Skip' }],
    ]);
    assert.deepEqual(repairs(helmRelease({ uninstall: { keepHistory: true } })), [
      [{ tokens: ['spec', 'uninstall', 'keepHistory'] }],
      [{ tokens: ['spec', 'install', 'replace'], value: true }],
    ]);
    assert.deepEqual(repairs(helmRepository('oci://registry.example')), [
      [{ tokens: ['spec', 'type'], value: 'oci' }],
    ]);
  });

  it('tells at most 20 items of one list', () => {
    const valuesFrom = Array.from({ length: 50 }, () => ({ kind: 'Secret', name: 'a', literal: true }));
    assert.equal(judge(ALL, helmRelease({ valuesFrom })).findings.length, 20);
  });

  it('asks for the repository only where something is to be verified', () => {
    const needs = (object: JsonObject, rule = ALL) =>
      rule.sources?.(subjectOf(object)).map(({ kind }) => kind);
    assert.deepEqual(needs(chartFrom('HelmRepository', { verify: {} })), ['HelmRepository']);
    assert.deepEqual(needs(helmChart('HelmRepository', { verify: {} })), ['HelmRepository']);
    assert.deepEqual(needs(chartFrom('HelmRepository', {})), []);
    assert.deepEqual(needs(chartFrom('GitRepository', { verify: {} })), []);
    assert.deepEqual(
      needs(chartFrom('HelmRepository', { verify: {} }), ruleOf(ineffective, { except: ['verify'] })),
      [],
    );
  });

  it('judges at admission only', () => {
    assert.deepEqual(
      judge(ALL, helmRelease({ install: { skipCRDs: true } }), { phase: 'release' }).findings,
      [],
    );
  });

  const unreadable: readonly (readonly [written: Json, errors: readonly string[]])[] = [
    [{ except: ['skipCrds'] }, ['/except/0: must be equal to one of the allowed values']],
    [{ except: [] }, ['/except: must NOT have fewer than 1 items']],
    [
      { except: ['force', 'force'] },
      ['/except: must NOT have duplicate items (items ## 0 and 1 are identical)'],
    ],
    [{ only: ['force'] }, [': must NOT have additional properties']],
    [{ controller: 'helm' }, ['/controller: must be equal to one of the allowed values']],
    [
      { except: INEFFECTIVE_COMBINATIONS.map(({ id }) => id) },
      ['except: every combination is excepted: the rule judges nothing'],
    ],
  ];
  for (const [written, errors] of unreadable) {
    it(`refuses ${JSON.stringify(written).slice(0, 60)}`, () => {
      const { body, errors: told } = compileRule(ineffective, written);
      assert.equal(body, undefined);
      assert.deepEqual(told, errors);
    });
  }
});

describe('ineffective on any object', () => {
  for (const kind of KINDS_WITH_FIELDS) {
    for (const [name, rule] of Object.entries({ helmgate: ALL, flux: FLUX })) {
      it(`never throws, and proposes only what cures (${kind}, ${name})`, () => {
        fc.assert(
          fc.property(anyObject(kind), fc.constantFrom(HTTP, OCI, factsWith()), (object, facts) =>
            assertRepairsCure(rule, object, () => ({ facts })),
          ),
        );
      });
    }
  }
});
