import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ruleReference } from '../../src/core/policy/rule-reference.ts';
import { RULE_DEFINITIONS } from '../../src/core/policy/rules/catalogue.ts';

const page = ruleReference(RULE_DEFINITIONS);

describe('docs/rules.md', () => {
  it('is what the definitions make; node scripts/write-rule-reference.mjs writes it', () => {
    assert.equal(readFileSync(join(import.meta.dirname, '../../docs/rules.md'), 'utf8'), page);
  });

  it('has a section for each rule, linked from the table of contents', () => {
    for (const { field } of RULE_DEFINITIONS) {
      assert.ok(page.includes(`\n| [${field}](#${field.toLowerCase()}) | `), field);
      assert.ok(page.includes(`\n## ${field}\n`), field);
    }
  });

  it('keeps tables whole where texts hold bars and line breaks', () => {
    const [first] = RULE_DEFINITIONS;
    assert.ok(first !== undefined);
    const odd = ruleReference([{ ...first, summary: 'a | b\n  c' }]);
    assert.ok(odd.includes(String.raw`| a \| b c |`));
  });
});
