import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { fieldPaths } from '../../../src/core/policy/known-fields.ts';
import { choiceFor, choiceText, isChosen, misplacedField } from '../../../src/core/release/field-choices.ts';

/** By kind, the choice that each field depends on which policies may speak of. */
const CHOICES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  HelmRelease: {
    'spec.chart.metadata.labels': 'spec.chart is written',
    'spec.chart.metadata.annotations': 'spec.chart is written',
    'spec.chart.spec.version': 'spec.chart.spec is written',
    'spec.chart.spec.interval': 'spec.chart.spec is written',
    'spec.chart.spec.reconcileStrategy': 'spec.chart.spec is written',
    'spec.chart.spec.valuesFiles': 'spec.chart.spec is written',
    'spec.chart.spec.ignoreMissingValuesFiles': 'spec.chart.spec is written',
    'spec.chart.spec.verify.provider': 'spec.chart.spec.verify is written',
    'spec.chart.spec.verify.secretRef.name': 'spec.chart.spec.verify is written',
    'spec.kubeConfig.secretRef.name': 'spec.kubeConfig.secretRef is written',
    'spec.kubeConfig.secretRef.key': 'spec.kubeConfig.secretRef is written',
    'spec.kubeConfig.configMapRef.name': 'spec.kubeConfig.configMapRef is written',
    'spec.install.strategy.retryInterval': 'spec.install.strategy.name is RetryOnFailure',
    'spec.upgrade.strategy.retryInterval': 'spec.upgrade.strategy.name is RetryOnFailure',
  },
  HelmRepository: {},
};

describe('the choices of an author', () => {
  for (const [kind, expected] of Object.entries(CHOICES)) {
    it(`are these, of the fields of a ${kind}`, () => {
      const found = fieldPaths(kind).flatMap((path) => {
        const choice = choiceFor(kind, path.split('.'));
        return choice === undefined ? [] : [[path, choiceText(choice)]];
      });
      assert.deepEqual(Object.fromEntries(found), expected);
    });
  }

  it('are made by what is written, and not by null', () => {
    const choice = choiceFor('HelmRelease', ['spec', 'kubeConfig', 'secretRef', 'key']);
    const chosen = (kubeConfig: JsonObject | null) => isChosen({ spec: { kubeConfig } }, choice);
    assert.deepEqual([chosen({ secretRef: { name: 'x' } }), chosen({ secretRef: {} })], [true, true]);
    assert.deepEqual([chosen(null), chosen({}), chosen({ secretRef: null })], [false, false, false]);
  });
});

describe('a field that only goes with another', () => {
  const upgrade = (strategy: JsonObject) =>
    misplacedField('HelmRelease', { spec: { upgrade: { strategy } } });
  it('is misplaced beside another value, and beside none', () => {
    assert.equal(upgrade({ name: 'RetryOnFailure', retryInterval: '1m' }), undefined);
    assert.equal(upgrade({ name: 'RemediateOnFailure' }), undefined);
    for (const name of ['RemediateOnFailure', undefined])
      assert.equal(
        upgrade({ retryInterval: '1m', ...(name === undefined ? {} : { name }) })?.path,
        'spec.upgrade.strategy.retryInterval',
      );
  });
});
