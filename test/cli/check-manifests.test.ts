import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CheckResult, checkManifests } from '../../src/cli/check/check-manifests.ts';
import { printCheckText } from '../../src/cli/check/print-check.ts';
import { fixManifests } from '../../src/cli/fix/fix-manifests.ts';
import type { JsonObject } from '../../src/core/json/json.ts';
import { policySet } from '../core/policy/policy-fixture.ts';

const NOW = '2026-06-01T00:00:00Z';
const CHART =
  '  chart: {spec: {chart: flagger, version: 1.28.0, sourceRef: {kind: HelmRepository, name: r}}}\n';

function release(spec: string, head = 'helm.toolkit.fluxcd.io/v2'): string {
  return `apiVersion: ${head}\nkind: HelmRelease\nmetadata: {name: f, namespace: apps}\nspec:\n  interval: 10m\n${spec}`;
}

function check(
  text: string,
  rules: readonly JsonObject[] = [{ id: 'r', bounds: { 'spec.interval': { min: '1m' } } }],
): CheckResult {
  return checkManifests(policySet(rules), [{ file: 'f.yaml', text }], 'apps', NOW);
}

/** Findings as `enforcement reason path: message -> what would pass`. */
function findingsOf(text: string, rules?: readonly JsonObject[]): readonly string[] {
  return check(text, rules).checked.flatMap(({ decision }) =>
    decision.findings.map(({ enforcement, reason, path, message, wouldPass }) => {
      return `${enforcement} ${reason} ${path}: ${message}${wouldPass === undefined ? '' : ` -> ${wouldPass}`}`;
    }),
  );
}

describe('what the cluster would read', () => {
  const rules = [
    { id: 'a', forbid: { HelmRelease: { 'spec.suspend': { equals: true } } } },
    { id: 'b', bounds: { 'spec.maxHistory': { max: 7 }, 'spec.install.remediation.retries': { max: 5 } } },
  ];
  for (const [spec, found] of [
    ['  suspend: yes\n', 'Deny FieldForbidden spec.suspend'],
    ['  maxHistory: 010\n', 'Deny ValueOutOfBounds spec.maxHistory: 8 is above the maximum of 7 -> 7'],
    [
      '  install: {remediation: {retries: 1_0}}\n',
      'Deny ValueOutOfBounds spec.install.remediation.retries: 10 is above',
    ],
    ['  suspend: "yes"\n', 'Deny InvalidObject spec.suspend: must be true or false'],
    ['  suspend: off\n  maxHistory: 0x05\n', undefined],
  ] as const) {
    it(`is what is judged: ${JSON.stringify(spec)}`, () => {
      const [first] = findingsOf(release(`${spec}${CHART}`), rules);
      assert.ok(found === undefined ? first === undefined : first?.startsWith(found), first);
    });
  }

  it('stays as it is where fix writes other fields', () => {
    const text = release(
      `${CHART}  values: {on: on, mode: 0755, big: 1_000, z: "y", no: 2020-01-01}\n  suspend: no\n`,
    );
    const file = { file: 'f.yaml', text, named: true, byteOrderMark: false };
    const set = policySet([
      { id: 'd', defaults: { HelmRelease: { 'spec.timeout': '3m', 'spec.serviceAccountName': 'yes' } } },
    ]);
    const { files, errors } = fixManifests(set, [file], 'apps', NOW);
    assert.deepEqual(errors, []);
    assert.equal(files[0]?.text, `${text}  serviceAccountName: "yes"\n  timeout: 3m\n`);
  });
});

describe('what the API server refuses', () => {
  it('is denied, with all else that is wrong with the object', () => {
    const spec = '  maxHistory: "7"\n  install: {crds: Sometimes}\n  interal: 5m\n';
    assert.deepEqual(
      findingsOf(release(`${spec}${CHART}`), [{ id: 'r', bounds: { 'spec.interval': { min: '1h' } } }]),
      [
        'Deny InvalidObject spec.maxHistory: must be a whole number -> 7 (without quotes)',
        'Deny InvalidObject spec.install.crds: must be one of Skip, Create, CreateReplace',
        'Deny ValueOutOfBounds spec.interval: 10m is below the minimum of 1h -> 1h',
        'Warn UnknownField spec.interal: there is no such field: the API server drops it, or refuses the object; did you mean "interval"?',
      ],
    );
  });

  it('is told once, with the text as its author wrote it, and with no place in a policy file', () => {
    const text = release(CHART.replace('1.28.0', '1.10'));
    assert.match(
      printCheckText(check(text)),
      /^f\.yaml:6:43: denied: HelmRelease apps\/f: spec\.chart\.spec\.version: must be a text\n.*\n.*\n {2}would pass: "1\.10" \(in quotes\)\n {2}InvalidObject from helmgate\/object-schema \(built in\)\n\n1 checked/,
    );
  });

  it('is not what policies set right, what Flux fills in, or what SOPS has encrypted', () => {
    const override = [{ id: 'o', overrides: { HelmRelease: { 'spec.suspend': false } } }];
    assert.deepEqual(findingsOf(release(`  suspend: "true"\n${CHART}`), override), []);
    assert.deepEqual(findingsOf(release(`  suspend: \${suspended}\n${CHART}`)), []);
    assert.deepEqual(findingsOf(release(`  suspend: ENC[AES256_GCM,data:x]\n${CHART}sops: {mac: x}\n`)), []);
  });

  it('is not looked for in kinds and versions that there is no definition of', () => {
    const bucket =
      'apiVersion: source.toolkit.fluxcd.io/v1\nkind: Bucket\nmetadata: {name: b, namespace: apps}\nspec: {endpoint: a, bucketName: b, any: 1}\n';
    assert.deepEqual(findingsOf(bucket), []);
    assert.deepEqual(findingsOf(bucket.replace('name: b,', 'name: B_,')).length, 1);
  });
});

describe('an unknown field', () => {
  it('is shown at its key', () => {
    const text = release(`${CHART}  instal:\n    crds: Skip\n`);
    assert.match(printCheckText(check(text)), /^f\.yaml:7:3: warning: HelmRelease apps\/f: spec\.instal: /);
  });
});

describe('a document that is no object', () => {
  for (const [text, error] of [
    ['apiVersion: 1\nkind: HelmRelease\n', '1:13 apiVersion must be a text, and is a number'],
    ['apiVersion: v1\nkind: [x]\n', '2:7 kind must be a text, and is a list'],
    ['a: 1\n', '1:1 apiVersion and kind are missing'],
    ['kind: x\n', '1:1 apiVersion is missing'],
    ['apiVersion: v1\nkind: List\nitems: {}\n', '3:8 items of a List must be a list, and is a mapping'],
    ['apiVersion: v1\nkind: List\nitems: [1]\n', '3:9 it is a number, no mapping'],
    [
      'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: yes\n',
      '5:9 kind must be a text, and is true or false',
    ],
    ['text\n', '1:1 it is a text, no mapping'],
  ] as const) {
    it(`is an error that says why, and where: ${JSON.stringify(text)}`, () => {
      const errors = check(text).errors.map(({ line, column, message }) => `${line}:${column} ${message}`);
      assert.deepEqual(errors, [error.replace(' ', ' this is no Kubernetes object: ')]);
    });
  }

  it('is none where a List is empty', () => {
    assert.deepEqual(check('apiVersion: v1\nkind: List\nitems: []\n').errors, []);
  });
});

describe('a release of the Helm Operator', () => {
  it('is noted as one of another API', () => {
    const { notes } = check(release(CHART, 'helm.fluxcd.io/v1'));
    assert.deepEqual(
      notes.map(({ code, message, hint }) => [code, message, hint]),
      [
        [
          'KindUnknown',
          'helm.fluxcd.io/v1 is the API of the retired Helm Operator: the object is not judged',
          'Flux 2 reads helm.toolkit.fluxcd.io/v2, whose fields are others',
        ],
      ],
    );
  });
});
