/**
 * What is leaned on of `@marcbachmann/cel-js`: it parses and checks types. A new version that changes the shape of its tree, its
 * errors or its limits fails here, before it reads a policy in another way.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { type ASTNode, Environment, ParseError } from '@marcbachmann/cel-js';
import fc from 'fast-check';
import { FUNCTIONS } from '../../../src/core/cel/functions/function-catalogue.ts';
import { makeEnvironment } from '../../../src/core/cel/language.ts';
import { MACROS } from '../../../src/core/cel/macros.ts';
import { CelList, type Value } from '../../../src/core/cel/value.ts';
import { evaluateText, LANGUAGE } from './evaluate-text.ts';
import { SAMPLE, wellTyped } from './well-typed.ts';

const environment = makeEnvironment([{ name: 'object', type: 'dyn', text: '' }]);

/** `op(args)` of a node and those below, with its range. */
function shape(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(shape);
  if (typeof node !== 'object' || node === null) return node;
  const { op, args, start, end } = node as ASTNode;
  return { op, args: shape(args), at: [start, end] };
}

const object = (start: number): object => ({ op: 'id', args: 'object', at: [start, start + 6] });
const one = (start: number): object => ({ op: 'value', args: 1n, at: [start, start + 1] });

describe('the library', () => {
  it('is the version that was looked at', () => {
    const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
    const { dependencies } = JSON.parse(text) as { dependencies: Record<string, string> };
    assert.equal(dependencies['@marcbachmann/cel-js'], '8.0.0');
  });

  it('gives a tree of these nodes, each with its range in the text', () => {
    const rows: readonly (readonly [string, unknown])[] = [
      ['1', one(0)],
      ['1.5', { op: 'value', args: 1.5, at: [0, 3] }],
      ['"a"', { op: 'value', args: 'a', at: [0, 3] }],
      ['null', { op: 'value', args: null, at: [0, 4] }],
      ['object.a', { op: '.', args: [object(0), 'a'], at: [0, 8] }],
      ['object.?a', { op: '.?', args: [object(0), 'a'], at: [0, 9] }],
      ['object[1]', { op: '[]', args: [object(0), one(7)], at: [0, 9] }],
      ['object[?1]', { op: '[?]', args: [object(0), one(8)], at: [0, 10] }],
      ['size(object)', { op: 'call', args: ['size', [object(5)]], at: [0, 12] }],
      ['object.size()', { op: 'rcall', args: ['size', object(0), []], at: [0, 13] }],
      [
        'object.map(x, 1)',
        {
          op: 'rcall',
          args: ['map', object(0), [{ op: 'id', args: 'x', at: [11, 12] }, one(14)]],
          at: [0, 16],
        },
      ],
      [
        'has(object.a)',
        { op: 'call', args: ['has', [{ op: '.', args: [object(4), 'a'], at: [4, 12] }]], at: [0, 13] },
      ],
      ['[1]', { op: 'list', args: [one(1)], at: [0, 3] }],
      ['{1: 1}', { op: 'map', args: [[one(1), one(4)]], at: [0, 6] }],
      ['object ? 1 : 1', { op: '?:', args: [object(0), one(9), one(13)], at: [0, 14] }],
      ['object || object', { op: '||', args: [object(0), object(10)], at: [0, 16] }],
      ['object && object', { op: '&&', args: [object(0), object(10)], at: [0, 16] }],
      ['!object', { op: '!_', args: object(1), at: [0, 7] }],
      ['-object', { op: '-_', args: object(1), at: [0, 7] }],
      ...['==', '!=', 'in', '+', '-', '*', '/', '%', '<', '<=', '>', '>='].map(
        (op) =>
          [`object ${op} 1`, { op, args: [object(0), one(8 + op.length)], at: [0, 9 + op.length] }] as const,
      ),
    ];
    for (const [text, tree] of rows) assert.deepEqual(shape(environment.parse(text).ast), tree, text);
  });

  it('binds operators as CEL does', () => {
    const rows: readonly (readonly [string, string])[] = [
      ['1 + 2 * 3', '1 + (2 * 3)'],
      ['1 - 2 - 3', '(1 - 2) - 3'],
      ['1 < 2 == true', '(1 < 2) == true'],
      ['object || object && object', 'object || (object && object)'],
      ['!object.a', '!(object.a)'],
      ['object ? 1 : object ? 2 : 3', 'object ? 1 : (object ? 2 : 3)'],
      ['-1 + 2', '(-1) + 2'],
      ['1 in [1] && true', '(1 in [1]) && true'],
    ];
    const bare = (text: string): string =>
      JSON.stringify(shape(environment.parse(text).ast), (key, value: unknown) =>
        key === 'at' ? undefined : typeof value === 'bigint' ? `${value}` : value,
      );
    for (const [text, same] of rows) assert.equal(bare(text), bare(same), text);
  });

  it('says what is wrong by code and range, and how far its limits go', () => {
    const errorOf = (text: string): ParseError => {
      try {
        environment.parse(text);
      } catch (error) {
        assert.ok(error instanceof ParseError, text);
        return error;
      }
      return assert.fail(text);
    };
    const rows: readonly (readonly [string, string, number])[] = [
      ['1 +', 'unexpected_token', 3],
      ['(1', 'expected_token', 2],
      ['namespace', 'reserved_identifier', 0],
      ['('.repeat(61), 'limit_exceeded', 60],
      [`[${'1,'.repeat(1_001)}1]`, 'limit_exceeded', 2_001],
    ];
    for (const [text, code, start] of rows) {
      const error = errorOf(text);
      assert.deepEqual([error.code, error.range?.start], [code, start], text.slice(0, 20));
    }
  });

  it('checks types without evaluating, and tells the type', () => {
    const typeOf = (text: string): string | undefined => {
      const { type, error } = environment.parse(text).check();
      return type ?? `${error?.code}: ${error?.summary} at ${error?.range?.start}`;
    };
    assert.equal(typeOf('object.a == 1'), 'bool');
    assert.equal(typeOf('object.a'), 'dyn');
    assert.equal(typeOf('"a" + "b"'), 'string');
    assert.equal(typeOf('true && 1 == "a"'), 'no_such_overload: no such overload: int == string at 8');
    assert.equal(typeOf('true && foo'), 'unknown_variable: Unknown variable: foo at 8');
  });

  it('knows every function and macro of ours, with the types that they have', () => {
    for (const { kind, name, signatures } of FUNCTIONS) {
      for (const signature of signatures) {
        const [, receiver, list = '', type] = /^(?:(.*)\.)?\w+\((.*)\): (.*)$/.exec(signature) ?? [];
        const args = list === '' ? [] : list.split(', ');
        const dyn = `(${args.map(() => 'object.x').join(', ')})`;
        const text = kind === 'method' ? `object.x.${name}${dyn}` : `${name}${dyn}`;
        const result = environment.parse(text).check();
        assert.ok(result.valid, `${signature}: ${result.error?.summary}`);
        assert.ok(receiver !== '' && type !== undefined, signature);
      }
    }
    for (const { usage } of MACROS) {
      for (const text of usage.split(/, (?=list)/)) {
        const call = text.replace(/^(list|optional)/, (word) => (word === 'list' ? '[1]' : 'optional.of(1)'));
        const filled = call
          .replace('a.b.c', 'object.b.c')
          .replace('test', 'true')
          .replace('expression', 'x')
          .replace('value)', '1)')
          .replace('value,', '1,')
          .replace('(optional)', '(optional.none())');
        const result = environment.parse(filled).check();
        assert.ok(result.valid, `${filled}: ${result.error?.summary}`);
      }
    }
  });
});

describe('an expression that both evaluate', () => {
  /** The library wants ints as bigint. */
  const inTheLibrary = (value: unknown): unknown => {
    if (typeof value === 'number') return BigInt(value);
    if (Array.isArray(value)) return value.map(inTheLibrary);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, inTheLibrary(entry)]));
  };
  const reference = new Environment({ enableOptionalTypes: true }).registerVariable('object', 'dyn');
  const plain = (value: Value): unknown => (value instanceof CelList ? value.items.map(plain) : value);

  it('has the same outcome here as in the library', () => {
    const numRuns = Number(process.env['PROPERTY_RUNS'] ?? 1_000);
    let [values, errors] = [0, 0];
    fc.assert(
      fc.property(wellTyped(3).bool, (text) => {
        fc.pre(text.length < 4_000);
        const compiled = LANGUAGE.compile(text, 'bool');
        fc.pre(compiled.ok);
        const outcome = evaluateText(text, SAMPLE);
        let expected: unknown;
        try {
          expected = reference.evaluate(text, { object: inTheLibrary(SAMPLE) });
        } catch {
          expected = 'error';
        }
        if (expected === 'error') errors += 1;
        else values += 1;
        assert.deepEqual(outcome.kind === 'value' ? plain(outcome.value) : outcome.kind, expected, text);
      }),
      { numRuns },
    );
    assert.ok(values > numRuns / 10 && errors > numRuns / 10, `${values} values, ${errors} errors`);
  });
});
