import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Outcome } from '../../../src/core/cel/compile-expression.ts';
import { FUNCTIONS } from '../../../src/core/cel/functions/function-catalogue.ts';
import { MAX_COST, MAX_EXPRESSION_LENGTH } from '../../../src/core/cel/limits.ts';
import { MACROS } from '../../../src/core/cel/macros.ts';
import type { Json } from '../../../src/core/json/json.ts';
import { LANGUAGE, variables } from './evaluate-text.ts';
import { wellTyped } from './well-typed.ts';

/** Runs of each property; more of them when asked for. */
const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 500);

const WORDS = [
  ...FUNCTIONS.map(({ name }) => name),
  ...MACROS.map(({ name }) => name),
  ...[
    'object',
    'other',
    'now',
    'request',
    'spaces',
    'unknown',
    'source',
    'x',
    'y',
    'namespace',
    'string',
    'cel',
    'url',
  ],
  ...[
    'true',
    'false',
    'null',
    '0',
    '1',
    '-1',
    '2.5',
    '9223372036854775807',
    '"a"',
    "''",
    'r"\\d"',
    '">=1.2.3"',
    '"1h"',
  ],
  ...[
    '.',
    '.?',
    '[',
    '[?',
    ']',
    '(',
    ')',
    '{',
    '}',
    ',',
    ':',
    '?',
    '==',
    '!=',
    '<',
    '<=',
    '+',
    '-',
    '*',
    '/',
    '%',
  ],
  ...[
    'in',
    '&&',
    '||',
    '!',
    ' ',
    '\n',
    '//',
    '"',
    "'",
    '\\',
    '\u0000',
    '\u{1f600}',
    '.a',
    '.all(x, ',
    '.map(x, ',
  ],
];

/** Words of the language in any order, and texts of any kind. */
const anyText = fc.oneof(
  fc.array(fc.constantFrom(...WORDS), { maxLength: 40 }).map((words) => words.join('')),
  fc.array(fc.constantFrom(...WORDS), { maxLength: 40 }).map((words) => words.join(' ')),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ maxLength: 200 }),
);

const anyJson = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }).map((value) => value as Json),
  fc.constantFrom<Json>('a'.repeat(10_000), 2n ** 70n, -(2n ** 63n), { __proto__: null, a: [] }),
);

/** A whole piece of text taken out, doubled or put elsewhere. */
function spoiled(text: string, at: number, length: number, to: number): string {
  const start = at % (text.length + 1);
  const piece = text.slice(start, start + length);
  const rest = text.slice(0, start) + text.slice(start + length);
  const place = to % (rest.length + 1);
  return (rest.slice(0, place) + piece + rest.slice(place)).slice(0, MAX_EXPRESSION_LENGTH);
}

function assertOutcome(outcome: Outcome): void {
  assert.ok(['value', 'unknown', 'error', 'overBudget'].includes(outcome.kind));
  assert.ok(
    outcome.kind === 'overBudget' ? outcome.cost > MAX_COST : outcome.cost <= MAX_COST,
    `${outcome.cost}`,
  );
}

function checkText(text: string, object: Json, other: Json): boolean {
  for (const gives of ['bool', 'string'] as const) {
    const compiled = LANGUAGE.compile(text, gives);
    if (compiled.ok) {
      assertOutcome(compiled.expression.evaluate(variables(object, other)));
      return true;
    }
    assert.ok(compiled.problems.length > 0);
    for (const { offset, message } of compiled.problems) {
      assert.ok(Number.isInteger(offset) && offset >= 0 && offset <= text.length, `${offset}: ${message}`);
      assert.ok(message.length > 0 && message.length < 5_000);
    }
  }
  return false;
}

describe('any text', () => {
  it('is refused with a place in it, or evaluates to an outcome within the budget', () => {
    fc.assert(
      fc.property(anyText, anyJson, anyJson, (text, object, other) => void checkText(text, object, other)),
      { numRuns: RUNS },
    );
  });
});

describe('an expression over objects of any shape', () => {
  it('evaluates to an outcome within the budget', () => {
    let evaluated = 0;
    fc.assert(
      fc.property(wellTyped(3).bool, anyJson, anyJson, (text, object, other) => {
        if (text.length <= MAX_EXPRESSION_LENGTH && checkText(text, object, other)) evaluated += 1;
      }),
      { numRuns: RUNS },
    );
    assert.ok(evaluated > RUNS / 4, `${evaluated} of ${RUNS}`);
  });

  it('is refused or evaluated when a piece of it stands elsewhere', () => {
    const piece = fc.tuple(fc.nat(300), fc.integer({ min: 1, max: 30 }), fc.nat(300));
    fc.assert(
      fc.property(wellTyped(2).bool, piece, anyJson, (text, [at, length, to], object) => {
        checkText(spoiled(text, at, length, to), object, null);
      }),
      { numRuns: RUNS },
    );
  });

  it('gives the same outcome and the same cost twice', () => {
    fc.assert(
      fc.property(wellTyped(2).bool, anyJson, (text, object) => {
        const compiled = LANGUAGE.compile(text, 'bool');
        fc.pre(compiled.ok);
        const evaluate = (): Outcome => compiled.expression.evaluate(variables(object));
        assert.deepEqual(evaluate(), evaluate());
      }),
      { numRuns: RUNS },
    );
  });
});
