import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Json, JsonObject } from '../../../../src/core/json/json.ts';
import { compilePolicySet } from '../../../../src/core/policy/compile.ts';
import { formatLocatedError } from '../../../../src/core/policy/located-error.ts';
import { references } from '../../../../src/core/policy/rules/references.ts';
import { chart, helmRelease } from '../policy-fixture.ts';
import { ask, assertRepairsCure, compileRule, hostileJson, hostileRelease } from './judge-rule.ts';

const judge = (written: Json, object: JsonObject) =>
  ask(compileRule(references, written), { object }).findings;
const paths = (written: Json, object: JsonObject) => judge(written, object).map(({ path }) => path);

describe('a list of namespaces', () => {
  // The object lies in namespace team.
  const table: readonly (readonly [list: readonly string[], target: string | undefined, allowed: boolean])[] =
    [
      [['own'], undefined, true],
      [['own'], '', true],
      [['own'], 'team', true],
      [['own'], 'own', false],
      [['own'], 'team-b', false],
      [['own', 'prod'], 'prod', true],
      [['prod'], undefined, false],
      [['prod'], 'prod-x', false],
      [['prod-*'], 'prod-x', true],
      [['prod-*'], 'prod-', true],
      [['prod-*'], 'prod', false],
      [['*-prod'], 'prod-x', false],
      [['a*b*c'], 'a-b-c', true],
      [['a*b*c'], 'a-c', false],
      [['*'], 'anything', true],
      [['team'], undefined, true],
    ];
  for (const [list, target, allowed] of table) {
    it(`[${list.join(', ')}] ${allowed ? 'allows' : 'denies'} ${target === undefined ? 'an absent namespace' : `"${target}"`}`, () => {
      const object = helmRelease(target === undefined ? {} : { targetNamespace: target });
      assert.deepEqual(paths({ targetNamespaces: list }, object), allowed ? [] : ['spec.targetNamespace']);
      const stored = helmRelease(target === undefined ? {} : { storageNamespace: target });
      assert.deepEqual(paths({ storageNamespaces: list }, stored), allowed ? [] : ['spec.storageNamespace']);
      const source = helmRelease({
        chart: chart('1.0.0', target === undefined ? {} : { namespace: target }),
      });
      assert.equal(judge({ sourceRef: list }, source).length, allowed ? 0 : 1);
    });
  }
});

describe('a refused reference', () => {
  it('says where it leads, what is allowed and how it could be cured', () => {
    const object = helmRelease({ chart: chart('1.0.0', { namespace: 'other' }) });
    assert.deepEqual(judge({ sourceRef: ['own', 'flux-system', 'shared-*'] }, object), [
      {
        reason: 'ReferenceNotAllowed',
        path: 'spec.chart.spec.sourceRef.namespace',
        found: 'other',
        message: 'sourceRef leads to HelmRepository other/flagger, in a namespace that is not allowed',
        wouldPass: 'a sourceRef to team (its own), flux-system, shared-*',
        repairs: [
          [{ tokens: ['spec', 'chart', 'spec', 'sourceRef', 'namespace'] }],
          [{ tokens: ['spec', 'chart', 'spec', 'sourceRef', 'namespace'], value: 'flux-system' }],
        ],
      },
    ]);
  });

  it('is proposed the own namespace and the first three that the list names in full', () => {
    const list = ['x-*', 'a', 'b', 'own', 'c', 'd'];
    const [finding] = judge({ targetNamespaces: list }, helmRelease({ targetNamespace: 'z' }));
    const tokens = ['spec', 'targetNamespace'];
    assert.deepEqual(finding?.repairs, [
      [{ tokens }],
      ...['a', 'b', 'c'].map((value) => [{ tokens, value }]),
    ]);
  });

  it('is cured by each of its repairs', () => {
    const namespace = fc.constantFrom('team', 'other', 'prod', 'prod-x', '');
    const list = fc.uniqueArray(fc.constantFrom('own', 'prod', 'prod-*', 'x'), { minLength: 1 });
    const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
    let tried = 0;
    const rule = fc.record({
      sourceRef: list,
      dependsOn: list,
      targetNamespaces: list,
      storageNamespaces: list,
    });
    const values = fc.array(
      fc.record({
        kind: fc.constantFrom('Secret', 'ConfigMap'),
        name: fc.constantFrom('a', 'b'),
        optional: fc.boolean(),
      }),
      { maxLength: 1 },
    );
    // One entry at most: when one of several is taken out, the next one gets its number.
    const dependsOn = fc.array(fc.record({ name: fc.constantFrom('a', 'b'), namespace }), { maxLength: 1 });
    fc.assert(
      fc.property(
        rule,
        namespace,
        some(namespace),
        some(namespace),
        dependsOn,
        values,
        (written, ...parts) => {
          const [source, target, storage, dependencies, valuesFrom] = parts;
          const body = compileRule(references, {
            ...written,
            valuesFrom: [
              { kind: 'ConfigMap', names: ['a'] },
              { kind: 'Secret', optional: false },
            ],
          });
          const object = helmRelease({
            chart: chart('1.0.0', { namespace: source }),
            ...(target === undefined ? {} : { targetNamespace: target }),
            ...(storage === undefined ? {} : { storageNamespace: storage }),
            dependsOn: dependencies,
            valuesFrom,
          });
          tried += assertRepairsCure(body, { object });
        },
      ),
      { numRuns: 500 },
    );
    assert.ok(tried > 500, `only ${tried} repairs were tried`);
  });
});

describe('values sources', () => {
  const allowed = [
    { kind: 'ConfigMap', names: ['app-*'] },
    { kind: 'Secret', names: ['app'], optional: false },
  ];
  const table: readonly (readonly [entry: Json, message: string | undefined])[] = [
    [{ kind: 'ConfigMap', name: 'app-1', optional: true }, undefined],
    [{ kind: 'Secret', name: 'app' }, undefined],
    [{ kind: 'Secret', name: 'app', optional: false }, undefined],
    [
      { kind: 'Secret', name: 'app', optional: true },
      'Secret app may not be optional: when it is missing the values change without a word',
    ],
    [{ kind: 'Secret', name: 'app-1' }, 'values may not come from Secret app-1'],
    [{ kind: 'ConfigMap', name: 'app' }, 'values may not come from ConfigMap app'],
    [{ kind: 'OCIRepository', name: 'app' }, 'values may not come from OCIRepository app'],
    [{ name: 'app' }, 'values may not come from an entry without kind and name'],
    ['app', 'values may not come from an entry without kind and name'],
    [null, 'values may not come from an entry without kind and name'],
  ];
  for (const [entry, message] of table) {
    it(`${message === undefined ? 'allow' : 'deny'} ${JSON.stringify(entry)}`, () => {
      const findings = judge({ valuesFrom: allowed }, helmRelease({ valuesFrom: [entry] }));
      assert.deepEqual(
        findings.map((finding) => finding.message),
        message === undefined ? [] : [message],
      );
    });
  }

  it('are alternatives: one entry that allows an optional reference is enough', () => {
    const both = [
      { kind: 'Secret', optional: false },
      { kind: 'Secret', names: ['a'] },
    ];
    const of = (name: string) => helmRelease({ valuesFrom: [{ kind: 'Secret', name, optional: true }] });
    assert.deepEqual(judge({ valuesFrom: both }, of('a')), []);
    assert.equal(judge({ valuesFrom: both }, of('b')).length, 1);
  });
});

describe('an object of any shape', () => {
  const body = compileRule(references, {
    sourceRef: ['own'],
    chartRef: [],
    dependsOn: ['own'],
    targetNamespaces: ['own'],
    storageNamespaces: ['own'],
    valuesFrom: [{ kind: 'Secret', names: ['a'] }],
  });

  it('is judged without an exception', () => {
    fc.assert(
      fc.property(hostileRelease, (object) => void ask(body, { object })),
      { numRuns: 1000 },
    );
  });

  it('never passes a values source that is no listed reference', () => {
    fc.assert(
      fc.property(hostileJson, (entry) => {
        assert.equal(ask(body, { object: helmRelease({ valuesFrom: [entry] }) }).findings.length, 1);
      }),
      { numRuns: 500 },
    );
  });

  it('gives at most 20 findings for a list, however long it is', () => {
    const many = Array.from({ length: 5000 }, (_each, at) => ({
      name: `r${at}`,
      namespace: 'x',
      kind: 'Secret',
    }));
    const { findings } = ask(body, { object: helmRelease({ dependsOn: many, valuesFrom: many }) });
    assert.equal(findings.length, 40);
  });
});

describe('a configuration', () => {
  const table: readonly (readonly [written: Json, expected: RegExp])[] = [
    [{}, /must NOT have fewer than 1 properties/],
    [{ targetNamespaces: [] }, /must NOT have fewer than 1 items/],
    [{ storageNamespaces: [] }, /must NOT have fewer than 1 items/],
    [{ sourceRef: ['Own'] }, /must match pattern/],
    [{ sourceRef: 'own' }, /must be a list/],
    [{ sourceref: ['own'] }, /unknown field "sourceref".*did you mean "sourceRef"/],
    [{ valuesFrom: [{ kind: 'secret' }] }, /must be one of ConfigMap, Secret/],
    [{ valuesFrom: [{ names: ['a'] }] }, /lacks the field kind/],
  ];
  for (const [written, expected] of table) {
    it(`${JSON.stringify(written)} is refused`, () => {
      const document = {
        apiVersion: 'helmgate.dev/v1alpha1',
        kind: 'Policy',
        metadata: { name: 'p' },
        spec: { rules: [{ id: 'r', references: written }] },
      };
      const compiled = compilePolicySet([{ path: 'p.yaml', text: JSON.stringify(document) }]);
      assert.ok(!compiled.ok);
      assert.match(compiled.errors.map(formatLocatedError).join('\n'), expected);
    });
  }
});
