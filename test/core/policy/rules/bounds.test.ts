import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseDuration } from '../../../../src/core/duration.ts';
import type { Json, JsonObject } from '../../../../src/core/json/json.ts';
import { valueAt } from '../../../../src/core/json/pointer.ts';
import { KINDS_WITH_FIELDS } from '../../../../src/core/policy/judged-fields.ts';
import { bounds } from '../../../../src/core/policy/rules/bounds.ts';
import { helmRelease, helmRepository, subjectOf } from '../policy-fixture.ts';
import { anyObject, assertRepairsCure, compileRule, judge, ruleOf, said } from './rule-under-test.ts';

const INTERVAL = { 'spec.interval': { min: '1m', max: '24h' } };
const RETRIES = 'spec.upgrade.remediation.retries';
const HISTORY = 'spec.maxHistory';

function found(written: JsonObject, object: JsonObject): readonly string[] {
  return said(judge(ruleOf(bounds, written), object).findings);
}

const release = (spec: JsonObject): JsonObject => helmRelease(spec);
const retries = (value: Json): JsonObject => release({ upgrade: { remediation: { retries: value } } });

describe('bounds', () => {
  const table: readonly (readonly [
    name: string,
    written: JsonObject,
    object: JsonObject,
    says: readonly string[],
  ])[] = [
    ['pass a value between the limits', INTERVAL, release({ interval: '5m' }), []],
    ['pass the lower limit, spelt otherwise', INTERVAL, release({ interval: '60s' }), []],
    ['pass the upper limit', INTERVAL, release({ interval: '24h' }), []],
    [
      'find a value below',
      INTERVAL,
      release({ interval: '59.999s' }),
      ['spec.interval: 59.999s is below the minimum of 1m -> 1m'],
    ],
    [
      'find a value above',
      INTERVAL,
      release({ interval: '25h' }),
      ['spec.interval: 25h is above the maximum of 24h -> 24h'],
    ],
    [
      'find a value of another type',
      INTERVAL,
      release({ interval: 5 }),
      ['spec.interval: 5 must be a duration such as 30s, 5m or 1h30m -> 1m'],
    ],
    [
      'find days, which no API knows',
      INTERVAL,
      release({ interval: '1d' }),
      ['spec.interval: 1d must be a duration such as 30s, 5m or 1h30m -> 1m'],
    ],
    [
      'find an object in its place',
      INTERVAL,
      release({ interval: { a: 1 } }),
      ['spec.interval: an object must be a duration such as 30s, 5m or 1h30m -> 1m'],
    ],
    [
      'find a list in its place',
      { 'spec.timeout': { max: '9m' } },
      release({ timeout: [] }),
      ['spec.timeout: a list must be a duration such as 30s, 5m or 1h30m -> 9m'],
    ],
    [
      'find a number that no clock counts to',
      INTERVAL,
      release({ interval: '9999999999h' }),
      ['spec.interval: 9999999999h is longer than the 292 years that Go can count -> 1m'],
    ],
    [
      'find a text that is too long to read',
      { 'spec.timeout': { max: '9m' } },
      release({ timeout: `${'0'.repeat(64)}s` }),
      [`spec.timeout: ${'0'.repeat(57)}... is longer than any duration -> 9m`],
    ],
    [
      'find the default of the controller',
      { [RETRIES]: { min: 1 } },
      release({}),
      [`${RETRIES}: defaulted by the controller to 0, which is below the minimum of 1 -> 1`],
    ],
    [
      'find it also where null is written',
      { [RETRIES]: { min: 1 } },
      release({ upgrade: null }),
      [`${RETRIES}: defaulted by the controller to 0, which is below the minimum of 1 -> 1`],
    ],
    [
      'find a default that comes from another field',
      { 'spec.upgrade.timeout': { max: '9m' } },
      release({ timeout: '1h' }),
      ['spec.upgrade.timeout: defaulted by the controller to 1h, which is above the maximum of 9m -> 9m'],
    ],
    [
      'find the default of the API',
      { OCIRepository: { 'spec.timeout': { min: '90s' } } },
      { ...helmRepository('oci://r.example/a'), kind: 'OCIRepository' },
      ['spec.timeout: defaulted by the API to 60s, which is below the minimum of 90s -> 90s'],
    ],
    [
      'find a written zero',
      { [RETRIES]: { min: 1 } },
      retries(0),
      [`${RETRIES}: 0 is below the minimum of 1 -> 1`],
    ],
    [
      'find a number beyond 2^53',
      { [RETRIES]: { max: 10 } },
      retries(9_007_199_254_740_993n),
      [`${RETRIES}: 9007199254740993 is above the maximum of 10 -> 10`],
    ],
    [
      'find a fraction',
      { [RETRIES]: { max: 10 } },
      retries(1.5),
      [`${RETRIES}: 1.5 must be a whole number -> 10`],
    ],
    [
      'take negative retries for endless',
      { [RETRIES]: { max: 10 } },
      retries(-1),
      [`${RETRIES}: -1 means no limit; at most 10 is allowed -> 10`],
    ],
    ['take endless retries for more than any minimum', { [RETRIES]: { min: 3 } }, retries(-1), []],
    [
      'refuse endless retries where that is said',
      { [RETRIES]: { min: 3, unlimited: false } },
      retries(-1),
      [`${RETRIES}: -1 means no limit; a limit is required -> 3`],
    ],
    [
      'admit endless retries beside a maximum where that is said',
      { [RETRIES]: { max: 3, unlimited: true } },
      retries(-1),
      [],
    ],
    [
      'still hold the maximum there',
      { [RETRIES]: { max: 3, unlimited: true } },
      retries(4),
      [`${RETRIES}: 4 is above the maximum of 3 -> 3`],
    ],
    [
      'take 0 revisions for an endless history',
      { [HISTORY]: { max: 10 } },
      release({ maxHistory: 0 }),
      [`${HISTORY}: 0 means no limit; at most 10 is allowed -> 10`],
    ],
    [
      'propose the usual history where a limit is wanted and none is said',
      { [HISTORY]: { unlimited: false } },
      release({ maxHistory: 0 }),
      [`${HISTORY}: 0 means no limit; a limit is required -> 5`],
    ],
    ['pass the default of the history', { [HISTORY]: { min: 2, max: 10 } }, release({}), []],
    [
      'take RetryOnFailure for endless, whatever the retries are',
      { [RETRIES]: { min: 1, max: 10 } },
      release({ upgrade: { strategy: { name: 'RetryOnFailure' }, remediation: { retries: 3 } } }),
      [
        'spec.upgrade.strategy.name: RetryOnFailure retries without limit; at most 10 is allowed -> RemediateOnFailure with 10 retries',
      ],
    ],
    [
      'pass RetryOnFailure where there may be no limit',
      { [RETRIES]: { min: 1 } },
      release({ upgrade: { strategy: { name: 'RetryOnFailure' } } }),
      [],
    ],
    [
      'do not ask for the strategy of the other action',
      { 'spec.install.remediation.retries': { min: 0, max: 10 } },
      release({ upgrade: { strategy: { name: 'RetryOnFailure' } } }),
      [],
    ],
    [
      'have nothing to judge where there is no value',
      { 'spec.chart.spec.interval': { min: '1h' } },
      release({ chart: undefined as unknown as Json, chartRef: { kind: 'OCIRepository', name: 'a' } }),
      [],
    ],
    [
      'have nothing to judge in a repository without an index',
      { HelmRepository: { 'spec.interval': { min: '1h' } } },
      helmRepository('oci://r.example', { type: 'oci' }),
      [],
    ],
    [
      'judge the default of a repository with one',
      { HelmRepository: { 'spec.interval': { min: '1h' } } },
      helmRepository('https://r.example'),
      ['spec.interval: defaulted by the controller to 1m0s, which is below the minimum of 1h -> 1h'],
    ],
    ['do not judge other kinds', { HelmRepository: { 'spec.interval': { min: '1h' } } }, release({}), []],
    [
      'find a parent that can have no fields',
      { [RETRIES]: { min: 1 } },
      release({ upgrade: 'x' }),
      ['spec.upgrade: spec.upgrade must be an object'],
    ],
    [
      'name every field',
      { ...INTERVAL, [RETRIES]: { min: 1 } },
      release({ interval: '1s' }),
      [
        'spec.interval: 1s is below the minimum of 1m -> 1m',
        `${RETRIES}: defaulted by the controller to 0, which is below the minimum of 1 -> 1`,
      ],
    ],
  ];
  for (const [name, written, object, says] of table) {
    it(name, () => assert.deepEqual(found(written, object), says));
  }

  it('say where a value comes from that a policy has set', () => {
    const written = release({});
    const object = release({ interval: '5m', timeout: '1s' });
    const rule = ruleOf(bounds, { 'spec.timeout': { min: '1m' } });
    const { findings } = judge(rule, object, { subject: subjectOf(written) });
    assert.deepEqual(said(findings), [
      'spec.timeout: set by a policy to 1s, which is below the minimum of 1m -> 1m',
    ]);
    assert.equal(findings[0]?.found, '1s');
  });

  it('show what was found only where something was written', () => {
    const rule = ruleOf(bounds, { [RETRIES]: { min: 2 } });
    assert.equal(judge(rule, retries(1)).findings[0]?.found, 1);
    assert.equal('found' in (judge(rule, release({})).findings[0] ?? {}), false);
  });

  it('propose the limit as a value of the field', () => {
    const rule = ruleOf(bounds, { [RETRIES]: { min: 1 }, 'spec.interval': { min: '1m' } });
    const { findings } = judge(rule, release({ interval: '1s' }));
    assert.deepEqual(
      findings.map(({ repairs }) => repairs),
      [[[{ tokens: RETRIES.split('.'), value: 1 }]], [[{ tokens: ['spec', 'interval'], value: '1m' }]]],
    );
  });

  it('replace a parent that is null, which holds no field', () => {
    const rule = ruleOf(bounds, { [RETRIES]: { min: 1 } });
    const [finding] = judge(rule, release({ upgrade: null })).findings;
    assert.deepEqual(finding?.repairs, [
      [{ tokens: ['spec', 'upgrade'], value: { remediation: { retries: 1 } } }],
    ]);
  });

  it('judge at admission only', () => {
    const rule = ruleOf(bounds, INTERVAL);
    assert.deepEqual(judge(rule, release({ interval: '1s' }), { phase: 'release' }).findings, []);
  });
});

describe('bounds that cannot be read', () => {
  const table: readonly (readonly [written: Json, errors: readonly string[]])[] = [
    [
      { 'spec.intervall': { min: '1m' } },
      ['spec.intervall: HelmRelease has no field spec.intervall (did you mean "spec.interval"?)'],
    ],
    [{ interval: { min: '1m' } }, ['interval: "interval" is neither a path such as spec.timeout nor a kind']],
    [
      { Helmrelease: { 'spec.interval': { min: '1m' } } },
      [
        'Helmrelease: "Helmrelease" is neither a path such as spec.timeout nor a kind (did you mean "HelmRelease"?)',
      ],
    ],
    [
      { 'spec.interval': { min: '2m', max: '60s' } },
      ['spec.interval min: the minimum of spec.interval, 2m, is above its maximum, 60s'],
    ],
    [
      { 'spec.interval': { min: '1d' } },
      ['spec.interval min: the min of spec.interval must be a duration such as 30s, 5m or 1h30m'],
    ],
    [
      { 'spec.interval': { max: 5 } },
      ['spec.interval max: the max of spec.interval must be a duration such as 30s, 5m or 1h30m'],
    ],
    [
      { 'spec.interval': { unlimited: true } },
      ['spec.interval unlimited: spec.interval is a duration and always has a limit'],
    ],
    [{ [RETRIES]: { min: '3' } }, [`${RETRIES} min: the min of ${RETRIES} must be a whole number`]],
    [
      { [RETRIES]: { max: -1 } },
      [`${RETRIES} max: the max of ${RETRIES} is -1, which means "no limit" there: use unlimited`],
    ],
    [
      { [HISTORY]: { min: 0 } },
      [`${HISTORY} min: the min of ${HISTORY} is 0, which means "no limit" there: use unlimited`],
    ],
    [
      { 'spec.suspend': { max: 1 } },
      [
        'spec.suspend: spec.suspend is neither a duration nor a count, so it has no bounds (use require or forbid)',
      ],
    ],
    [
      { 'spec.upgrade': { max: 1 } },
      [
        'spec.upgrade: spec.upgrade is neither a duration nor a count, so it has no bounds (use require or forbid)',
      ],
    ],
    [
      { 'spec.values.replicas': { max: 1 } },
      [
        'spec.values.replicas: spec.values.replicas is neither a duration nor a count, so it has no bounds (use require or forbid)',
      ],
    ],
    [
      { HelmRepository: { 'spec.timeout': { max: '1h' } } },
      [
        'HelmRepository spec.timeout max: the max of spec.timeout must be a duration without hours, such as 30s, 5m or 90m',
      ],
    ],
    [
      { HelmRepository: { 'spec.upgrade.timeout': { max: '1h' } } },
      ['HelmRepository spec.upgrade.timeout: HelmRepository has no field spec.upgrade.timeout'],
    ],
    [
      { ...INTERVAL, HelmRelease: INTERVAL },
      ['HelmRelease spec.interval: spec.interval of HelmRelease is named twice'],
    ],
    [
      { 'spec.interval': { min: '1m' }, '/spec/interval': { max: '2h' } },
      ['/spec/interval: spec.interval of HelmRelease is named twice'],
    ],
    [{ '/spec/~2': { min: 1 } }, ['/spec/~2: "/spec/~2" is neither a dotted path nor a JSON pointer']],
    [{ 'spec.interval': {} }, ['/spec.interval: must NOT have fewer than 1 properties']],
    [{ 'spec.interval': { minimum: '1m' } }, ['/spec.interval: must NOT have additional properties']],
    [{ 'spec.interval': '1m' }, ['/spec.interval: must be object']],
    [{}, [': must NOT have fewer than 1 properties']],
    [[], [': must be object']],
  ];
  for (const [written, errors] of table) {
    it(`say so: ${JSON.stringify(written)}`, () => {
      const { body, errors: told } = compileRule(bounds, written);
      assert.equal(body, undefined);
      assert.deepEqual(told, errors);
    });
  }
});

describe('bounds on any object', () => {
  const anything = ruleOf(bounds, {
    'spec.interval': { min: '1m', max: '24h' },
    'spec.timeout': { max: '10m' },
    'spec.upgrade.timeout': { min: '1m' },
    'spec.install.remediation.retries': { min: 1, unlimited: false },
    [RETRIES]: { min: 1, max: 10 },
    [HISTORY]: { min: 2, max: 10 },
    'spec.install.strategy.retryInterval': { min: '1m' },
    HelmRepository: { 'spec.interval': { min: '5m' }, 'spec.timeout': { max: '1m' } },
    HelmChart: { 'spec.interval': { min: '5m' } },
    OCIRepository: { 'spec.interval': { min: '5m' }, 'spec.timeout': { min: '61s' } },
  });

  for (const kind of KINDS_WITH_FIELDS) {
    it(`never throw, and propose only what cures (${kind})`, () => {
      fc.assert(fc.property(anyObject(kind), (object) => assertRepairsCure(anything, object)));
    });
  }

  it('compare a duration as Go reads it, however it is written', () => {
    const spelt = fc
      .tuple(fc.nat(99_999), fc.nat(99_999), fc.nat(999_999), fc.boolean())
      .map(([h, m, s, whole]) => (whole ? `${h}h${m}m${s}s` : `${h}h${m}m${s}.5s`));
    fc.assert(
      fc.property(spelt, fc.nat(10 ** 6), (interval, seconds) => {
        const rule = ruleOf(bounds, { 'spec.interval': { min: `${seconds}s` } });
        const found = judge(rule, release({ interval })).findings.length > 0;
        assert.equal(found, (parseDuration(interval) ?? 0) < seconds * 1000);
      }),
    );
  });

  it('find nothing in what they propose, taken together', () => {
    fc.assert(
      fc.property(fc.integer({ min: -5, max: 20 }), fc.integer({ min: -5, max: 20 }), (number, history) => {
        const object = release({ upgrade: { remediation: { retries: number } }, maxHistory: history });
        const { findings } = judge(anything, object);
        const wrong = findings.map(({ path }) => path);
        assert.equal(wrong.includes(RETRIES), number < 1 || number > 10);
        assert.equal(wrong.includes(HISTORY), history < 2 || history > 10);
        assert.equal(valueAt(object, ['spec', 'maxHistory']), history);
      }),
    );
  });
});
