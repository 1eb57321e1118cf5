import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { FUNCTIONS } from '../../../src/core/cel/functions/function-catalogue.ts';
import * as limits from '../../../src/core/cel/limits.ts';
import { MACROS } from '../../../src/core/cel/macros.ts';
import { EXPRESSION_VARIABLES } from '../../../src/core/policy/expression-variables.ts';

const page = readFileSync(new URL('../../../docs/cel.md', import.meta.url), 'utf8');

/** The rows of the table under a heading. */
function rowsUnder(heading: string): readonly string[] {
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return section.split('\n').filter((line) => line.startsWith('| `'));
}

const code = (signature: string): string =>
  `\`${signature.replaceAll('google.protobuf.Timestamp', 'timestamp').replaceAll('google.protobuf.Duration', 'duration')}\``;

describe('docs/cel.md', () => {
  it('lists the variables', () => {
    assert.deepEqual(
      rowsUnder('Variables'),
      EXPRESSION_VARIABLES.map(({ name, text }) => `| \`${name}\` | ${text} |`),
    );
  });

  it('lists the macros', () => {
    assert.deepEqual(
      rowsUnder('Macros'),
      MACROS.map(({ usage, text }) => `| ${code(usage)} | ${text} |`),
    );
  });

  it('lists the functions with their types', () => {
    assert.deepEqual(
      rowsUnder('Functions'),
      FUNCTIONS.map(({ signatures, text }) => `| ${signatures.map(code).join('<br>')} | ${text} |`),
    );
  });

  it('names the limits', () => {
    const shown = page.split('\n## Limits\n')[1] ?? '';
    for (const [name, limit] of Object.entries(limits)) {
      if (name.startsWith('MAX_'))
        assert.ok(shown.includes(limit.toLocaleString('en-US')), `${name}: ${limit}`);
    }
  });
});
