import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Ajv } from 'ajv';
import { leadsSomewhere, withDescription } from '../../src/cli/schema/with-description.ts';
import { schemaCommand } from '../../src/cli/schema.ts';
import type { JsonObject } from '../../src/core/json/json.ts';
import { valueAt } from '../../src/core/json/pointer.ts';
import { RULE_DEFINITIONS } from '../../src/core/policy/rules/catalogue.ts';
import { readYaml } from '../../src/core/policy/yaml-file.ts';
import { capture } from './capture.ts';

async function schema(...argv: readonly string[]): Promise<JsonObject> {
  const { stdout, code } = await capture(schemaCommand, argv, { cwd: '/' });
  assert.equal(code, 0);
  return JSON.parse(stdout) as JsonObject;
}

const validate = (shape: JsonObject, value: unknown) =>
  new Ajv({
    strict: true,
    strictRequired: false,
    strictTypes: false,
    keywords: ['markdownDescription'],
  }).compile(shape)(value);

const HEAD = { apiVersion: 'helmgate.dev/v1alpha1', metadata: { name: 'p' } };
const POLICY = {
  ...HEAD,
  kind: 'Policy',
  spec: { rules: [{ id: 'a', allowedSources: [{ url: 'https://flagger.app' }] }] },
};

describe('helmgate schema', () => {
  it('tells documents apart by kind', async () => {
    const any = await schema();
    assert.ok(validate(any, POLICY));
    assert.ok(!validate(any, { ...POLICY, kind: 'PolicyTest' }));
    assert.ok(!validate(any, { ...POLICY, kind: 'Other' }));
    const test = {
      ...HEAD,
      kind: 'PolicyTest',
      spec: { policies: ['.'], cases: [{ name: 'a', object: {}, expect: { verdict: 'Deny' } }] },
    };
    assert.ok(validate(any, test));
    assert.ok(!validate(any, { ...test, kind: 'Policy' }));
  });

  for (const kind of ['policy', 'exception', 'policytest']) {
    it(`prints that of one ${kind} as draft 7`, async () => {
      const own = await schema(kind);
      assert.equal(own['$schema'], 'http://json-schema.org/draft-07/schema#');
      assert.equal(validate(own, POLICY), kind === 'policy');
    });
  }

  it('describes each kind of rule by its reference', async () => {
    const rules = valueAt(await schema('policy'), [
      'properties',
      'spec',
      'properties',
      'rules',
      'items',
      'properties',
    ]);
    for (const { field, summary, why } of RULE_DEFINITIONS) {
      assert.equal(valueAt(rules, [field, 'description']), summary);
      const markdown = valueAt(rules, [field, 'markdownDescription']);
      assert.ok(typeof markdown === 'string' && markdown.includes(why));
    }
    assert.equal(
      valueAt(rules, [
        'chartVersion',
        'properties',
        'charts',
        'items',
        'properties',
        'source',
        'description',
      ]),
      RULE_DEFINITIONS.find(({ field }) => field === 'chartVersion')?.options.find(
        ({ path }) => path === 'charts[].source',
      )?.text,
    );
  });

  it('accepts the example of each rule', async () => {
    const shape = await schema('policy');
    for (const { example, field } of RULE_DEFINITIONS) {
      const read = readYaml({ file: field, text: example });
      assert.ok(read.ok);
      assert.ok(validate(shape, { ...POLICY, spec: { rules: read.documents[0]?.value } }), field);
    }
  });

  it('refuses another kind', async () => {
    await assert.rejects(
      capture(schemaCommand, ['other'], { cwd: '/' }),
      /Allowed choices are policy, exception, policytest/,
    );
  });
});

describe('a text for an option', () => {
  const shape = {
    type: 'object',
    properties: {
      charts: { type: 'array', items: { type: 'object', properties: { name: { type: 'string' } } } },
      said: { type: 'string', description: 'before' },
    },
    additionalProperties: { properties: { min: {} } },
  } as const;

  it('goes to where the path leads, through lists and any key', () => {
    assert.equal(
      valueAt(withDescription(shape, 'charts[].name', 'x'), [
        'properties',
        'charts',
        'items',
        'properties',
        'name',
        'description',
      ]),
      'x',
    );
    assert.equal(
      valueAt(withDescription(shape, '<path>.min', 'x'), [
        'additionalProperties',
        'properties',
        'min',
        'description',
      ]),
      'x',
    );
    assert.equal(withDescription(shape, '', 'x')['description'], 'x');
    assert.equal(
      valueAt(withDescription({ anyOf: [{ type: 'string' }, shape] }, 'charts[]', 'x'), [
        'anyOf',
        '1',
        'properties',
        'charts',
        'items',
        'description',
      ]),
      'x',
    );
  });

  it('replaces a more general one, and changes nothing where the path leads nowhere', () => {
    assert.equal(valueAt(withDescription(shape, 'said', 'x'), ['properties', 'said', 'description']), 'x');
    assert.deepEqual(withDescription(shape, 'charts.name', 'x'), shape);
    assert.equal(leadsSomewhere(shape, 'charts.name'), false);
  });
});
