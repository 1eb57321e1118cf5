import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { Ajv } from 'ajv';
import { leadsSomewhere } from '../../../../src/cli/schema/with-description.ts';
import { readPolicyTests } from '../../../../src/cli/test/read-policy-tests.ts';
import { runTest } from '../../../../src/cli/test/run-tests.ts';
import { isJsonObject, type Json } from '../../../../src/core/json/json.ts';
import { compileDocuments } from '../../../../src/core/policy/compile.ts';
import { ENGINE_REASONS } from '../../../../src/core/policy/engine-reasons.ts';
import { formatLocatedError } from '../../../../src/core/policy/located-error.ts';
import { PLANNED_FIELDS } from '../../../../src/core/policy/policy-schema.ts';
import { REASON_ADVICE } from '../../../../src/core/policy/reason-advice.ts';
import type { RuleDefinition } from '../../../../src/core/policy/rule-definition.ts';
import { RULE_DEFINITIONS } from '../../../../src/core/policy/rules/catalogue.ts';
import { readYaml } from '../../../../src/core/policy/yaml-file.ts';
import { documentOf, policy } from '../../policytest/test-fixture.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const CORE = join(ROOT, 'src/core');

/** Fields whose name is not that of their file would be hard to find. */
function fileOf(field: string): string {
  return `${field.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}.ts`;
}

function exampleOf({ field, example }: RuleDefinition): readonly Json[] {
  const read = readYaml({ file: field, text: example });
  assert.ok(read.ok, read.ok ? '' : read.errors.map(formatLocatedError).join('\n'));
  const value = read.documents[0]?.value;
  assert.ok(Array.isArray(value));
  return value as readonly Json[];
}

async function fixtureCases(field: string) {
  const path = relative(process.cwd(), join(ROOT, `test/fixtures/rules/${field}.yaml`));
  const { tests, errors } = await readPolicyTests([path], process.cwd(), Readable.from([]));
  assert.deepEqual(errors.map(formatLocatedError), []);
  return tests.flatMap((loaded) => {
    assert.ok(loaded.compiled.ok, `${loaded.test.name}: its policies do not load`);
    return runTest(loaded, '').cases;
  });
}

describe('the catalogue of rules', () => {
  it('has one definition for each file of its folder, and each field once', () => {
    const files = readdirSync(join(CORE, 'policy/rules')).filter((file) => file !== 'catalogue.ts');
    assert.deepEqual(RULE_DEFINITIONS.map(({ field }) => fileOf(field)).sort(), files.sort());
  });

  for (const definition of RULE_DEFINITIONS) {
    const { field, summary, why, reads, when, verdicts, reasons, options, schema } = definition;
    describe(field, () => {
      it('has all parts of its reference', () => {
        assert.match(summary, /^[^\n]{10,120}[^.\n]$/);
        for (const text of [why, verdicts]) assert.ok(text.trim().length >= 60, text);
        assert.ok(reads.length > 0 && reads.every((text) => text.trim() !== ''));
        assert.ok(when.length > 0 && new Set(when).size === when.length);
        assert.ok(
          Object.values(reasons).length > 0 && Object.values(reasons).every((text) => text.length >= 10),
        );
        assert.ok(options.length > 0 && options.every(({ text }) => text.trim() !== ''));
      });

      it('has an example that compiles without a warning to one rule of this kind', () => {
        const rules = exampleOf(definition);
        assert.equal(rules.length, 1);
        assert.ok(isJsonObject(rules[0]) && rules[0][field] !== undefined && rules[0]['id'] !== undefined);
        const document = documentOf(JSON.stringify(policy(rules as Parameters<typeof policy>[0])));
        const compiled = compileDocuments([document], 'sha256:example');
        assert.ok(compiled.ok, compiled.ok ? '' : compiled.errors.map(formatLocatedError).join('\n'));
        assert.deepEqual(compiled.warnings.map(formatLocatedError), []);
        assert.equal(compiled.set.ruleCount, 1);
      });

      it('has a strict schema with a text, and options that lead into it', () => {
        assert.equal(typeof schema['description'], 'string');
        new Ajv({ strict: true, strictRequired: false }).compile(schema);
        for (const { path } of options.filter(({ path: own }) => !/[<,]/.test(own)))
          assert.ok(leadsSomewhere(schema, path), path);
      });

      it('is no longer among the planned fields', () => assert.ok(!PLANNED_FIELDS.has(field)));

      it('has fixtures that hold: two that pass and two that do not, and each of its reasons seen', async () => {
        assert.ok(existsSync(join(ROOT, `test/fixtures/rules/${field}.yaml`)), 'no fixtures');
        const cases = await fixtureCases(field);
        const failing = cases
          .filter(({ mismatches }) => mismatches.length > 0)
          .map(({ entry }) => entry.name);
        assert.deepEqual(failing, []);
        const passes = cases.filter(({ decision }) => decision.allowed && decision.findings.length === 0);
        const finds = cases.filter(({ decision }) => decision.findings.length > 0);
        assert.ok(passes.length >= 2, `${passes.length} cases pass`);
        assert.ok(finds.length >= 2, `${finds.length} cases find something`);
        const seen = new Set<string>(
          finds.flatMap(({ decision }) => decision.findings.map(({ reason }) => reason)),
        );
        assert.deepEqual(
          Object.keys(reasons).filter((reason) => !seen.has(reason)),
          [],
          'reasons that no case shows',
        );
      });
    });
  }
});

describe('the reasons', () => {
  const used = new Set([
    ...RULE_DEFINITIONS.flatMap(({ reasons }) => Object.keys(reasons)),
    ...Object.keys(ENGINE_REASONS),
  ]);

  it('are those of the closed union, each with advice', () => {
    const text = readFileSync(join(CORE, 'policy/finding-reason.ts'), 'utf8');
    const union = [...text.matchAll(/^ {2}\| '(\w+)'/gm)].map(([, reason = '']) => reason);
    assert.deepEqual(Object.keys(REASON_ADVICE).sort(), union.sort());
  });

  it('are each given by a rule or by the engine, and no others are', () => {
    assert.deepEqual([...used].sort(), Object.keys(REASON_ADVICE).sort());
  });

  it('of the engine are found in its code', () => {
    const about = ['finding-reason.ts', 'engine-reasons.ts', 'reason-advice.ts'];
    const texts = ['src/core', 'src/runtime'].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter(
          (path) =>
            path.endsWith('.ts') && !path.includes('rules/') && !about.some((name) => path.endsWith(name)),
        )
        .map((path) => readFileSync(join(ROOT, folder, path), 'utf8')),
    );
    for (const reason of Object.keys(ENGINE_REASONS))
      assert.ok(
        texts.some((text) => text.includes(`'${reason}'`)),
        reason,
      );
  });
});
