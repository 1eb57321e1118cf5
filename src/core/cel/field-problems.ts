import { didYouMean } from '../policy/did-you-mean.ts';
import { type CallNode, childrenOf, type ExpressionNode, type ExpressionProblem } from './expression-tree.ts';
import type { RecordType, VariableDeclaration, VariableType } from './language.ts';
import { type Read, scopedArgs } from './reads.ts';

/** What was found about the fields that an expression reads. */
export interface FieldReport {
  /** Fields that what has a known type does not have. */
  readonly problems: readonly ExpressionProblem[];
  /** What is read of variables of unknown type, also through names that `cel.bind` gave them; each field by itself. */
  readonly reads: readonly Read[];
}

/**
 * What is known about a part of an expression: the record or list that it is, or the place in a variable of unknown type. An optional
 * is what it holds. `name` is what messages call it; a list that an expression writes has none.
 */
type Shape =
  | { readonly is: 'record'; readonly name: string; readonly record: RecordType }
  | { readonly is: 'list'; readonly name?: string; readonly item: Shape }
  | ({ readonly is: 'place'; readonly name: string } & Read);

/** Shapes by the names that macros bind; undefined for those of which nothing is known. */
type Shapes = ReadonlyMap<string, Shape | undefined>;

/**
 * Follows types through an expression. The library's checker knows some of them, but not within `has()`, behind `.?`, where something may
 * be null, and behind names that macros bind: a misspelt field would never be there, and the rule would silently say something else.
 */
export function reportFields(
  tree: ExpressionNode,
  variables: ReadonlyMap<string, VariableDeclaration>,
): FieldReport {
  const checker = new FieldChecker(variables);
  checker.shapeOf(tree, new Map());
  return checker;
}

class FieldChecker implements FieldReport {
  readonly problems: ExpressionProblem[] = [];
  readonly reads: Read[] = [];
  readonly #variables: ReadonlyMap<string, VariableDeclaration>;

  constructor(variables: ReadonlyMap<string, VariableDeclaration>) {
    this.#variables = variables;
  }

  /** Looks at a node and all below it. */
  shapeOf(node: ExpressionNode, scope: Shapes): Shape | undefined {
    switch (node.kind) {
      case 'name':
        return scope.has(node.name) ? scope.get(node.name) : this.#variable(node.name);
      case 'select': {
        const operand = this.shapeOf(node.operand, scope);
        return this.#field(operand, node.field, node.end - node.field.length);
      }
      case 'index': {
        const operand = this.shapeOf(node.operand, scope);
        this.shapeOf(node.index, scope);
        const { index } = node;
        const key = index.kind === 'literal' ? index.value : undefined;
        if (operand?.is === 'list') {
          const at = typeof key === 'bigint' ? String(key) : '...';
          return operand.name === undefined ? operand.item : renamed(operand.item, `${operand.name}[${at}]`);
        }
        return typeof key === 'string' ? this.#field(operand, key, index.start) : undefined;
      }
      case 'call':
        return this.#call(node, scope);
      case 'list': {
        const [item, ...others] = node.items.map((each) => this.shapeOf(each, scope));
        const same = item !== undefined && others.every((other) => isSame(item, other));
        return same ? { is: 'list', item } : undefined;
      }
      case 'conditional': {
        this.shapeOf(node.condition, scope);
        const [yes, no] = [this.shapeOf(node.yes, scope), this.shapeOf(node.no, scope)];
        return yes !== undefined && isSame(yes, no) ? yes : undefined;
      }
      default:
        for (const child of childrenOf(node)) this.shapeOf(child, scope);
        return undefined;
    }
  }

  #variable(name: string): Shape | undefined {
    const type = this.#variables.get(name)?.type;
    if (type === 'dyn') return { is: 'place', name, variable: name, path: [], offsets: [] };
    return type === undefined ? undefined : shapeOfType(type, name);
  }

  #field(operand: Shape | undefined, field: string, offset: number): Shape | undefined {
    if (operand === undefined || operand.is === 'list') return undefined;
    const name = `${operand.name}.${field}`;
    if (operand.is === 'place') {
      const path = [...operand.path, field];
      const offsets = [...operand.offsets, offset];
      this.reads.push({ variable: operand.variable, path, offsets });
      return { ...operand, name, path, offsets };
    }
    const { fields } = operand.record;
    const type = Object.hasOwn(fields, field) ? fields[field] : undefined;
    if (type !== undefined) return shapeOfType(type, name);
    const known = Object.keys(fields);
    const hint = didYouMean(field, known) ?? `known are ${known.join(', ')}`;
    this.problems.push({ message: `${operand.name} has no field ${field}`, hint, offset });
    return undefined;
  }

  #call(node: CallNode, scope: Shapes): Shape | undefined {
    const { name, receiver, args } = node;
    const scoped = receiver && scopedArgs(name, receiver, args);
    if (scoped === undefined) {
      const [first] = args.map((arg) => this.shapeOf(arg, scope));
      if (receiver === undefined) return undefined;
      if (receiver.kind === 'name' && receiver.name === 'optional') return name === 'of' ? first : undefined;
      const held = this.shapeOf(receiver, scope);
      return HOLDING.has(name) ? held : undefined;
    }
    const [outside] = scoped.outside.map((each) => this.shapeOf(each, scope));
    const bound = name === 'bind' ? outside : outside?.is === 'list' ? outside.item : undefined;
    const inner = new Map([...scope, [scoped.name, bound && renamed(bound, scoped.name)] as const]);
    const last = scoped.inside.map((each) => this.shapeOf(each, inner)).at(-1);
    if (name === 'bind') return last;
    if (name === 'filter') return outside?.is === 'list' ? outside : undefined;
    return name === 'map' && last !== undefined ? { is: 'list', item: last } : undefined;
  }
}

/** Methods of an optional that give what it holds. */
const HOLDING: ReadonlySet<string> = new Set(['value', 'or', 'orValue']);

function shapeOfType(type: VariableType, name: string): Shape | undefined {
  if (typeof type === 'string') return undefined;
  if ('list' in type) return { is: 'list', name, item: { is: 'record', name, record: type.list } };
  return { is: 'record', name, record: type };
}

function renamed(shape: Shape, name: string): Shape {
  return { ...shape, name };
}

function isSame(one: Shape, other: Shape | undefined): boolean {
  if (one.is === 'record') return other?.is === 'record' && other.record === one.record;
  if (one.is === 'list') return other?.is === 'list' && isSame(one.item, other.item);
  return other?.is === 'place' && other.variable === one.variable && other.path.join() === one.path.join();
}
