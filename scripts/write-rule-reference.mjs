#!/usr/bin/env node
// Writes docs/rules.md from the definitions of the rules. test/docs/rule-reference.test.ts fails while the page is not fresh.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ruleReference } from '../src/core/policy/rule-reference.ts';
import { RULE_DEFINITIONS } from '../src/core/policy/rules/catalogue.ts';

writeFileSync(join(import.meta.dirname, '../docs/rules.md'), ruleReference(RULE_DEFINITIONS));
