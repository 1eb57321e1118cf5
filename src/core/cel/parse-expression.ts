/**
 * Reads an expression with the library and turns its tree into ours. This and `language.ts` are the only files that know the library.
 * It parses and checks types; evaluating is ours, since nothing in the library bounds it.
 */
import { type ASTNode, type Environment, ParseError } from '@marcbachmann/cel-js';
import type { ExpressionNode, ExpressionProblem, Literal } from './expression-tree.ts';
import { MAX_EXPRESSION_LENGTH, MAX_NESTING, MAX_NODES, MAX_TREE_DEPTH } from './limits.ts';
import { MAX_INT, MIN_INT } from './value.ts';

export type ParseResult =
  | {
      readonly ok: true;
      readonly tree: ExpressionNode;
      /** The type of the whole in the library's notation, or what is wrong with types. */
      readonly checkTypes: () => TypeResult;
    }
  | { readonly ok: false; readonly problem: ExpressionProblem };

export type TypeResult =
  | { readonly ok: true; readonly type: string }
  | { readonly ok: false; readonly problem: ExpressionProblem };

/** Thrown and caught in this file only. */
class Unsupported extends Error {
  readonly problem: ExpressionProblem;

  constructor(message: string, offset: number, hint?: string) {
    super(message);
    this.problem = hint === undefined ? { message, offset } : { message, offset, hint };
  }
}

/** Reads the syntax of an expression; never throws. */
export function parseExpression(environment: Environment, text: string): ParseResult {
  if (text.length > MAX_EXPRESSION_LENGTH) {
    const message = `the expression has ${text.length} characters; at most ${MAX_EXPRESSION_LENGTH} are read`;
    return { ok: false, problem: { message, offset: 0 } };
  }
  try {
    const parsed = environment.parse(text);
    const tree = toNode(parsed.ast, 1);
    return { ok: true, tree, checkTypes: () => toTypeResult(parsed.check()) };
  } catch (error) {
    return { ok: false, problem: problemOf(error) };
  }
}

function toTypeResult(result: ReturnType<ReturnType<Environment['parse']>['check']>): TypeResult {
  if (result.valid && result.type !== undefined) return { ok: true, type: result.type };
  const { error } = result;
  const message = error === undefined ? 'the types do not fit' : plain(error.summary);
  return { ok: false, problem: { message, offset: error?.range?.start ?? 0 } };
}

function problemOf(error: unknown): ExpressionProblem {
  if (error instanceof Unsupported) return error.problem;
  // The library's parser recurses; what is left of the stack depends on the caller, so this text is the same for any depth.
  if (error instanceof RangeError) return { message: 'the expression is nested too deeply', offset: 0 };
  if (!(error instanceof ParseError)) return { message: 'the expression cannot be read', offset: 0 };
  const offset = error.range?.start ?? 0;
  if (error.code === 'limit_exceeded') return { message: limitMessage(error.summary), offset };
  if (error.code === 'reserved_identifier' && error.summary.endsWith(' namespace')) {
    const hint = 'it is a reserved word of CEL; write namespaceObject, as in Kubernetes';
    return { message: 'namespace is no variable', hint, offset };
  }
  return { message: plain(error.summary), offset };
}

function limitMessage(summary: string): string {
  if (summary.includes('maxAstNodes')) return `the expression has more than ${MAX_NODES} parts`;
  if (summary.includes('maxDepth')) return `the expression is nested more than ${MAX_NESTING} deep`;
  const [, what = '', limit = ''] = /max(\w+) \((\d+)\)/.exec(summary) ?? [];
  const named: Readonly<Record<string, string>> = {
    ListElements: 'a list with more than',
    MapEntries: 'a map with more than',
    CallArguments: 'a call with more than',
  };
  return `the expression has ${named[what] ?? 'more than'} ${limit} entries`;
}

/** The library begins sentences with capitals and calls tokens by names such as RPAREN. */
function plain(summary: string): string {
  const words: Readonly<Record<string, string>> = {
    EOF: 'the end',
    LPAREN: '(',
    RPAREN: ')',
    LBRACKET: '[',
    RBRACKET: ']',
    LBRACE: '{',
    RBRACE: '}',
    COMMA: ',',
    COLON: ':',
    DOT: '.',
    QUESTION: '?',
    IDENTIFIER: 'a name',
    NUMBER: 'a number',
    STRING: 'a text',
    BOOLEAN: 'true or false',
    NULL: 'null',
  };
  const said = summary
    .replace(/^Unexpected token: EOF$/, 'the expression ends too early')
    .replace(/^Unexpected token: /, 'unexpected ')
    .replaceAll(/\b[A-Z]{2,}\b/g, (word) => words[word] ?? word);
  return `${said.charAt(0).toLowerCase()}${said.slice(1)}`;
}

function toNode(node: ASTNode, depth: number): ExpressionNode {
  const { start, end } = node;
  if (depth > MAX_TREE_DEPTH) {
    const hint = 'a long chain of || can be a list: x in ["a", "b"]';
    throw new Unsupported(`the expression is more than ${MAX_TREE_DEPTH} operators deep`, start, hint);
  }
  const below = (child: ASTNode): ExpressionNode => toNode(child, depth + 1);
  const at = { start, end };
  switch (node.op) {
    case 'value':
      return { kind: 'literal', value: literalOf(node.args, start), ...at };
    case 'id':
      return { kind: 'name', name: node.args, ...at };
    case '.':
    case '.?': {
      const [operand, field] = node.args;
      return { kind: 'select', operand: below(operand), field, optional: node.op === '.?', ...at };
    }
    case '[]':
    case '[?]': {
      const [operand, index] = node.args;
      return {
        kind: 'index',
        operand: below(operand),
        index: below(index),
        optional: node.op === '[?]',
        ...at,
      };
    }
    case 'call': {
      const [name, args] = node.args;
      return { kind: 'call', name, args: args.map(below), ...at };
    }
    case 'rcall': {
      const [name, receiver, args] = node.args;
      return { kind: 'call', name, receiver: below(receiver), args: args.map(below), ...at };
    }
    case 'list':
      return { kind: 'list', items: node.args.map(below), ...at };
    case 'map':
      return {
        kind: 'map',
        entries: node.args.map(([key, value]) => [below(key), below(value)] as const),
        ...at,
      };
    case '?:': {
      const [condition, yes, no] = node.args;
      return { kind: 'conditional', condition: below(condition), yes: below(yes), no: below(no), ...at };
    }
    case '||':
    case '&&': {
      const [left, right] = node.args;
      return { kind: 'logical', operator: node.op, left: below(left), right: below(right), ...at };
    }
    case '!_':
      return { kind: 'unary', operator: '!', operand: below(node.args), ...at };
    case '-_':
      return negated(node.args, at, below);
    default: {
      const [left, right] = node.args;
      return { kind: 'binary', operator: node.op, left: below(left), right: below(right), ...at };
    }
  }
}

/** `-9223372036854775808` is one literal: its digits alone are beyond 64 bits. */
function negated(
  operand: ASTNode,
  at: { readonly start: number; readonly end: number },
  below: (child: ASTNode) => ExpressionNode,
): ExpressionNode {
  if (operand.op === 'value' && typeof operand.args === 'bigint')
    return { kind: 'literal', value: literalOf(-operand.args, at.start), ...at };
  return { kind: 'unary', operator: '-', operand: below(operand), ...at };
}

function literalOf(value: unknown, offset: number): Literal {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      return value;
    case 'bigint':
      if (value >= MIN_INT && value <= MAX_INT) return value;
      throw new Unsupported('the number does not fit an int of 64 bits', offset);
    default:
      if (value === null) return null;
      throw new Unsupported('bytes and unsigned integers are not supported', offset, 'no variable holds one');
  }
}
