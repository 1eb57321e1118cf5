import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { compilePolicySet } from '../../../src/core/policy/compile.ts';
import { expandDefaults, MAX_LEAVES } from '../../../src/core/policy/expand-defaults.ts';

const keys = (count: number, value: string | number = 1, first = 0): JsonObject =>
  Object.fromEntries(Array.from({ length: count }, (_key, index) => [`k${first + index}`, value]));

/** Policies by name, and what compiling them says. */
function compile(specs: Readonly<Record<string, JsonObject>>): {
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
} {
  const files = Object.entries(specs).map(([name, spec]) => ({
    path: `${name}.yaml`,
    text: JSON.stringify({ apiVersion: 'helmgate.dev/v1alpha1', kind: 'Policy', metadata: { name }, spec }),
  }));
  const compiled = compilePolicySet(files);
  const texts = (
    list: readonly { readonly file: string; readonly line: number; readonly message: string }[],
  ) => list.map(({ file, line, message }) => `${file}:${line} ${message}`);
  return { errors: compiled.ok ? [] : texts(compiled.errors), warnings: texts(compiled.warnings) };
}

const rule = (id: string, values: JsonObject, field = 'defaults'): JsonObject => ({
  id,
  [field]: { HelmRelease: { 'spec.values': values } },
});

describe('the fields that the rules of a policy set', () => {
  it('are looked at up to the limit, however many are written', () => {
    let places = 0;
    const errors: string[] = [];
    const context = {
      placeOf: () => {
        places += 1;
        return { file: 'p.yaml', line: 1, column: 1 };
      },
      error: (at: readonly string[], message: string) => errors.push(`${at.join(' ')}: ${message}`),
      warn: () => {},
    };
    const groups = Object.fromEntries(Array.from({ length: 40 }, (_key, index) => [`g${index}`, keys(400)]));
    for (const what of ['default', 'override'] as const) {
      places = 0;
      errors.length = 0;
      const leaves = expandDefaults({ HelmRelease: { 'spec.values': groups } }, [], context, what);
      assert.deepEqual(errors, [
        `HelmRelease spec.values g2 k200: a rule may have ${MAX_LEAVES} ${what}s for HelmRelease, each field below a group counted`,
      ]);
      assert.deepEqual([leaves.length, places], [MAX_LEAVES + 1, MAX_LEAVES + 1]);
    }
  });

  it('are counted over all rules, and the rule with which they are too many is told', () => {
    const rules = [
      rule('a', keys(400)),
      rule('b', keys(400, 1, 400), 'overrides'),
      { id: 'c', defaults: { HelmRepository: { 'spec.timeout': '1m' } } },
    ];
    assert.deepEqual(compile({ p: { rules: [...rules, rule('d', keys(199, 1, 800))] } }).errors, []);
    const { errors } = compile({
      p: { rules: [...rules, rule('d', keys(201, 1, 800)), rule('e', keys(9, 1, 5000))] },
    });
    assert.deepEqual(errors, [
      'p.yaml:1 the rules of a policy may set 1000 fields, and with this one they set 1002',
    ]);
  });

  it('are told apart by their pointers, also where another field is written alike', () => {
    const { errors } = compile({
      p: {
        rules: [
          {
            id: 'd',
            defaults: {
              HelmRelease: { 'spec.values': { a: { b: 1 } }, 'spec.values.a.b': 2, '/spec/values/a.b': 3 },
            },
          },
        ],
      },
    });
    assert.deepEqual(errors, ['p.yaml:1 spec.values.a.b already has another default in this rule']);
  });
});

const FORGOTTEN = 'of which an object has no room to remember: they would stay when the policy changes them';

describe('defaults that cannot be remembered', () => {
  it('are a warning where one policy has them: its rules are about the same objects', () => {
    assert.deepEqual(compile({ p: { rules: [rule('a', keys(128)), rule('b', keys(128, 1, 128))] } }), {
      errors: [],
      warnings: [],
    });
    assert.deepEqual(compile({ p: { rules: [rule('a', keys(200)), rule('b', keys(200, 1, 100))] } }), {
      errors: [],
      warnings: [`p.yaml:1 policy p fills in 300 fields of a HelmRelease, 44 ${FORGOTTEN}`],
    });
    assert.deepEqual(compile({ p: { rules: [rule('a', keys(20, 'x'.repeat(1000)))] } }).warnings, [
      `p.yaml:1 policy p fills in 20 fields of a HelmRelease, 4 ${FORGOTTEN}`,
    ]);
  });

  it('are none where nothing is filled in, or the same twice: by overrides, and by rules that do not deny', () => {
    const long = keys(20, 'x'.repeat(1000));
    assert.deepEqual(compile({ p: { rules: [rule('a', long, 'overrides')] } }).warnings, []);
    assert.deepEqual(compile({ p: { enforcement: 'Warn', rules: [rule('a', long)] } }).warnings, []);
    assert.deepEqual(compile({ p: { rules: [rule('a', keys(200)), rule('b', keys(200))] } }).warnings, []);
  });

  it('are one warning where several policies have them that may be about one object', () => {
    const team = (name: string, first: number): JsonObject => ({
      match: { namespaces: { names: [name] } },
      rules: [rule('a', keys(150, 1, first))],
    });
    assert.deepEqual(compile({ a: team('a', 0), b: team('b', 150) }), { errors: [], warnings: [] });
    const all = { rules: [rule('a', keys(150, 1, 150))] };
    assert.deepEqual(compile({ a: team('a', 0), b: all, c: team('c', 300) }).warnings, [
      `a.yaml:1 policy a and those that may be about the same object fill in 300 fields of a HelmRelease, 44 ${FORGOTTEN}`,
    ]);
  });
});
