import { Lexer } from 'yaml';
import type { YamlProblem } from './parse-yaml.ts';

/** Nesting that is let through: a policy's deepest field lies under 10 levels, an object's under 20. */
export const MAX_YAML_DEPTH = 40;

const SCALAR = '\u001f';

/**
 * Where a text nests too deeply, or has more tokens than the budget, by one linear pass of the lexer, which does not recurse; undefined when
 * it does neither. The parser behind it recurses once a level, and 10,000 opening brackets end the process there. What was read is taken off
 * the budget.
 *
 * Block nesting is counted from above: each indicator on a line, and each deeper indented line, counts as a level.
 */
export function lexicalProblem(
  text: string,
  budget: { tokens: number },
  budgetOf = 'the policies have',
): YamlProblem | undefined {
  const indents: number[] = [];
  let offset = 0;
  let column = 0;
  let flow = 0;
  let indicators = 0;
  let atLineStart = true;
  let scalar = false;
  for (const lexeme of new Lexer().lex(text)) {
    if (budget.tokens === 0)
      return { offset, message: `${budgetOf} too many tokens: nothing is read from here on` };
    budget.tokens -= 1;
    // Control lexemes stand for themselves and take no room in the text.
    if (lexeme === SCALAR || lexeme === '\u0002' || lexeme === '\u0018') {
      scalar = lexeme === SCALAR;
      continue;
    }
    const blank = /^[ \t]*$/.test(lexeme);
    if (atLineStart && !blank && lexeme !== '\n' && lexeme !== '\r\n' && !lexeme.startsWith('#')) {
      while (indents.length > 0 && (indents.at(-1) ?? 0) >= column) indents.pop();
      indents.push(column);
      indicators = 0;
      atLineStart = false;
    }
    if (!scalar) {
      if (lexeme === '{' || lexeme === '[') flow += 1;
      else if (lexeme === '}' || lexeme === ']') flow = Math.max(0, flow - 1);
      else if (flow === 0 && (lexeme === '-' || lexeme === '?' || lexeme === ':')) indicators += 1;
      if (flow + indents.length + indicators > MAX_YAML_DEPTH)
        return { offset, message: 'nested too deeply here' };
    }
    offset += lexeme.length;
    const lineEnd = lexeme.lastIndexOf('\n');
    if (lineEnd === -1) column += lexeme.length;
    else {
      column = lexeme.length - lineEnd - 1;
      atLineStart = flow === 0;
      if (flow === 0) indicators = 0;
    }
    scalar = false;
  }
  return undefined;
}
