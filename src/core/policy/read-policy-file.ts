import { valueAt } from '../json/pointer.ts';
import {
  MAX_YAML_TOKENS,
  readYaml,
  type YamlDocument,
  type YamlResult,
  type YamlSource,
} from './yaml-file.ts';

/**
 * Reads a file of a policy folder. Tests may lie beside the policies that they are about, and have anchors, which policies have not: a file
 * that holds nothing but tests is read as `helmgate test` reads it, which is also who says what is wrong with them.
 */
export function readPolicyFile(
  source: YamlSource,
  budget: { tokens: number } = { tokens: MAX_YAML_TOKENS },
): YamlResult {
  const read = readYaml(source, 'policy', budget);
  if (read.ok || budget.tokens === 0 || !source.text.includes('PolicyTest')) return read;
  const asTests = readYaml(source, 'test');
  return asTests.ok && asTests.documents.every(isTest) ? asTests : read;
}

function isTest({ value }: YamlDocument): boolean {
  return (
    valueAt(value, ['apiVersion']) === 'helmgate.dev/v1alpha1' && valueAt(value, ['kind']) === 'PolicyTest'
  );
}
