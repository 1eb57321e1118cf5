import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Json, JsonObject } from '../../../src/core/json/json.ts';
import { valueAt } from '../../../src/core/json/pointer.ts';
import { liftBetaFields, movedDefaultWarnings } from '../../../src/core/policy/lift.ts';
import { chart, helmRelease } from './policy-fixture.ts';

const template = (fields: JsonObject) =>
  helmRelease({ chart: { spec: { ...(chart('*')['spec'] as JsonObject), ...fields } } });
const rendered = (kustomize: JsonObject) => helmRelease({ postRenderers: [{}, { kustomize }] });
const kustomizeOf = (object: JsonObject) => valueAt(object, ['spec', 'postRenderers', '1', 'kustomize']);

describe('lifting beta fields', () => {
  const files: readonly (readonly [Json | undefined, Json | undefined, Json | undefined])[] = [
    ['a', undefined, ['a']],
    ['a', ['b'], ['a', 'b']],
    ['a', ['a', 'b'], ['a', 'b']],
    ['a', ['b', 'a'], ['a', 'b', 'a']],
    ['a', [], ['a']],
    ['', ['b'], ['b']],
    ['', undefined, undefined],
    [undefined, ['b'], ['b']],
  ];
  for (const [valuesFile, valuesFiles, expected] of files) {
    it(`puts ${JSON.stringify(valuesFile)} in front of ${JSON.stringify(valuesFiles)}`, () => {
      const fields = {
        ...(valuesFile === undefined ? {} : { valuesFile }),
        ...(valuesFiles === undefined ? {} : { valuesFiles }),
      };
      const spec = valueAt(liftBetaFields('HelmRelease', 'v2beta1', template(fields)).object, [
        'spec',
        'chart',
        'spec',
      ]) as JsonObject;
      assert.deepEqual(spec['valuesFiles'], expected);
      assert.equal(Object.hasOwn(spec, 'valuesFile'), false);
    });
  }

  it('keeps the order in which kustomize runs: merges, patches, JSON patches', () => {
    const { object, unsupported } = liftBetaFields(
      'HelmRelease',
      'v2beta2',
      rendered({
        patchesJson6902: [{ target: { kind: 'Service' }, patch: [{ op: 'remove', path: '/spec' }] }],
        patches: [{ patch: 'mine' }],
        patchesStrategicMerge: [{ kind: 'Deployment', spec: { replicas: 9_007_199_254_740_993n } }],
        images: [{ name: 'x' }],
      }),
    );
    assert.deepEqual(unsupported, []);
    assert.deepEqual(kustomizeOf(object), {
      images: [{ name: 'x' }],
      patches: [
        { patch: '{"kind":"Deployment","spec":{"replicas":9007199254740993}}' },
        { patch: 'mine' },
        { patch: '[{"op":"remove","path":"/spec"}]', target: { kind: 'Service' } },
      ],
    });
  });

  it('drops empty lists without adding any', () => {
    const { object } = liftBetaFields(
      'HelmRelease',
      'v2beta1',
      rendered({ patchesStrategicMerge: [], images: [] }),
    );
    assert.deepEqual(kustomizeOf(object), { images: [] });
  });

  const unsupported: readonly (readonly [string, JsonObject])[] = [
    ['patchesStrategicMerge.0', { patchesStrategicMerge: ['text'] }],
    ['patchesStrategicMerge.0', { patchesStrategicMerge: 'text' }],
    ['patchesJson6902.1', { patchesJson6902: [{ target: {}, patch: [] }, { patch: [] }] }],
  ];
  for (const [field, kustomize] of unsupported) {
    it(`leaves ${JSON.stringify(kustomize)} as it is and names ${field}`, () => {
      const before = rendered(kustomize);
      const lifted = liftBetaFields('HelmRelease', 'v2beta1', before);
      assert.equal(lifted.object, before);
      assert.deepEqual(
        lifted.unsupported.map(({ path }) => path),
        [`spec.postRenderers.1.kustomize.${field}`],
      );
    });
  }

  it('lifts and refuses fields of a HelmChart', () => {
    const object = { spec: { valuesFile: 'a', accessFrom: {} } };
    const lifted = liftBetaFields('HelmChart', 'v1beta2', object);
    assert.deepEqual(lifted.object, { spec: { valuesFiles: ['a'], accessFrom: {} } });
    assert.deepEqual(
      lifted.unsupported.map(({ path }) => path),
      ['spec.accessFrom'],
    );
  });

  it('lifts what a v2 request holds all the same, since the CRD keeps these fields in v2', () => {
    const { object } = liftBetaFields('HelmRelease', 'v2', template({ valuesFile: 'a' }));
    assert.deepEqual(valueAt(object, ['spec', 'chart', 'spec', 'valuesFiles']), ['a']);
  });

  it('gives an object without such fields back as it is', () => {
    const object = template({ valuesFiles: ['a'] });
    for (const version of ['v2', 'v2beta1'])
      assert.equal(liftBetaFields('HelmRelease', version, object).object, object);
    const helmChart = { spec: { valuesFile: 'a' } };
    assert.equal(liftBetaFields('HelmChart', 'v1', helmChart).object, helmChart);
  });
});

describe('the default of maxHistory, which moved between the versions', () => {
  const warnings: readonly (readonly [string, string, JsonObject, number])[] = [
    ['HelmRelease', 'v2beta1', {}, 1],
    ['HelmRelease', 'v2beta1', { maxHistory: null }, 1],
    ['HelmRelease', 'v2beta1', { maxHistory: 10 }, 0],
    ['HelmRelease', 'v2beta1', { maxHistory: 0 }, 0],
    ['HelmRelease', 'v2beta2', {}, 0],
    ['HelmRelease', 'v2', {}, 0],
    ['HelmChart', 'v2beta1', {}, 0],
  ];
  for (const [kind, version, spec, count] of warnings) {
    it(`is ${count === 0 ? 'not spoken of' : 'said'} for ${kind} ${version} with ${JSON.stringify(spec)}`, () => {
      const said = movedDefaultWarnings(kind, version, { spec });
      const text = 'spec.maxHistory: absent, it meant 10 revisions in v2beta1 and means 5 in v2';
      assert.deepEqual(said, count === 0 ? [] : [text]);
    });
  }
});
