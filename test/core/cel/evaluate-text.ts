import assert from 'node:assert/strict';
import { Language, type Outcome } from '../../../src/core/cel/compile-expression.ts';
import { parseTimestamp } from '../../../src/core/cel/time-value.ts';
import { CelList, CelMap, fromJson, UnknownFact, type Value } from '../../../src/core/cel/value.ts';
import type { Json } from '../../../src/core/json/json.ts';

/** A language with a variable of every kind of type. */
export const LANGUAGE: Language = new Language([
  { name: 'object', type: 'dyn', text: 'any JSON' },
  { name: 'other', type: 'dyn', text: 'any JSON' },
  { name: 'now', type: 'timestamp', text: 'a moment' },
  {
    name: 'request',
    type: {
      name: 'Request',
      fields: {
        operation: 'string',
        userInfo: { name: 'UserInfo', fields: { username: 'string', groups: 'texts' } },
      },
    },
    text: 'a record',
  },
  {
    name: 'source',
    type: { name: 'Source', nullable: true, fields: { url: 'string' } },
    text: 'a record or null',
  },
  {
    name: 'spaces',
    type: { list: { name: 'Space', fields: { name: 'string', labels: 'strings' } } },
    text: 'records',
  },
  { name: 'unknown', type: 'dyn', text: 'what is not known' },
]);

export const NOW = '2026-06-01T12:30:00Z';

export const UNKNOWN: UnknownFact = new UnknownFact('the fact', 'Unavailable');

/** Values of the variables; `object` and `other` are JSON. */
export function variables(object: Json, other: Json = null): (name: string) => Value {
  return (name) => {
    switch (name) {
      case 'object':
        return fromJson(object);
      case 'other':
        return fromJson(other);
      case 'now':
        return parseTimestamp(NOW) ?? null;
      case 'request':
        return { operation: 'CREATE', userInfo: { username: 'alice', groups: ['dev', 'ops'] } };
      case 'spaces':
        return new CelList([
          { name: 'a', labels: { tier: 'prod' } },
          new CelMap(
            new Map<string, Value>([
              ['name', 'b'],
              ['labels', UNKNOWN],
            ]),
          ),
        ]);
      case 'unknown':
        return UNKNOWN;
      default:
        return null;
    }
  };
}

/** The outcome of an expression that compiles. */
export function evaluateText(text: string, object: Json = {}, limit?: number, other: Json = null): Outcome {
  const result = LANGUAGE.compile(text, 'bool');
  assert.ok(result.ok, result.ok ? '' : `${text}: ${JSON.stringify(result.problems)}`);
  return result.expression.evaluate(variables(object, other), limit);
}

/** The value that an expression gives, or `kind: message`. */
export function said(text: string, object: Json = {}, other: Json = null): Value | string {
  const outcome = evaluateText(text, object, undefined, other);
  return outcome.kind === 'value' ? outcome.value : `${outcome.kind}: ${outcome.message}`;
}

/** `offset: message (hint)` of each problem of an expression that does not compile. */
export function problemsOf(text: string, gives: 'bool' | 'string' = 'bool'): readonly string[] {
  const result = LANGUAGE.compile(text, gives);
  if (result.ok) return [];
  return result.problems.map(
    ({ offset, message, hint }) => `${offset}: ${message}${hint === undefined ? '' : ` (${hint})`}`,
  );
}
