/** An expression as a tree of our own, so that only one file knows the library's. Offsets count UTF-16 units of the text. */
import type { ArithmeticOperator } from './arithmetic.ts';

interface At {
  readonly start: number;
  readonly end: number;
}

export type Literal = null | boolean | string | bigint | number;
export type ComparisonOperator = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in';

export interface LiteralNode extends At {
  readonly kind: 'literal';
  readonly value: Literal;
}

export interface NameNode extends At {
  readonly kind: 'name';
  readonly name: string;
}

/** `operand.field`, or with `optional` `operand.?field`. */
export interface SelectNode extends At {
  readonly kind: 'select';
  readonly operand: ExpressionNode;
  readonly field: string;
  readonly optional: boolean;
}

/** `operand[index]`, or with `optional` `operand[?index]`. */
export interface IndexNode extends At {
  readonly kind: 'index';
  readonly operand: ExpressionNode;
  readonly index: ExpressionNode;
  readonly optional: boolean;
}

/** `name(args)`, or `receiver.name(args)`. */
export interface CallNode extends At {
  readonly kind: 'call';
  readonly name: string;
  readonly receiver?: ExpressionNode;
  readonly args: readonly ExpressionNode[];
}

export interface ListNode extends At {
  readonly kind: 'list';
  readonly items: readonly ExpressionNode[];
}

export interface MapNode extends At {
  readonly kind: 'map';
  readonly entries: readonly (readonly [ExpressionNode, ExpressionNode])[];
}

export interface ConditionalNode extends At {
  readonly kind: 'conditional';
  readonly condition: ExpressionNode;
  readonly yes: ExpressionNode;
  readonly no: ExpressionNode;
}

export interface LogicalNode extends At {
  readonly kind: 'logical';
  readonly operator: '&&' | '||';
  readonly left: ExpressionNode;
  readonly right: ExpressionNode;
}

export interface UnaryNode extends At {
  readonly kind: 'unary';
  readonly operator: '!' | '-';
  readonly operand: ExpressionNode;
}

export interface BinaryNode extends At {
  readonly kind: 'binary';
  readonly operator: ArithmeticOperator | ComparisonOperator;
  readonly left: ExpressionNode;
  readonly right: ExpressionNode;
}

export type ExpressionNode =
  | LiteralNode
  | NameNode
  | SelectNode
  | IndexNode
  | CallNode
  | ListNode
  | MapNode
  | ConditionalNode
  | LogicalNode
  | UnaryNode
  | BinaryNode;

/** What is wrong with an expression, and where in its text. */
export interface ExpressionProblem {
  /** One line. */
  readonly message: string;
  /** One line: what to write instead. */
  readonly hint?: string;
  readonly offset: number;
}

/** The nodes directly below one. */
export function childrenOf(node: ExpressionNode): readonly ExpressionNode[] {
  switch (node.kind) {
    case 'literal':
    case 'name':
      return [];
    case 'select':
    case 'unary':
      return [node.operand];
    case 'index':
      return [node.operand, node.index];
    case 'call':
      return node.receiver === undefined ? node.args : [node.receiver, ...node.args];
    case 'list':
      return node.items;
    case 'map':
      return node.entries.flat();
    case 'conditional':
      return [node.condition, node.yes, node.no];
    case 'logical':
    case 'binary':
      return [node.left, node.right];
  }
}
