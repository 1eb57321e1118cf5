import { didYouMean } from '../policy/did-you-mean.ts';
import type { ExpressionProblem } from './expression-tree.ts';
import type { VariableDeclaration, VariableType } from './language.ts';
import type { Read } from './reads.ts';

/**
 * Fields that a variable of a known type does not have. The library's checker finds some of them, but not within `has()` or behind
 * `.?`, where a misspelt field would never be there and the rule would silently say something else.
 */
export function fieldProblems(
  reads: readonly Read[],
  variables: ReadonlyMap<string, VariableDeclaration>,
): readonly ExpressionProblem[] {
  return reads.flatMap((read) => {
    let type: VariableType | undefined = variables.get(read.variable)?.type;
    let name = read.variable;
    for (const [index, token] of read.path.entries()) {
      if (type === undefined || typeof type === 'string' || 'list' in type) return [];
      const { fields }: { readonly fields: Readonly<Record<string, VariableType>> } = type;
      if (!Object.hasOwn(fields, token)) {
        const known = Object.keys(fields);
        const hint = didYouMean(token, known) ?? `known are ${known.join(', ')}`;
        return [{ message: `${name} has no field ${token}`, hint, offset: read.offsets[index] ?? 0 }];
      }
      type = fields[token];
      name = `${name}.${token}`;
    }
    return [];
  });
}
