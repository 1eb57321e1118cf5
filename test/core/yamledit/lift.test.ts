import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { liftBetaFields } from '../../../src/core/policy/lift.ts';
import { readYaml } from '../../../src/core/policy/yaml-file.ts';
import { isEqualBesidesPatchText, liftPatchLists } from '../../../src/core/yamledit/lift-patch-lists.ts';
import { liftValuesFile } from '../../../src/core/yamledit/lift-values-file.ts';
import { rewriteYaml } from '../../../src/core/yamledit/rewrite-yaml.ts';

function lifted(text: string): string {
  const source = { file: 'f', text };
  const read = readYaml(source, 'manifest');
  assert.ok(read.ok);
  const from = read.documents[0]?.value as JsonObject;
  const { object, unsupported } = liftBetaFields('HelmRelease', 'v2beta1', from);
  assert.deepEqual(unsupported, []);
  const result = rewriteYaml(source, read.documents, [{ document: 0, tokens: [], from, to: object }], {
    planners: [liftValuesFile, liftPatchLists],
    isExpected: isEqualBesidesPatchText,
  });
  assert.ok(result.ok, result.ok ? '' : JSON.stringify(result.errors));
  return result.text;
}

const cases: readonly (readonly [title: string, before: string, after: string])[] = [
  [
    'valuesFile becomes a list where it stands',
    'spec:\n  chart:\n    spec:\n      valuesFile: "a.yaml" # prod\n      version: 1.x\n',
    'spec:\n  chart:\n    spec:\n      valuesFiles:\n        - "a.yaml" # prod\n      version: 1.x\n',
  ],
  [
    'valuesFile in a flow mapping becomes a flow list',
    'spec: {chart: {spec: {valuesFile: a.yaml, version: 1.x}}}\n',
    'spec: {chart: {spec: {valuesFiles: [a.yaml], version: 1.x}}}\n',
  ],
  [
    'valuesFile in JSON stays JSON',
    '{"spec": {"chart": {"spec": {"valuesFile": "a.yaml"}}}}',
    '{"spec": {"chart": {"spec": {"valuesFiles": ["a.yaml"]}}}}',
  ],
  [
    'valuesFile goes in front of the files that are there, its comment stays',
    'spec:\n  chart:\n    spec:\n      valuesFile: a.yaml # first\n      valuesFiles:\n      - b.yaml # second\n',
    'spec:\n  chart:\n    spec:\n      # first\n      valuesFiles:\n      - a.yaml\n      - b.yaml # second\n',
  ],
  [
    'strategic merges become texts that keep their comments and their layout',
    `spec:
  postRenderers:
    - kustomize:
        # what for
        patchesStrategicMerge: # merges
          # the web part
          - apiVersion: apps/v1
            kind: Deployment # d
        # far out
            metadata: {name: "x"}

          - {kind: E,
             spec: {}}
        images: []
`,
    `spec:
  postRenderers:
    - kustomize:
        # what for
        patches: # merges
          # the web part
          - patch: |
              apiVersion: apps/v1
              kind: Deployment # d
              # far out
              metadata: {name: "x"}

          - patch: |
              {kind: E,
               spec: {}}
        images: []
`,
  ],
  [
    'operations become texts, targets stay',
    `spec:
  postRenderers:
  - kustomize:
      patchesJson6902:
      - target: {kind: Deployment}
        patch: # ops
        - op: add # one
          path: /a
      - patch: [{op: remove, path: /b}] # flow
        target:
          kind: Service
`,
    `spec:
  postRenderers:
  - kustomize:
      patches:
      - target: {kind: Deployment}
        patch: | # ops
          - op: add # one
            path: /a
      - patch: |
          [{op: remove, path: /b}] # flow
        target:
          kind: Service
`,
  ],
  [
    'all three lists become one, in the order in which kustomize applies them',
    `spec:
  postRenderers:
  - kustomize:
      patchesJson6902: # third
      - target: {kind: C}
        patch:
        - {op: test}
      # about the second
      patches: # second
      - patch: "{}" # as it is
      patchesStrategicMerge: # first
      - kind: A`,
    `spec:
  postRenderers:
  - kustomize:
      patches: # first
      - patch: |
          kind: A
      # about the second
      # second
      - patch: "{}" # as it is
      # third
      - target: {kind: C}
        patch: |
          - {op: test}`,
  ],
  [
    'lists that are apart, or in flow style, become JSON texts',
    `spec:
  postRenderers:
  - kustomize:
      patchesStrategicMerge: [{kind: A}] # merges
      images: []
`,
    `spec:
  postRenderers:
  - kustomize:
      # merges
      images: []
      patches:
      - patch: '{"kind":"A"}'
`,
  ],
];

describe('lifting old fields in a text', () => {
  for (const [title, before, after] of cases) {
    it(title, () => {
      assert.equal(lifted(before), after);
      assert.equal(lifted(before.replaceAll('\n', '\r\n')), after.replaceAll('\n', '\r\n'));
    });
  }

  it('takes texts of patches for equal only when they mean the same', () => {
    const patches = (patch: string) => ({ patches: [{ patch }] });
    assert.ok(isEqualBesidesPatchText(patches('{"a":1}'), patches('a: 1 # one\n')));
    assert.ok(!isEqualBesidesPatchText(patches('{"a":1}'), patches('a: 2')));
    assert.ok(!isEqualBesidesPatchText(patches('{"a":1}'), patches('a: [')));
    assert.ok(!isEqualBesidesPatchText({ values: 'a: 1' }, { values: '{"a":1}' }));
  });
});
