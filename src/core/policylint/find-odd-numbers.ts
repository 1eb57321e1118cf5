import { isJsonObject, type Json } from '../json/json.ts';
import { formatPath } from '../json/path.ts';
import type { YamlDocument } from '../policy/yaml-file.ts';
import { type LintFinding, lintFinding } from './lint-finding.ts';

/** Numbers whose spelling says more than the number: `1.10` is 1.1, `1e3` is 1000, `007` is 7. They were meant as texts. */
export function findOddNumbers(document: YamlDocument): readonly LintFinding[] {
  const lines = document.source.text.split('\n');
  return numbersOf(document.value, []).flatMap(({ tokens, value }) => {
    const { line, column } = document.placeOf(tokens);
    const spelling = /^[-+.\w]+/.exec((lines[line - 1] ?? '').slice(column - 1))?.[0] ?? '';
    const read = String(value);
    if (spelling === read || spelling === '') return [];
    const message = `${formatPath(tokens)}: ${spelling} is read as the number ${read}`;
    return [lintFinding('NumberFromText', document, tokens, message, { hint: `write "${spelling}"` })];
  });
}

interface PlacedNumber {
  readonly tokens: readonly string[];
  readonly value: number | bigint;
}

function numbersOf(value: Json | undefined, tokens: readonly string[]): readonly PlacedNumber[] {
  if (typeof value === 'number' || typeof value === 'bigint') return [{ tokens, value }];
  if (Array.isArray(value)) {
    const items = value as readonly Json[];
    return items.flatMap((item, index) => numbersOf(item, [...tokens, String(index)]));
  }
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, own]) => numbersOf(own, [...tokens, key]));
}
