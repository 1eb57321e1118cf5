import assert from 'node:assert/strict';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { compileDocuments } from '../../../src/core/policy/compile.ts';
import { formatLocatedError } from '../../../src/core/policy/located-error.ts';
import { readYaml, type YamlDocument } from '../../../src/core/policy/yaml-file.ts';
import { type PolicyTest, parsePolicyTest } from '../../../src/core/policytest/policy-test.ts';
import { type CaseResult, runCase } from '../../../src/core/policytest/run-case.ts';

/** The one document of a text. */
export function documentOf(text: string, file = 't.yaml'): YamlDocument {
  const read = readYaml({ file, text }, 'test');
  assert.ok(read.ok, read.ok ? '' : read.errors.map(formatLocatedError).join('\n'));
  assert.equal(read.documents.length, 1);
  return read.documents[0] as YamlDocument;
}

/** A policy p with these rules. */
export function policy(rules: readonly JsonObject[], spec: JsonObject = {}): JsonObject {
  const metadata = { name: 'p' };
  return { apiVersion: 'helmgate.dev/v1alpha1', kind: 'Policy', metadata, spec: { ...spec, rules } };
}

/** The text of a test about one policy. */
export function testText(spec: JsonObject): string {
  const metadata = { name: 't' };
  const kind = 'PolicyTest';
  return JSON.stringify({ apiVersion: 'helmgate.dev/v1alpha1', kind, metadata, spec }, undefined, 1);
}

export function parsed(text: string): PolicyTest {
  const result = parsePolicyTest(documentOf(text));
  assert.ok(result.ok, result.ok ? '' : result.errors.map(formatLocatedError).join('\n'));
  return result.test;
}

/** Runs a test whose objects stand in it. */
export function run(test: PolicyTest): readonly CaseResult[] {
  const compiled = compileDocuments(test.inline, 'sha256:test');
  assert.ok(compiled.ok, compiled.ok ? '' : compiled.errors.map(formatLocatedError).join('\n'));
  return test.cases.map((entry) => {
    const object = 'value' in entry.object ? entry.object.value : {};
    const old =
      entry.oldObject !== undefined && 'value' in entry.oldObject ? entry.oldObject.value : undefined;
    return runCase(entry, old === undefined ? { object } : { object, oldObject: old }, compiled.set);
  });
}
