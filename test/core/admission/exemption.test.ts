import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  EXEMPTION_ANNOTATION,
  type Exempted,
  exemptedRules,
  exemptionText,
} from '../../../src/core/admission/exemption.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { withValueAt } from '../../../src/core/json/pointer.ts';
import { helmRelease } from '../policy/policy-fixture.ts';

const KEY = new Uint8Array(32).fill(7);
const RULES = ['flagger/range', 'flagger/sources'];
const release = (spec: JsonObject = {}): Exempted => ({
  kind: 'HelmRelease',
  version: 'v2',
  namespace: 'apps',
  name: 'flagger',
  object: helmRelease(spec),
});
const annotated = (exempted: Exempted, text: string | undefined): Exempted => ({
  ...exempted,
  object: withValueAt(
    exempted.object,
    ['metadata', 'annotations', EXEMPTION_ANNOTATION],
    text ?? null,
  ) as JsonObject,
});
const remembered = annotated(release(), exemptionText(release(), RULES, KEY));

describe('the memory of rules that only the asker kept out', () => {
  it('gives back the rules it was written with, whatever their order and how often each was named', () => {
    assert.deepEqual(exemptedRules(remembered, KEY), RULES);
    assert.equal(
      exemptionText(release(), ['flagger/sources', ...RULES], KEY),
      exemptionText(release(), RULES, KEY),
    );
  });

  const elsewhere: readonly (readonly [what: string, other: Partial<Exempted>])[] = [
    ['another name', { name: 'other' }],
    ['another namespace', { namespace: 'prod' }],
    ['another kind', { kind: 'HelmRepository' }],
    ['another spec', { object: annotated(release({ interval: '7m' }), textOf(remembered)).object }],
  ];
  for (const [what, other] of elsewhere) {
    it(`exempts nothing on ${what}`, () => {
      assert.deepEqual(exemptedRules({ ...remembered, ...other }, KEY), []);
    });
  }

  it('exempts nothing under another key', () => {
    assert.deepEqual(exemptedRules(remembered, new Uint8Array(32).fill(8)), []);
  });

  it('exempts nothing when any of its characters is another, is left out, or is put in', () => {
    const text = textOf(remembered);
    fc.assert(
      fc.property(
        fc.nat(text.length),
        fc.nat(1),
        fc.string({ minLength: 0, maxLength: 2, unit: 'binary' }),
        (at, removed, put) => {
          const forged = text.slice(0, at) + put + text.slice(at + removed);
          fc.pre(forged !== text);
          assert.deepEqual(exemptedRules(annotated(release(), forged), KEY), []);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('holds for metadata that changed, and for values that the API or the controller would have filled in', () => {
    assert.deepEqual(
      exemptedRules(annotated(release({ suspend: false, maxHistory: 5 }), textOf(remembered)), KEY),
      RULES,
    );
    const labelled = withValueAt(remembered.object, ['metadata', 'labels', 'tier'], 'prod') as JsonObject;
    assert.deepEqual(exemptedRules({ ...remembered, object: labelled }, KEY), RULES);
  });

  it('is not written for no rules, for more than 64, and while the name is not known', () => {
    assert.equal(exemptionText(release(), [], KEY), undefined);
    assert.equal(
      exemptionText(
        release(),
        Array.from({ length: 65 }, (_, at) => `p/r${at}`),
        KEY,
      ),
      undefined,
    );
    assert.equal(exemptionText({ ...release(), name: '' }, RULES, KEY), undefined);
  });

  it('exempts nothing where the annotation is absent or no text', () => {
    assert.deepEqual(exemptedRules(release(), KEY), []);
    assert.deepEqual(exemptedRules(annotated(release(), undefined), KEY), []);
  });
});

function textOf({ object }: Exempted): string {
  const { metadata } = object as { readonly metadata: { readonly annotations: Record<string, string> } };
  return metadata.annotations[EXEMPTION_ANNOTATION] ?? '';
}
