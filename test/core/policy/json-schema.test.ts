import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { isJsonObject, type Json, type JsonObject } from '../../../src/core/json/json.ts';
import { checkJsonSchema } from '../../../src/core/policy/check-json-schema.ts';
import {
  compileJsonSchema,
  countValues,
  MAX_JUDGED_VALUES,
} from '../../../src/core/policy/compile-json-schema.ts';
import { inlineReferences, MAX_SCHEMAS } from '../../../src/core/policy/inline-references.ts';
import { partialSchema } from '../../../src/core/policy/partial-schema.ts';
import { WorkLimitError } from '../../../src/core/policy/work-meter.ts';
import { mergeValues } from '../../../src/core/release/merge-values.ts';

function read(schema: Json): { readonly plain: Json | undefined; readonly errors: readonly string[] } {
  const errors: string[] = [];
  const context = {
    placeOf: () => ({ file: 'p.yaml', line: 1, column: 1 }),
    error: (tokens: readonly string[], message: string, hint?: string) =>
      errors.push(`${tokens.join('/')}: ${message}${hint === undefined ? '' : ` (${hint})`}`),
    warn: () => assert.fail(),
  };
  const plain = checkJsonSchema(schema, [], context) ? inlineReferences(schema, [], context) : undefined;
  assert.equal(plain === undefined, errors.length > 0);
  return { plain, errors };
}

function plainOf(schema: Json): Json {
  const { plain, errors } = read(schema);
  assert.deepEqual(errors, []);
  return plain as Json;
}

const compile = (schema: Json) => compileJsonSchema(plainOf(schema));
const fits = (schema: Json, value: Json) => compile(schema).violations(value).length === 0;

/** Each run compiles several schemas; 3,000 runs were made once without a find. */
const RUNS = Math.ceil(Number(process.env['PROPERTY_RUNS'] ?? 400) / 10);

describe('a JSON Schema of a policy', () => {
  const wrong: readonly (readonly [Json, string])[] = [
    [5, ': a schema must be an object, true or false'],
    [{ typ: 'string' }, 'typ: there is no keyword "typ" in a JSON Schema (did you mean "type"?)'],
    [
      { type: 'strnig' },
      'type: type must be one or several of null, boolean, object, array, number, integer, string',
    ],
    [
      { type: [] },
      'type: type must be one or several of null, boolean, object, array, number, integer, string',
    ],
    [{ properties: { a: { minLength: -1 } } }, 'properties/a/minLength: minLength must be a whole number'],
    [{ minimum: '2' }, 'minimum: minimum must be a number that a double can hold'],
    [{ minimum: 2n ** 60n }, 'minimum: minimum must be a number that a double can hold'],
    [
      { exclusiveMinimum: true },
      'exclusiveMinimum: exclusiveMinimum must be a number that a double can hold',
    ],
    [{ multipleOf: 0 }, 'multipleOf: multipleOf must be a number over 0'],
    [{ required: ['a', 'a'] }, 'required: required must be a list of different texts'],
    [{ required: 'a' }, 'required: required must be a list of different texts'],
    [{ enum: [] }, 'enum: enum must be a list that is not empty'],
    [{ not: [] }, 'not: a schema must be an object, true or false'],
    [{ additionalProperties: [true] }, 'additionalProperties: a schema must be an object, true or false'],
    [{ dependencies: { a: 'b' } }, 'dependencies/a: a schema must be an object, true or false'],
    [
      { dependencies: { a: [5] } },
      'dependencies: dependencies must be an object of schemas and lists of names',
    ],
    [{ anyOf: [] }, 'anyOf: anyOf must be a list of schemas that is not empty'],
    [{ anyOf: [true, 5] }, 'anyOf/1: a schema must be an object, true or false'],
    [{ properties: [] }, 'properties: properties must be an object of schemas'],
    [{ items: 'x' }, 'items: a schema must be an object, true or false'],
    [
      { dependentRequired: { a: 'b' } },
      'dependentRequired: dependentRequired must be an object of lists of names',
    ],
    [
      { format: 'ipv4' },
      'format: the keyword format is not supported (it is not checked here: write a pattern)',
    ],
    [
      { unevaluatedProperties: false },
      'unevaluatedProperties: the keyword unevaluatedProperties is not supported (it is not checked here)',
    ],
    [
      { $id: 'https://example.com/s' },
      '$id: the keyword $id is not supported (references lead by JSON pointer only, #/definitions/name)',
    ],
    [
      { $schema: 'http://json-schema.org/draft-04/schema#' },
      '$schema: $schema must be http://json-schema.org/draft-07/schema# or https://json-schema.org/draft/2020-12/schema',
    ],
    [{ $async: true }, '$async: there is no keyword "$async" in a JSON Schema'],
    [{ nullable: true }, 'nullable: there is no keyword "nullable" in a JSON Schema'],
    [
      { pattern: '(?=a)' },
      'pattern: RE2 does not read the pattern: invalid or unsupported Perl syntax: `(?=` (RE2 has no look-around and no back-references)',
    ],
    [
      { patternProperties: { '[': true } },
      'patternProperties/[: RE2 does not read the pattern: missing closing ]: `[` (RE2 has no look-around and no back-references)',
    ],
    [
      { pattern: '(((a?){30}){30})' },
      'pattern: the pattern is too large (counted repetitions multiply what they repeat)',
    ],
    [{ pattern: 'a'.repeat(1001) }, 'pattern: the pattern is longer than 1000 characters'],
    [
      { $ref: 'https://example.com/schema.json' },
      '$ref: "https://example.com/schema.json" leads out of the schema (write #/definitions/name)',
    ],
    [
      { $ref: 'file:///etc/passwd' },
      '$ref: "file:///etc/passwd" leads out of the schema (write #/definitions/name)',
    ],
    [{ $ref: '#%' }, '$ref: "#%" leads out of the schema (write #/definitions/name)'],
    [{ $ref: '#/definitions/a' }, '$ref: "#/definitions/a" leads to no schema'],
    [{ $ref: '#/required', required: ['a'] }, '$ref: "#/required" leads to no schema'],
    [{ $ref: '#' }, '$ref: "#" leads back to itself (recursive schemas are not supported)'],
    [
      {
        $defs: { a: { items: { $ref: '#/$defs/b' } }, b: { allOf: [{ $ref: '#/$defs/a' }] } },
        $ref: '#/$defs/a',
      },
      '$defs/b/allOf/0/$ref: "#/$defs/a" leads back to itself (recursive schemas are not supported)',
    ],
    [{ prefixItems: [true], items: [true] }, 'items: items must be a schema where prefixItems is the list'],
    [
      { definitions: { unused: { typ: 'x' } } },
      'definitions/unused/typ: there is no keyword "typ" in a JSON Schema (did you mean "type"?)',
    ],
  ];
  for (const [schema, expected] of wrong) {
    it(`is refused with its place: ${expected.slice(0, 70)}`, () => {
      const { errors } = read(schema);
      assert.ok(errors.includes(expected), errors.join('\n'));
    });
  }

  it('is refused when references multiply it, and before they are followed to the end', () => {
    const definitions = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [
        `d${index}`,
        index === 0
          ? {}
          : { allOf: [{ $ref: `#/definitions/d${index - 1}` }, { $ref: `#/definitions/d${index - 1}` }] },
      ]),
    );
    const { errors } = read({ definitions, $ref: '#/definitions/d39' });
    assert.equal(errors.length, 1);
    assert.match(errors[0] ?? '', /the schema has more than 2000 parts, or nests deeper than 64$/);
  });

  it('is refused when it is too large or too deep, and told in twenty errors at most', () => {
    const wide = (length: number, schema: Json) =>
      ({
        properties: Object.fromEntries(Array.from({ length }, (_, index) => [`p${index}`, schema])),
      }) as JsonObject;
    assert.equal(read(wide(MAX_SCHEMAS, true)).errors.length, 1);
    assert.equal(read(wide(MAX_SCHEMAS - 1, true)).errors.length, 0);
    assert.equal(read(wide(150_000, true)).errors.length, 1);
    assert.equal(compile(wide(MAX_SCHEMAS - 1, { type: 'string' })).violations({ p7: 1 }).length, 1);
    assert.equal(read(wide(100, { typ: 5 })).errors.length, 20);
    let deep: Json = true;
    for (let depth = 0; depth < 70; depth += 1) deep = { not: deep };
    assert.equal(read(deep).errors.length, 1);
  });

  it('never throws, whatever stands there', () => {
    const anySchema = fc.letrec<{ schema: unknown }>((tie) => ({
      schema: fc.oneof(
        { depthSize: 'small' },
        fc.boolean(),
        fc.jsonValue({ maxDepth: 2 }),
        fc.dictionary(
          fc.constantFrom(
            'type',
            'properties',
            'items',
            '$ref',
            'allOf',
            'not',
            'pattern',
            'enum',
            'dependencies',
            '$defs',
            'required',
            '__proto__',
            'const',
          ),
          fc.oneof(
            tie('schema'),
            fc.array(tie('schema')),
            fc.constantFrom('#', '#/$defs/a', 'string', '(', 'a'),
          ),
        ),
      ),
    })).schema;
    fc.assert(
      fc.property(anySchema, fc.jsonValue({ maxDepth: 3 }), (schema, value) => {
        const { plain } = read(schema as Json);
        if (plain !== undefined) compileJsonSchema(plain).violations(value as Json);
      }),
    );
  });
});

describe('what a schema says', () => {
  it('keeps two patterns of one schema apart', () => {
    const schema = { properties: { a: { pattern: '^a+$' }, b: { pattern: '^b+$' } } };
    assert.equal(fits(schema, { a: 'aa', b: 'bb' }), true);
    assert.equal(fits(schema, { a: 'aa', b: 'aa' }), false);
    assert.equal(fits(schema, { a: 'bb', b: 'bb' }), false);
  });

  it('keeps the patterns of two schemas apart', () => {
    const [a, b] = [compile({ pattern: '^a+$' }), compile({ pattern: '^b+$' })];
    assert.deepEqual(
      [a.violations('a').length, a.violations('b').length, b.violations('a').length],
      [0, 1, 1],
    );
  });

  it('matches patterns as RE2 does, in linear work', () => {
    assert.equal(fits({ pattern: '^(a+)+$' }, `${'a'.repeat(100_000)}b`), false);
    assert.equal(fits({ pattern: '^a$' }, 'a\n'), false);
    assert.equal(
      fits({ patternProperties: { '^x-': { type: 'string' } }, additionalProperties: false }, { 'x-a': 'b' }),
      true,
    );
    assert.equal(
      fits({ patternProperties: { '^x-': { type: 'string' } }, additionalProperties: false }, { y: 'b' }),
      false,
    );
  });

  it('counts the work of its patterns by their size and the length of the text', () => {
    const steps = (pattern: string, ...texts: readonly string[]) => {
      const compiled = compile({ items: { pattern } });
      compiled.violations(texts);
      return compiled.steps();
    };
    const none = steps('^a+$');
    const long = steps('^a+$', 'a'.repeat(2000)) - none;
    const short = steps('^a+$', 'a'.repeat(1000)) - none;
    assert.equal((long - short) % 1000, 0);
    assert.ok(long - short >= 2000, String(long - short));
    assert.equal(steps('^a+$', 'a'.repeat(1000), 'a'.repeat(1000)) - none, 2 * short);
    assert.ok(steps('^(a|b|c){20}$', 'a'.repeat(1000)) > 5 * short);
  });

  it('counts each judging of a value by a schema, and nothing from one judgement to the next', () => {
    const compiled = compile({ items: { allOf: [{ minimum: 1 }, { maximum: 9 }] } });
    const steps = (length: number) => {
      compiled.violations(Array.from({ length }, () => 5));
      return compiled.steps();
    };
    const [none, one, ten] = [steps(0), steps(1), steps(10)] as const;
    assert.ok(one > none);
    assert.deepEqual([ten - none, steps(0), steps(1)], [10 * (one - none), none, one]);
  });

  it('gives up by throwing when the values make it too much work', () => {
    const patterns = Array.from({ length: 100 }, (_, index) => ({ pattern: `^[a-z]{1,${index + 1}}$` }));
    assert.throws(() => compile({ allOf: patterns }).violations('0'.repeat(1_400_000)), WorkLimitError);
    const schemas = Array.from({ length: 100 }, () => ({ type: 'string' }));
    const list = Array.from({ length: 10_000 }, () => 1);
    assert.throws(() => compile({ items: { allOf: schemas } }).violations(list), WorkLimitError);
    assert.throws(
      () => compile({}).violations(Array.from({ length: MAX_JUDGED_VALUES }, () => 1)),
      WorkLimitError,
    );
  });

  it('judges the largest values that the API server takes', () => {
    const inline = Object.fromEntries(
      Array.from({ length: 33_000 }, (_, index) => [`component${index}`, { enabled: true, name: 'abc' }]),
    );
    const each = {
      properties: { enabled: { type: 'boolean' }, name: { pattern: '^[a-z]+$' } },
      additionalProperties: false,
    };
    assert.ok(JSON.stringify(inline).length > 1_400_000);
    assert.deepEqual(compile({ additionalProperties: each }).violations(inline), []);
    assert.deepEqual(compile({ pattern: '^[a-z]*$' }).violations('a'.repeat(1_400_000)), []);
  });

  it('takes keys for there only when the values have them', () => {
    for (const key of ['constructor', 'toString', '__proto__', 'hasOwnProperty', 'valueOf']) {
      assert.equal(fits({ required: [key] }, {}), false, key);
      const has = JSON.parse(`{"${key}": 5}`) as Json;
      assert.equal(fits({ required: [key] }, has), true, key);
      assert.equal(fits({ additionalProperties: false }, has), false, key);
      assert.equal(fits({ additionalProperties: { type: 'string' } }, has), false, key);
      assert.equal(fits({ propertyNames: { maxLength: 1 } }, has), false, key);
      assert.equal(fits({ maxProperties: 0 }, has), false, key);
      assert.equal(fits({ const: has }, JSON.parse(JSON.stringify(has)) as Json), true, key);
      assert.equal(fits({ enum: [has] }, {}), false, key);
      if (key === '__proto__') continue;
      const properties = JSON.parse(`{"${key}": {"type": "string"}}`) as Json;
      assert.equal(fits({ properties }, has), false, key);
      assert.equal(fits({ properties }, {}), true, key);
    }
  });

  it('finds items that are twice there in linear work, whatever the order of their keys', () => {
    const schema = { uniqueItems: true };
    assert.equal(
      fits(schema, [
        { a: 1, b: [2] },
        { b: [2], a: 1 },
      ]),
      false,
    );
    assert.equal(fits(schema, [1, '1', true, 'true', null, [], {}]), true);
    assert.equal(fits({ uniqueItems: false }, [1, 1]), true);
    assert.equal(
      fits(
        schema,
        Array.from({ length: 40_000 }, (_, a) => ({ a })),
      ),
      true,
    );
  });

  it('compares numbers that JSON cannot write, and those beyond 2^53, as doubles', () => {
    assert.equal(fits({ enum: [{ a: 1 }, 'x'] }, { a: Infinity }), false);
    assert.equal(fits({ enum: [1] }, Infinity), false);
    assert.equal(fits({ type: 'number' }, Infinity), false);
    assert.equal(fits({ const: 2n ** 60n }, 2 ** 60), true);
    assert.equal(fits({ const: 0 }, -0), true);
  });

  it('says alternatives once, and why a branch does not fit', () => {
    const words = (schema: Json, value: Json) =>
      compile(schema)
        .violations(value)
        .map(({ instancePath, message }) => `${instancePath} ${message}`);
    assert.deepEqual(
      words({ properties: { a: { anyOf: [{ type: 'string' }, { minimum: 5 }] } } }, { a: 1 }),
      ['/a must match a schema in anyOf'],
    );
    assert.deepEqual(
      words(JSON.parse('{"if": {"required": ["a"]}, "then": {"required": ["b"]}}') as Json, { a: 1 }),
      [" must have required property 'b'"],
    );
    assert.deepEqual(words(JSON.parse('{"if": true, "then": false}') as Json, 1), [
      ' boolean schema is false',
    ]);
  });

  it('says all that is wrong, alternatives among it, in linear work', () => {
    const wrong = (schema: Json, length: number) =>
      compile(schema).violations(Array.from({ length }, () => 1)).length;
    assert.equal(wrong({ items: { type: 'string' } }, 90_000), 90_000);
    assert.equal(wrong({ items: { anyOf: [{ type: 'string' }, { minimum: 2 }] } }, 50_000), 50_000);
  });

  it('counts values up to a limit', () => {
    assert.equal(countValues({ a: [1, 2, { b: null }] }, 100), 6);
    assert.equal(
      countValues(
        Array.from({ length: 1000 }, () => 0),
        10,
      ),
      10,
    );
  });

  /** Schemas whose meaning drafts 7 and 2020-12 share or translate, for the comparison with ajv itself. */
  const anyKey = fc.constantFrom('a', 'b', 'c');
  const anyScalar = fc.constantFrom<Json>(null, true, 0, 1, 5, 1.5, '', 'a', 'bb', 'ccc');
  const anyValue: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      anyScalar,
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(anyKey, tie('value'), { maxKeys: 3, noNullPrototype: true }),
    ),
  })).value;
  const anyTree = (more: readonly string[]) =>
    fc.letrec<{ schema: Json }>((tie) => {
      const schema = tie('schema');
      const list = fc.array(schema, { minLength: 1, maxLength: 2 });
      const map = fc.dictionary(anyKey, schema, { maxKeys: 2 });
      const names = fc.subarray(['a', 'b', 'c']);
      const fields: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
        type: fc.constantFrom(
          'object',
          'array',
          'string',
          'number',
          'integer',
          ['string', 'object'],
          ['null', 'number'],
        ),
        enum: fc.array(anyValue, { minLength: 1, maxLength: 3 }),
        const: anyValue,
        minimum: fc.constantFrom(0, 1, 3),
        maxLength: fc.constantFrom(0, 1, 2),
        pattern: fc.constantFrom('^a', 'b+$'),
        required: names,
        minProperties: fc.constantFrom(1, 2),
        maxProperties: fc.constantFrom(0, 1, 2),
        minItems: fc.constantFrom(0, 1, 2),
        maxItems: fc.constantFrom(0, 1, 2),
        uniqueItems: fc.boolean(),
        properties: map,
        patternProperties: fc.dictionary(fc.constantFrom('^a', 'b|c'), schema, { maxKeys: 2 }),
        additionalProperties: schema,
        propertyNames: schema,
        items: schema,
        prefixItems: list,
        contains: schema,
        minContains: fc.constantFrom(0, 1, 2),
        maxContains: fc.constantFrom(1, 2),
        allOf: list,
        anyOf: list,
        oneOf: list,
        ...Object.fromEntries(['not', 'if', 'then', 'else'].map((name) => [name, schema])),
        dependentRequired: fc.dictionary(anyKey, names, { maxKeys: 2 }),
        dependentSchemas: map,
        $ref: fc.constantFrom('#/$defs/x', '#/$defs/y'),
      };
      return {
        schema: fc.oneof(
          { depthSize: 'small' },
          fc.boolean(),
          fc
            .subarray([...Object.keys(fields).filter((name) => !name.startsWith('$')), ...more], {
              maxLength: 4,
            })
            .chain((names) =>
              fc.record(
                Object.fromEntries(names.map((name) => [name, fields[name] as fc.Arbitrary<unknown>])),
              ),
            ),
        ),
      } as never;
    }).schema;

  const withDefinitions = fc.record({ schema: anyTree(['$ref', '$ref']), x: anyTree([]), y: anyTree([]) });

  it('is what draft 2020-12 says, with references followed and translated', () => {
    fc.assert(
      fc.property(
        withDefinitions,
        fc.array(anyValue, { minLength: 1, maxLength: 5 }),
        ({ schema, x, y }, values) => {
          fc.pre(isJsonObject(schema));
          const whole = { ...(schema as JsonObject), $defs: { x, y } } as Json;
          const ours = compile(whole);
          const theirs = new Ajv2020({ strict: false }).compile(whole as Record<string, unknown>);
          for (const value of values) {
            assert.equal(ours.violations(value).length === 0, theirs(value), JSON.stringify(value));
          }
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('refuses no part of values that the schema admits in the merged whole', () => {
    let refused = 0;
    const anyMap = fc.dictionary(anyKey, anyValue, {
      maxKeys: 3,
      noNullPrototype: true,
    }) as fc.Arbitrary<JsonObject>;
    fc.assert(
      fc.property(
        withDefinitions,
        fc.array(fc.tuple(anyMap, anyMap), { minLength: 1, maxLength: 5 }),
        ({ schema, x, y }, pairs) => {
          fc.pre(isJsonObject(schema));
          const plain = plainOf({ ...(schema as JsonObject), $defs: { x, y } });
          const part = compileJsonSchema(partialSchema(plain));
          const whole = compileJsonSchema(plain);
          for (const [below, inline] of pairs) {
            if (part.violations(inline).length === 0) continue;
            refused += 1;
            assert.notEqual(
              whole.violations(mergeValues(below, inline)).length,
              0,
              JSON.stringify({ below, inline }),
            );
          }
        },
      ),
      { numRuns: RUNS },
    );
    assert.ok(refused > RUNS / 10, `only ${refused} parts were refused at all`);
  });
});
