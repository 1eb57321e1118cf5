import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { parse } from 'yaml';
import { isJsonObject, type Json, type JsonObject } from '../../../src/core/json/json.ts';
import { fitsSchema } from '../../../src/core/policy/fits-schema.ts';
import { POLICY_SCHEMA } from '../../../src/core/policy/policy-schema.ts';
import { RULE_DEFINITIONS } from '../../../src/core/policy/rules/catalogue.ts';

const compiled = new Ajv({ strict: true, strictRequired: false, code: { optimize: false } }).compile(
  POLICY_SCHEMA,
);

/** A policy with the rules of the reference. */
const POLICY: JsonObject = {
  apiVersion: 'helmgate.dev/v1alpha1',
  kind: 'Policy',
  metadata: { name: 'all', annotations: { docs: 'https://example.com' } },
  spec: {
    match: {
      kinds: ['HelmRelease'],
      namespaces: { names: ['prod-*'], labels: { matchLabels: { tier: 'prod' } } },
      exclude: { names: ['x'], subjects: [{ group: 'admins' }] },
    },
    enforcement: 'Deny',
    rules: RULE_DEFINITIONS.flatMap(({ example }) => parse(example) as JsonObject[]),
  },
};

const strange = fc.oneof(
  fc.constantFrom<Json>(
    null,
    true,
    0,
    -1,
    1.5,
    2n ** 60n,
    '',
    'x',
    'Deny',
    'prod-*',
    '1h',
    'UPPER',
    '\u{1f600}',
    [],
    {},
    [1, 1],
    [{}],
    { a: 1 },
  ),
  fc.string({ maxLength: 3 }),
);
type Change = readonly [kind: 'set' | 'remove' | 'add', at: number, value: Json];
const changes = fc.array(
  fc.tuple(fc.constantFrom('set' as const, 'remove' as const, 'add' as const), fc.nat(), strange),
  {
    minLength: 1,
    maxLength: 3,
  },
);

function changed(root: Json, [kind, at, value]: Change): Json {
  const places: (readonly string[])[] = [];
  const collect = (node: Json, path: readonly string[]): void => {
    if (path.length > 0) places.push(path);
    if (typeof node === 'object' && node !== null)
      for (const [key, member] of Object.entries(node)) collect(member as Json, [...path, key]);
  };
  collect(root, []);
  const apply = (node: Json, [head, ...rest]: readonly string[]): Json => {
    if (head === undefined) return kind === 'add' && isJsonObject(node) ? { ...node, name: value } : value;
    if (Array.isArray(node)) {
      const index = Number(head);
      if (rest.length === 0 && kind === 'remove') return (node as readonly Json[]).toSpliced(index, 1);
      return (node as readonly Json[]).with(index, apply(node[index] as Json, rest));
    }
    const object = node as JsonObject;
    if (rest.length === 0 && kind === 'remove') {
      const { [head]: _gone, ...others } = object;
      return others;
    }
    return { ...object, [head]: apply(object[head] ?? null, rest) };
  };
  return apply(root, places[at % places.length] ?? []);
}

describe('fitting a schema', () => {
  it('is known for every keyword that the schema of policies uses', () => {
    assert.equal(fitsSchema(POLICY_SCHEMA, POLICY), true);
    assert.equal(compiled(POLICY), true);
  });

  it('is answered as the compiled validator answers, for policies that are a little wrong', () => {
    const seen = { true: 0, false: 0 };
    fc.assert(
      fc.property(changes, (list) => {
        const policy = list.reduce(changed, POLICY as Json);
        const fits = compiled(policy);
        seen[`${fits}`] += 1;
        assert.equal(fitsSchema(POLICY_SCHEMA, policy), fits, JSON.stringify(compiled.errors));
      }),
      { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 2000) },
    );
    assert.ok(seen.true > 20 && seen.false > 20, JSON.stringify(seen));
  });

  const keywords: readonly (readonly [
    schema: JsonObject,
    fits: readonly Json[],
    fitsNot: readonly Json[],
  ])[] = [
    [{ type: 'integer' }, [1, -1, 1e300], [1.5, '1', 2n ** 60n, null]],
    [{ type: ['string', 'null'] }, ['', null], [1, [], {}]],
    [{ type: 'object' }, [{}], [[], null, 'x']],
    [{ const: { a: [1] } }, [{ a: [1] }], [{ a: [2] }, { a: [1], b: 1 }]],
    [{ minLength: 2, maxLength: 2 }, ['ab', '\u{1f600}a', 5], ['a', 'abc', '\u{1f600}']],
    [{ pattern: '^a$' }, ['a', 1], ['b', 'aa', 'a\n']],
    [{ minimum: 1, maximum: 2 }, [1, 2, 'x'], [0, 3]],
    [
      { uniqueItems: true },
      [[], [1, 2], [{ a: 1 }, { a: 2 }]],
      [
        [1, 1],
        [{ a: 1 }, { a: 1 }],
      ],
    ],
    [{ required: ['a'] }, [{ a: null }, []], [{}, { b: 1 }]],
    [{ minProperties: 1, maxProperties: 1 }, [{ a: 1 }], [{}, { a: 1, b: 2 }]],
    [
      {
        properties: { a: { type: 'string' } },
        patternProperties: { '^x-': { type: 'number' } },
        additionalProperties: false,
      },
      [{}, { a: 'b', 'x-a': 1 }],
      [{ a: 1 }, { 'x-a': 'b' }, { b: 1 }, { ['__proto__']: 1 }],
    ],
    [
      parse('{if: {required: [a]}, then: {required: [b]}, else: {required: [c]}}'),
      [{ a: 1, b: 1 }, { c: 1 }],
      [{ a: 1 }, {}],
    ],
    [{ items: { enum: [1, 'x'] } }, [[], [1, 'x'], 'y'], [[2], [[]]]],
    [{ additionalProperties: { type: 'string' } }, [{ a: 'b' }], [{ a: 1 }]],
  ];
  for (const [schema, fits, fitsNot] of keywords) {
    it(`understands ${Object.keys(schema).join(', ')}`, () => {
      const validate = new Ajv({ strict: false }).compile(schema);
      for (const value of fits) assert.deepEqual([fitsSchema(schema, value), validate(value)], [true, true]);
      for (const value of fitsNot)
        assert.deepEqual([fitsSchema(schema, value), validate(value)], [false, false]);
    });
  }

  it('is not known where a keyword is not, however deep it stands', () => {
    assert.equal(fitsSchema({ oneOf: [] }, 1), undefined);
    assert.equal(fitsSchema({ properties: { a: { items: { format: 'date' } } } }, { a: ['x'] }), undefined);
    assert.equal(fitsSchema({ type: 'string', not: {} }, 1), undefined);
    assert.equal(fitsSchema({ items: [{}] }, [1]), undefined);
  });
});
