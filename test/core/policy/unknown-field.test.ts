import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { isJsonObject, type Json } from '../../../src/core/json/json.ts';
import { compilePolicySet } from '../../../src/core/policy/compile.ts';
import { KINDS_WITH_FIELDS } from '../../../src/core/policy/judged-fields.ts';
import { unknownField } from '../../../src/core/policy/unknown-field.ts';

const crdFolder = new URL('../../../charts/helmgate/crds/', import.meta.url);

/** Warnings about an expression of a policy about these kinds, as `field: message`. */
function warningsOf(expression: string, kinds?: readonly string[], field = 'expression'): readonly string[] {
  const other = field === 'expression' ? {} : { expression: 'true' };
  const document = {
    apiVersion: 'helmgate.dev/v1alpha1',
    kind: 'Policy',
    metadata: { name: 'p' },
    spec: {
      ...(kinds === undefined ? {} : { match: { kinds } }),
      rules: [{ id: 'e', expression: { ...other, [field]: expression } }],
    },
  };
  const result = compilePolicySet([{ path: 'p.yaml', text: JSON.stringify(document) }]);
  assert.ok(result.ok, result.ok ? '' : result.errors.map(({ message }) => message).join('\n'));
  return result.warnings.map(({ message }) => message);
}

describe('an expression that reads a field of an object', () => {
  const anyKind = 'no object of this policy has the field';
  const table: readonly (readonly [expression: string, ...warnings: readonly string[]])[] = [
    ['!has(object.spec.suspendd)', `${anyKind} spec.suspendd (did you mean "suspend"?)`],
    [
      "effective.spec.?intervall.orValue('1h') == '1h'",
      `${anyKind} spec.intervall (did you mean "interval"?)`,
    ],
    ["object.sepc.interval == '5m'", `${anyKind} sepc (did you mean "spec"?)`],
    [
      'oldObject == null || has(oldObject.metadata.lables)',
      `${anyKind} metadata.lables (did you mean "labels"?)`,
    ],
    [
      'cel.bind(r, object.spec.install.remediation, !has(r.retry))',
      `${anyKind} spec.install.remediation.retry`,
    ],
    [
      '!has(object.spec.suspendd) && !has(effective.spec.suspendd)',
      `${anyKind} spec.suspendd (did you mean "suspend"?)`,
    ],
    [
      'has(object.spec.suspend) && has(object.spec.chart.spec.sourceRef.name) && has(object.spec.chartRef.kind)',
    ],
    ['has(object.spec.values.anything.at.all) && has(object.status.anything.at.all)'],
    ["object.metadata.annotations['x'] == '' && has(object.metadata.labels.anything)"],
    ['has(object.metadata.managedFields) && object.metadata.ownerReferences.all(o, has(o.anything))'],
    ['has(object.spec.commonMetadata.labels.anything) && has(object.spec.valuesFrom)'],
    ['object.spec.valuesFrom.all(v, !has(v.anything)) && object.spec.dependsOn[0].anything == ""'],
    ['has(object.spec.chart.spec.valuesFile) && has(object.spec.accessFrom.namespaceSelectors)'],
    ['has(object.spec.url) && has(object.spec.ref.semver) && has(object.spec.verify.matchOIDCIdentity)'],
    ['object.apiVersion == "" && object.kind == "" && size(object) > 0'],
  ];
  for (const [expression, ...warnings] of table) {
    it(`${warnings.length === 0 ? 'passes' : 'is warned of'}: ${expression}`, () => {
      assert.deepEqual(warningsOf(expression), warnings);
    });
  }

  it('is held against the fields of the kinds that the policy is about', () => {
    assert.deepEqual(warningsOf('has(object.spec.url)', ['HelmRelease']), [
      'no HelmRelease has the field spec.url',
    ]);
    assert.deepEqual(warningsOf('has(object.spec.url)', ['HelmRelease', 'HelmRepository']), []);
  });

  it('is not judged where nobody knows the fields of a kind', () => {
    assert.deepEqual(warningsOf('has(object.spec.endpoint)', ['Bucket', 'HelmRepository']), []);
  });

  it('is warned of in the expression that gives the message', () => {
    assert.deepEqual(warningsOf("object.spec.?suspendd.orValue('x')", ['HelmRelease'], 'messageExpression'), [
      'no HelmRelease has the field spec.suspendd (did you mean "suspend"?)',
    ]);
  });

  it('is warned of for no field of any version of the API', () => {
    for (const file of readdirSync(crdFolder)) {
      const crd = parse(readFileSync(new URL(file, crdFolder), 'utf8')) as Json;
      const kind = read(crd, ['spec', 'names', 'kind']);
      if (!KINDS_WITH_FIELDS.some((known) => known === kind)) continue;
      const versions = read(crd, ['spec', 'versions']) as readonly Json[];
      for (const version of versions)
        for (const path of fieldsOf(read(version, ['schema', 'openAPIV3Schema'])))
          assert.equal(unknownField(path, [kind as string]), undefined, `${String(kind)} ${path.join('.')}`);
    }
  });
});

function read(value: Json | undefined, tokens: readonly string[]): Json | undefined {
  return tokens.reduce<Json | undefined>((at, token) => (isJsonObject(at) ? at[token] : undefined), value);
}

/** Paths of all fields of a schema, groups included. */
function fieldsOf(schema: Json | undefined, path: readonly string[] = []): readonly (readonly string[])[] {
  const properties = read(schema, ['properties']);
  const own = isJsonObject(properties) ? Object.entries(properties) : [];
  return own.flatMap(([name, child]) => [[...path, name], ...fieldsOf(child, [...path, name])]);
}
