import { childrenOf, type ExpressionNode, type ExpressionProblem } from './expression-tree.ts';
import { readsOf } from './reads.ts';

/** A field of a variable that never has other values than these. */
export interface KnownValues {
  readonly variable: string;
  readonly path: readonly string[];
  readonly values: readonly string[];
  /** Why others do not come, as a hint. */
  readonly why: string;
}

/** Comparisons of such a field with a text that it never has: what they seem to say of it is always true, or always false. */
export function knownValueProblems(
  tree: ExpressionNode,
  known: readonly KnownValues[],
): readonly ExpressionProblem[] {
  const below = childrenOf(tree).flatMap((child) => knownValueProblems(child, known));
  if (tree.kind !== 'binary') return below;
  const { left, right, operator } = tree;
  if (operator === 'in' && right.kind === 'list')
    return [...below, ...right.items.flatMap((item) => problemOf(left, item, known))];
  if (operator !== '==' && operator !== '!=') return below;
  return [...below, ...problemOf(left, right, known), ...problemOf(right, left, known)];
}

function problemOf(
  field: ExpressionNode,
  other: ExpressionNode,
  known: readonly KnownValues[],
): readonly ExpressionProblem[] {
  if (other.kind !== 'literal' || typeof other.value !== 'string') return [];
  const { value, start } = other;
  const found = known.find((each) => isField(field, each));
  if (found === undefined || found.values.includes(value)) return [];
  const { variable, path, values, why } = found;
  const message = `${[variable, ...path].join('.')} is never ${JSON.stringify(value)}, only ${values.join(' or ')}`;
  return [{ message, hint: why, offset: start }];
}

function isField(node: ExpressionNode, { variable, path }: KnownValues): boolean {
  if (node.kind !== 'select' && node.kind !== 'index') return false;
  const [read, ...more] = readsOf(node);
  return (
    more.length === 0 &&
    read?.variable === variable &&
    read.path.length === path.length &&
    read.path.every((token, index) => token === path[index])
  );
}
