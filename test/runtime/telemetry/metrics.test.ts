import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { UsedException } from '../../../src/core/policy/decision.ts';
import {
  createMetrics,
  type JudgedRequest,
  type PolicyGauges,
} from '../../../src/runtime/telemetry/metrics.ts';

const used = (...names: readonly string[]): readonly UsedException[] =>
  names.map((exception) => ({
    exception,
    policy: 'p',
    rule: 'r',
    expires: '2027-01-31T00:00:00Z',
    findings: 1,
  }));

const request = (dryRun: boolean, exceptions?: readonly UsedException[]): JudgedRequest => ({
  operation: 'CREATE',
  kind: 'HelmRelease',
  allowed: true,
  dryRun,
  durationSeconds: 0.001,
  ruleResults: [],
  ...(exceptions === undefined ? {} : { exceptions }),
});

const gauges = (...exceptions: readonly string[]): PolicyGauges => ({
  commit: '',
  digest: 'sha256:0',
  rules: 1,
  exceptions,
  ageSeconds: 1,
});

describe('the uses of exceptions', () => {
  const usesIn = (text: string): readonly string[] =>
    [...text.matchAll(/^helmgate_exception_uses_total\{exception="(.*)"\} (.*)$/gm)].map(
      ([, exception, uses]) => `${exception} ${uses}`,
    );

  it('are counted for each exception in force, with 0 where nothing needed it, and not on a dry run', async () => {
    const metrics = createMetrics();
    metrics.observePolicies(() => gauges('a', 'b', 'c'));
    metrics.requestJudged(request(false, used('a', 'a', 'b')));
    metrics.requestJudged(request(false));
    metrics.requestJudged(request(true, used('c')));
    metrics.releaseJudged({ exceptions: used('b') });
    metrics.releaseJudged({});
    const expected = ['a 2', 'b 2', 'c 0'];
    assert.deepEqual(usesIn(await metrics.registry.metrics()), expected);
    assert.deepEqual(usesIn(await metrics.registry.metrics()), expected, 'at the second scrape too');
  });

  it('are shown for the set in force only, and counted on when an exception comes back', async () => {
    const metrics = createMetrics();
    let inForce: PolicyGauges | undefined = gauges('a');
    metrics.observePolicies(() => inForce);
    metrics.requestJudged(request(false, used('a')));
    inForce = gauges('b');
    assert.deepEqual(usesIn(await metrics.registry.metrics()), ['b 0']);
    inForce = undefined;
    assert.deepEqual(usesIn(await metrics.registry.metrics()), []);
    inForce = gauges('a');
    metrics.requestJudged(request(false, used('a')));
    assert.deepEqual(usesIn(await metrics.registry.metrics()), ['a 2']);
  });
});
