import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Json, JsonObject } from '../../../src/core/json/json.ts';
import { compileMatch } from '../../../src/core/policy/compile-match.ts';
import { matchSubject } from '../../../src/core/policy/match.ts';
import { matchContext } from '../../../src/core/policy/match-context.ts';
import { matchesName } from '../../../src/core/policy/name-pattern.ts';
import { factsWith, helmRelease, subjectOf } from './policy-fixture.ts';

const numRuns = 2 * Number(process.env['PROPERTY_RUNS'] ?? 400);

/** Texts that trip up comparisons: what every object has, what patterns mean, no text at all, what looks alike. */
const text = fc.oneof(
  fc.constantFrom(
    '',
    'a',
    'A',
    'b',
    '*',
    'a*',
    '.',
    '__proto__',
    'constructor',
    'toString',
    'ａ',
    'é',
    'e\u0301',
  ),
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 12 }),
);
const key = fc.constantFrom('a', 'b', '__proto__', 'constructor', 'hasOwnProperty', '');
const labels = fc.dictionary(key, text, { maxKeys: 4 });
const expression = fc.oneof(
  fc.record({
    key,
    operator: fc.constantFrom('In', 'NotIn'),
    values: fc.array(text, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ key, operator: fc.constantFrom('Exists', 'DoesNotExist') }),
) as fc.Arbitrary<{ readonly key: string; readonly operator: string; readonly values?: string[] }>;
const selector = fc.record({ matchLabels: labels, matchExpressions: fc.array(expression, { maxLength: 3 }) });

/** What the Kubernetes documentation says of selectors, on a map that has no members of its own. */
function selects(
  {
    matchLabels,
    matchExpressions,
  }: {
    matchLabels: Record<string, string>;
    matchExpressions: (typeof expression extends fc.Arbitrary<infer T> ? T : never)[];
  },
  have: Record<string, string>,
): boolean {
  const known = new Map(Object.entries(have));
  const equal = Object.entries(matchLabels).map(([name, value]) => known.get(name) === value);
  const fit = matchExpressions.map(({ key: name, operator, values = [] }) => {
    const among = values.some((value) => known.has(name) && value === known.get(name));
    if (operator === 'In') return among;
    if (operator === 'NotIn') return !among;
    return known.has(name) === (operator === 'Exists');
  });
  return ![...equal, ...fit].includes(false);
}

/** The glob by its table of prefixes, in which nothing is clever. */
function globs(pattern: string, name: string): boolean {
  let reached = [true, ...Array.from(name, () => false)];
  const letters = Array.from(name);
  for (const letter of pattern) {
    const next = reached.map((_, at) =>
      letter === '*'
        ? reached.slice(0, at + 1).includes(true)
        : at > 0 && reached[at - 1] === true && letters[at - 1] === letter,
    );
    reached = next;
  }
  return reached.at(-1) === true;
}

/** The namespace and the name of a request are texts, whatever its object holds. */
const judged = (match: JsonObject, object: JsonObject) => {
  const subject = { ...subjectOf(helmRelease({})), object };
  return matchSubject(compileMatch(match), matchContext(subject, object, factsWith(), 'admission'));
};

describe('a match on hostile texts', () => {
  it('selects by labels as the Kubernetes documentation says, and excludes by the same', () => {
    let selected = 0;
    fc.assert(
      fc.property(selector, labels, (want, have) => {
        const object = helmRelease({}, { labels: have });
        const expected = selects(want, have);
        if (expected) selected += 1;
        const written = want as unknown as JsonObject;
        assert.equal(judged({ labels: written }, object) === 'Match', expected);
        assert.equal(judged({ exclude: { labels: written } }, object) === 'Match', !expected);
      }),
      { numRuns },
    );
    assert.ok(selected > numRuns / 20, `${selected} of ${numRuns} were selected`);
  });

  it('fits names to patterns as a table of prefixes does', () => {
    let fitting = 0;
    fc.assert(
      fc.property(text, text, (pattern, name) => {
        const match = compileMatch({ names: [pattern] }).names?.[0];
        assert.ok(match !== undefined);
        const expected = globs(pattern, name);
        if (expected) fitting += 1;
        assert.equal(matchesName(match, name), expected, JSON.stringify({ pattern, name }));
      }),
      { numRuns },
    );
    assert.ok(fitting > numRuns / 50, `${fitting} of ${numRuns} fitted`);
  });

  it('never throws, whatever an object holds where names, labels and namespaces are read', () => {
    const anything = fc.jsonValue() as fc.Arbitrary<Json>;
    fc.assert(
      fc.property(anything, anything, anything, selector, (name, spec, own, want) => {
        const object = {
          ...helmRelease({}),
          metadata: { name, labels: own, annotations: own },
          spec,
        } as JsonObject;
        const match = {
          labels: want as unknown as JsonObject,
          namespaces: { names: ['a*'] },
          kubeConfig: false,
        };
        assert.match(judged(match, object), /^(No|Other)?(Match|Request)$/);
      }),
      { numRuns },
    );
  });
});
