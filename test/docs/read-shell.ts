import type { Block } from './read-markdown.ts';

/** One command line of a block, continued lines joined; `output` is what a `console` block says that it prints. */
export interface Example {
  readonly line: number;
  readonly command: string;
  readonly output?: readonly string[];
}

/** The command lines of an `sh` block, or those behind `$` of a `console` block. */
export function readExamples({ language, line, lines }: Block): readonly Example[] {
  const examples: { line: number; command: string; output?: string[] }[] = [];
  let continues = false;
  for (const [index, text] of lines.entries()) {
    const last = examples.at(-1);
    if (continues && last !== undefined) last.command += `\n${text}`;
    else if (language === 'console' && !text.startsWith('$ ')) {
      if (last === undefined) throw new Error(`line ${line + index}: output before the first "$ command"`);
      last.output?.push(text);
      continue;
    } else if (text.trim() !== '' && !text.trimStart().startsWith('#')) {
      const command = language === 'console' ? text.slice(2) : text;
      examples.push({ line: line + index, command, ...(language === 'console' ? { output: [] } : {}) });
    } else continue;
    continues = text.endsWith('\\');
  }
  return examples;
}

/**
 * The simple commands of a command line, as words: of pipelines and lists, and those within `$(...)` and `<(...)`. Redirections and
 * comments are left out. Reads the shell that examples are written in, not all of it: no here-documents, no functions.
 */
export function readCommands(text: string): readonly (readonly string[])[] {
  const commands: string[][] = [];
  let words: string[] = [];
  let word: string | undefined;
  let skipsWord = false;
  const endWord = (): void => {
    if (word !== undefined && !skipsWord) words.push(word);
    if (word !== undefined) skipsWord = false;
    word = undefined;
  };
  const endCommand = (): void => {
    endWord();
    if (words.length > 0) commands.push(words);
    words = [];
  };
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const mark = text[at] ?? '';
    const two = text.slice(at, at + 2);
    if (two === '$(' || (two === '<(' && !quoted)) {
      const end = endOfParenthesis(text, at + 2);
      commands.push(...readCommands(text.slice(at + 2, end)).map((inner) => [...inner]));
      word = `${word ?? ''}x`;
      at = end;
    } else if (mark === '\\' && text[at + 1] === '\n') at += 1;
    else if (mark === '\\') {
      word = `${word ?? ''}${text[at + 1] ?? ''}`;
      at += 1;
    } else if (mark === '"') {
      quoted = !quoted;
      word ??= '';
    } else if (quoted) word = `${word ?? ''}${mark}`;
    else if (mark === "'") {
      const end = text.indexOf("'", at + 1);
      if (end < 0) throw new Error(`a single quote is not closed: ${text}`);
      word = `${word ?? ''}${text.slice(at + 1, end)}`;
      at = end;
    } else if (mark === '#' && word === undefined) {
      const end = text.indexOf('\n', at);
      at = end < 0 ? text.length : end - 1;
    } else if (/[|;&\n]/.test(mark)) endCommand();
    else if (mark === '>' || mark === '<') {
      endWord();
      skipsWord = true;
    } else if (/\s/.test(mark)) endWord();
    else word = `${word ?? ''}${mark}`;
  }
  if (quoted) throw new Error(`a double quote is not closed: ${text}`);
  endCommand();
  return commands;
}

function endOfParenthesis(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '(') depth += 1;
    if (text[at] === ')') depth -= 1;
    if (depth === 0) return at;
  }
  throw new Error(`a parenthesis is not closed: ${text}`);
}

/** The arguments of helmgate's own calls in a command line; with or without `npx` before them. */
export function helmgateCalls(text: string): readonly (readonly string[])[] {
  return readCommands(text).flatMap((words) => {
    if (words[0] === 'helmgate') return [words.slice(1)];
    return words[0] === 'npx' && words[1] === 'helmgate' ? [words.slice(2)] : [];
  });
}
