import { Lexer } from 'yaml';

/** Nesting that is let through: a policy's deepest field lies under 10 levels, an object's under 20. */
export const MAX_YAML_DEPTH = 40;

const SCALAR = '\u001f';

/**
 * The offset where a text nests deeper than `maxDepth`, by one linear pass of the lexer, which does not recurse; undefined when it
 * nowhere does. The parser behind it recurses once a level, and 10,000 opening brackets end the process there.
 *
 * Block nesting is counted from above: each indicator on a line, and each deeper indented line, counts as a level.
 */
export function tooDeepAt(text: string, maxDepth: number = MAX_YAML_DEPTH): number | undefined {
  const indents: number[] = [];
  let offset = 0;
  let column = 0;
  let flow = 0;
  let indicators = 0;
  let atLineStart = true;
  let scalar = false;
  for (const lexeme of new Lexer().lex(text)) {
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
      if (flow + indents.length + indicators > maxDepth) return offset;
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
