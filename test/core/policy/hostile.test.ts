import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { applyPatch } from '../../../src/core/json/apply.ts';
import { isEqualJson } from '../../../src/core/json/equal.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { valueAt, withoutKeyAt, withValueAt } from '../../../src/core/json/pointer.ts';
import { evaluate } from '../../../src/core/policy/evaluate.ts';
import type { Subject } from '../../../src/core/policy/subject.ts';
import { factsWith, helmRelease, helmRepository, policySet, subjectOf } from './policy-fixture.ts';

const ANNOTATION = 'helmgate.dev/defaults';
/** managedFields in which one manager owns `spec.interval` and nobody anything else. */
const UNOWNED = {
  managedFields: [{ manager: 'm', operation: 'Update', fieldsV1: { 'f:spec': { 'f:interval': {} } } }],
};
const defaults = policySet([{ id: 'd', defaults: { HelmRelease: { 'spec.timeout': '5m' } } }]);

function mutated(set: typeof defaults, subject: Subject): JsonObject {
  return applyPatch(subject.object, evaluate(set, subject, factsWith(), 'admission').patch) as JsonObject;
}

describe('a record of defaults that its author forged', () => {
  const account = { serviceAccountName: 'restricted' };
  const forged = { annotations: { [ANNOTATION]: '{"/spec/serviceAccountName":"restricted"}' }, ...UNOWNED };

  it('does not take out at a create what another webhook has added', () => {
    const object = mutated(defaults, subjectOf(helmRelease(account, forged)));
    assert.equal(valueAt(object, ['spec', 'serviceAccountName']), 'restricted');
    assert.equal(valueAt(object, ['metadata', 'annotations', ANNOTATION]), '{"/spec/timeout":"5m"}');
  });

  it('does not take it out at an update either', () => {
    const old = helmRelease({ ...account, timeout: '5m' }, UNOWNED);
    const object = mutated(defaults, subjectOf(helmRelease({ ...account, timeout: '5m' }, forged), old));
    assert.equal(valueAt(object, ['spec', 'serviceAccountName']), 'restricted');
    assert.equal(valueAt(object, ['metadata', 'annotations', ANNOTATION]), undefined);
  });

  it('does not hide a target namespace from the match at release time', () => {
    const set = policySet([{ id: 's', allowedSources: [{ url: 'https://other.example' }] }], {
      match: { namespaces: { names: ['prod'] } },
    });
    const annotations = { [ANNOTATION]: '{"/spec/targetNamespace":"prod"}' };
    const object = helmRelease({ targetNamespace: 'prod' }, { annotations, ...UNOWNED });
    for (const subject of [
      subjectOf(object, undefined, { operation: 'UPDATE' }),
      subjectOf(object, object),
    ]) {
      assert.equal(evaluate(set, subject, factsWith(), 'release').allowed, false);
    }
  });
});

describe('the true record of defaults', () => {
  const stored = mutated(defaults, subjectOf(helmRelease({}, UNOWNED)));

  it('lasts when the webhook is called once more within the same create', () => {
    assert.deepEqual(mutated(defaults, subjectOf(stored)), stored);
  });

  it('cannot be taken away by an edit, which would make the default stick', () => {
    const edited = withoutKeyAt(stored, ['metadata', 'annotations']);
    const next = policySet([{ id: 'd', defaults: { HelmRelease: { 'spec.timeout': '9m' } } }]);
    const object = mutated(next, subjectOf(edited, stored));
    assert.equal(valueAt(object, ['spec', 'timeout']), '9m');
  });

  it('settles at the first call for more defaults than it holds entries', () => {
    const values = Object.fromEntries(Array.from({ length: 400 }, (_each, at) => [`k${at}`, at]));
    const many = policySet([{ id: 'd', defaults: { HelmRelease: { 'spec.values': values } } }]);
    const once = mutated(many, subjectOf(helmRelease({}, UNOWNED)));
    assert.deepEqual(valueAt(once, ['spec', 'values']), values);
    for (const old of [once, undefined]) {
      assert.ok(isEqualJson(mutated(many, subjectOf(once, old)), once));
    }
  });
});

describe('a chart in an OCI repository', () => {
  const release = (chart: string): JsonObject =>
    helmRelease({
      chart: {
        spec: { chart, version: '2.0.0', sourceRef: { kind: 'HelmRepository', name: 'flagger' } },
      },
    });
  const verdict = (rule: JsonObject, object: JsonObject, url: string, phase: 'admission' | 'release') => {
    const chart = { known: true, value: { name: 'flagger', version: '2.0.0' } } as const;
    return evaluate(policySet([{ id: 'r', ...rule }]), subjectOf(object), factsWith(url, { chart }), phase)
      .allowed;
  };
  const version = {
    chartVersion: {
      charts: [{ name: 'flagger', source: 'oci://ghcr.io/acme/charts' }],
      within: '<2.0.0',
    },
  };

  for (const phase of ['admission', 'release'] as const) {
    it(`is the same chart however its address is split into URL and name (${phase})`, () => {
      for (const [url, name] of [
        ['oci://ghcr.io/acme/charts', 'flagger'],
        ['oci://ghcr.io/acme', 'charts/flagger'],
        ['oci://ghcr.io', 'acme/charts/flagger'],
      ] as const) {
        assert.equal(verdict(version, release(name), url, phase), false, `${url} ${name}`);
      }
      assert.equal(verdict(version, release('flagger'), 'oci://ghcr.io/other', phase), true);
    });

    it(`may lie below the URL only where the entry says so (${phase})`, () => {
      const [exact, below] = [false, true].map((subpaths) => ({
        allowedSources: [{ url: 'oci://ghcr.io/acme', subpaths }],
      }));
      const url = 'oci://ghcr.io/acme';
      assert.equal(verdict(exact ?? {}, release('flagger'), url, phase), true);
      assert.equal(verdict(exact ?? {}, release('evil/flagger'), url, phase), false);
      assert.equal(verdict(below ?? {}, release('evil/flagger'), url, phase), true);
      assert.equal(verdict(below ?? {}, release('../evil/flagger'), url, phase), false);
      assert.equal(verdict(below ?? {}, release('evil//flagger'), url, phase), false);
      assert.equal(verdict(below ?? {}, release('/flagger'), url, phase), false);
    });
  }
});

describe('a name that the server generates', () => {
  const set = policySet([{ id: 's', allowedSources: [{ url: 'https://other.example' }] }], {
    match: { exclude: { names: ['flagger'] } },
  });
  const generated = (metadata: JsonObject): Subject =>
    subjectOf(helmRepository('https://evil.example'), undefined, {
      name: '',
      object: { ...helmRepository('https://evil.example'), metadata: { namespace: 'team', ...metadata } },
    });

  it('is not excluded by the text in front of what is generated', () => {
    const subject = generated({ generateName: 'flagger', name: 'flaggerx7k2p' });
    assert.equal(evaluate(set, subject, factsWith(), 'admission').allowed, false);
    assert.equal(
      evaluate(set, generated({ generateName: 'flagger' }), factsWith(), 'admission').allowed,
      false,
    );
  });
});

describe('hostile objects', () => {
  it('keep keys such as __proto__, a/b, m~n and integers beyond 2^53 through a patch', () => {
    const values = JSON.parse(
      '{"__proto__":{"x":1},"constructor":{"prototype":1},"a/b":{"m~n":2},"":{"":3}}',
    ) as JsonObject;
    const object = helmRelease({ values: { ...values, big: 2n ** 60n } }, UNOWNED);
    const result = mutated(defaults, subjectOf(object));
    assert.deepEqual(valueAt(result, ['spec', 'values']), valueAt(object, ['spec', 'values']));
    assert.equal(({} as { x?: number }).x, undefined);
  });

  it('are patched in a few operations, however large they are', () => {
    const values = Object.fromEntries(
      Array.from({ length: 20_000 }, (_each, at) => [`key-${at}`, 'x'.repeat(60)]),
    );
    const subject = subjectOf(helmRelease({ values, postRenderers: [] }, UNOWNED));
    const { patch } = evaluate(defaults, subject, factsWith(), 'admission');
    assert.ok(JSON.stringify(patch).length < 500, JSON.stringify(patch).slice(0, 600));
  });

  it('are denied when both ways to name a chart are there, null or not', () => {
    const set = policySet([{ id: 's', allowedSources: [{ url: 'https://flagger.app' }] }]);
    for (const chartRef of [null, {}, [], '', { kind: 'OCIRepository', name: 'x' }]) {
      const object = withValueAt(helmRelease(), ['spec', 'chartRef'], chartRef);
      assert.equal(evaluate(set, subjectOf(object), factsWith(), 'admission').allowed, false);
    }
  });

  it('are decided at once, although a field is as long as a request may be', () => {
    const set = policySet([
      { id: 's', allowedSources: [{ url: 'oci://ghcr.io/acme' }] },
      { id: 'v', chartVersion: { charts: [{ name: 'flagger' }], within: '<2.0.0', wider: 'Narrow' } },
    ]);
    const long = (text: string): string => `${text.repeat(300_000)}x`;
    const renderers = Array.from({ length: 30_000 }, () => ({ kustomize: { patchesStrategicMerge: [{}] } }));
    const source = { kind: 'HelmRepository', name: 'flagger' };
    for (const spec of [
      ...['/', '.', '/.', '-', 'a/', ' '].map((text) => ({
        chart: { spec: { chart: long(text), version: '1.0.0', sourceRef: source } },
      })),
      ...['1 ', '>', '||', '!=1,'].map((text) => ({
        chart: { spec: { chart: 'flagger', version: long(text), sourceRef: source } },
      })),
      { postRenderers: renderers },
    ]) {
      const object = helmRelease(spec as JsonObject);
      const { allowed, patch, findings, warnings } = evaluate(
        set,
        subjectOf(object),
        factsWith('oci://ghcr.io/acme'),
        'admission',
      );
      // Quadratic code takes minutes here, which the test run's own limit cuts.
      assert.deepEqual([allowed, patch, findings.length, warnings.length], [false, [], 1, 0]);
    }
  });
});
