import { Lexer } from 'yaml';

/** A comment, from its `#` to the end of its line. */
export interface Comment {
  readonly offset: number;
  readonly text: string;
}

const SCALAR = '\u001f';
const DOCUMENT = '\u0002';
const FLOW_ERROR_END = '\u0018';

/** All comments of a YAML text, in order. One linear pass of the lexer. */
export function commentsOf(text: string): readonly Comment[] {
  const comments: Comment[] = [];
  let offset = 0;
  let scalar = false;
  for (const lexeme of new Lexer().lex(text)) {
    // Control lexemes stand for themselves and take no room in the text.
    if (lexeme === SCALAR || lexeme === DOCUMENT || lexeme === FLOW_ERROR_END) {
      scalar = lexeme === SCALAR;
      continue;
    }
    if (!scalar && lexeme.startsWith('#')) comments.push({ offset, text: lexeme.replace(/\r$/, '') });
    offset += lexeme.length;
    scalar = false;
  }
  return comments;
}
