import { Composer, CST, Lexer, Parser } from 'yaml';
import type { Json } from '../json/json.ts';

/** What a YAML text may hold before it reaches the recursive part of the parser. */
export interface YamlBounds {
  readonly maxChars: number;
  readonly maxDepth: number;
  readonly maxNodes: number;
  /** Words, marks, line breaks and runs of blanks: what the parser's time is proportional to. */
  readonly maxLexemes: number;
}

export type BoundedYaml =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly message: string };

/**
 * Parses one YAML document in which every scalar except null is a string, as it is written: `version: 1.10` stays `1.10`.
 *
 * The token tree is built without recursion and measured before nodes are composed from it, since composing
 * recurses and overflows the stack on deep nesting. Aliases are refused: none of our inputs needs them.
 */
export function parseBoundedYaml(text: string, bounds: YamlBounds): BoundedYaml {
  if (text.length > bounds.maxChars) {
    return { ok: false, message: `YAML of ${text.length} characters, at most ${bounds.maxChars} are read` };
  }
  const tokens = readTokens(text, bounds);
  if (typeof tokens === 'string') return { ok: false, message: tokens };
  const excess = findExcess(tokens, bounds);
  if (excess !== undefined) return { ok: false, message: excess };
  const composer = new Composer({ schema: 'failsafe', customTags: ['null'], uniqueKeys: false });
  const documents = [...composer.compose(tokens, true, text.length)];
  const [document] = documents;
  if (document === undefined) return { ok: true, value: null };
  if (documents.length > 1) return { ok: false, message: 'more than one YAML document' };
  const [error] = document.errors;
  if (error !== undefined) return { ok: false, message: firstLine(error.message) };
  return { ok: true, value: document.toJS({ maxAliasCount: 0 }) as Json };
}

/** The token tree of a text, or why reading it was given up. Stops at the first lexeme beyond a bound. */
function readTokens(text: string, bounds: YamlBounds): readonly CST.Token[] | string {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let lexemes = 0;
  for (const lexeme of new Lexer().lex(text)) {
    lexemes += 1;
    if (lexemes > bounds.maxLexemes) return `more than ${bounds.maxLexemes} YAML lexemes`;
    for (const token of parser.next(lexeme)) tokens.push(token);
    // The document itself and a scalar being read stand on the stack too.
    if (parser.stack.length > bounds.maxDepth + 2) return tooDeep(bounds);
  }
  for (const token of parser.end()) tokens.push(token);
  return tokens;
}

function tooDeep(bounds: YamlBounds): string {
  return `YAML nested deeper than ${bounds.maxDepth} levels`;
}

function findExcess(tokens: readonly CST.Token[], bounds: YamlBounds): string | undefined {
  const pending: { readonly token: CST.Token; readonly depth: number }[] = [];
  const visit = (token: CST.Token | null | undefined, depth: number): void => {
    if (token !== null && token !== undefined) pending.push({ token, depth });
  };
  for (const token of tokens) visit(token, 0);
  let nodes = 0;
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { token, depth } = next;
    nodes += 1;
    if (nodes > bounds.maxNodes) return `more than ${bounds.maxNodes} YAML nodes`;
    if (depth > bounds.maxDepth) return tooDeep(bounds);
    if (token.type === 'alias') return `the alias ${token.source} is not followed`;
    if (token.type === 'document') visit(token.value, depth);
    if (!('items' in token)) continue;
    const repeated = findRepeatedKey(token);
    if (repeated !== undefined)
      return `map keys must be unique, ${JSON.stringify(repeated.slice(0, 100))} is not`;
    for (const item of token.items) {
      visit('key' in item ? item.key : undefined, depth + 1);
      visit(item.value, depth + 1);
    }
  }
  return undefined;
}

/** The parser's own check compares each key of a map with all others, which takes minutes for a large one. */
function findRepeatedKey(token: CST.BlockMap | CST.BlockSequence | CST.FlowCollection): string | undefined {
  const seen = new Set<string>();
  for (const item of token.items) {
    const key = item.key ?? undefined;
    const text = CST.isScalar(key) ? CST.resolveAsScalar(key)?.value : undefined;
    if (text === undefined) continue;
    if (seen.has(text)) return text;
    seen.add(text);
  }
  return undefined;
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0]?.replace(/:$/, '') ?? message;
}
