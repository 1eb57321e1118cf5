import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { buildTree, parseProblem, walk } from './command-tree.ts';
import type { Desk } from './desk.ts';
import { yamlProblems } from './manifest-problems.ts';
import { anchorsOf, type Block, proseOf, readBlocks, readLinks } from './read-markdown.ts';
import { type Example, helmgateCalls, readCommands, readExamples } from './read-shell.ts';

export interface Document {
  /** Relative to the root of the repository. */
  readonly path: string;
  readonly text: string;
}

export interface Checked {
  /** `path:line: what is wrong` */
  readonly problems: readonly string[];
  /** Command lines that were really run. */
  readonly ran: number;
  /** Calls of helmgate that were only parsed, since they need a cluster. */
  readonly parsed: number;
}

/** Languages that a block may have; `text` is for what nobody could run. */
const LANGUAGES: ReadonlySet<string> = new Set(['sh', 'console', 'yaml', 'json', 'text', 'ts']);
/** Programs that a command line with helmgate may use and still be run. */
const HARMLESS: ReadonlySet<string> = new Set(['helmgate', 'npx', 'kustomize', 'printf', 'cat', 'head']);
/** Commands that need no cluster, whatever their flags. */
const OFFLINE: ReadonlySet<string> = new Set([
  'check',
  'fix',
  'range',
  'certs',
  'completion',
  'test',
  'lint',
  'explain',
  'schema',
]);
/** Commands that judge: they end with 1 when what they judge is refused. */
const JUDGES: ReadonlySet<string> = new Set(['check', 'fix', 'range', 'audit', 'test', 'lint']);
/** Flags in the prose that are other programs' own. */
const FOREIGN_FLAGS: ReadonlySet<string> = new Set([
  '--server-side',
  '--atomic',
  '--rollback-on-failure',
  '--wait',
  '--requestheader-client-ca-file',
]);

/** Checks the examples and links of a document; commands that need no cluster are run at the desk. */
export async function checkDocument(root: string, document: Document, desk: Desk): Promise<Checked> {
  const { path, text } = document;
  const problems: string[] = [];
  const say = (line: number, what: string): number => problems.push(`${path}:${line}: ${what}`);
  let [ran, parsed] = [0, 0];
  for (const block of readBlocks(text)) {
    if (!LANGUAGES.has(block.language)) say(block.line - 1, `a block of language '${block.language}'`);
    if (block.language === 'yaml') {
      for (const problem of yamlProblems(block.lines.join('\n'))) say(block.line, problem);
    }
    if (block.language === 'json') JSON.parse(block.lines.join('\n'));
    for (const example of isShell(block) ? readExamples(block) : []) {
      const calls = helmgateCalls(example.command);
      const wrong = [...(await callProblems(calls)), ...scriptProblems(root, example)];
      for (const problem of wrong) say(example.line, problem);
      if (wrong.length > 0) continue;
      if (calls.length > 0 && isOffline(example, calls)) {
        ran += 1;
        for (const problem of await runProblems(example, calls, desk)) say(example.line, problem);
      } else {
        parsed += calls.length;
        if (example.output !== undefined) say(example.line, 'output is shown for a command that is not run');
      }
    }
  }
  problems.push(...linkProblems(root, document), ...flagProblems(document));
  return { problems, ran, parsed };
}

function isShell({ language }: Block): boolean {
  return language === 'sh' || language === 'console';
}

async function callProblems(calls: readonly (readonly string[])[]): Promise<readonly string[]> {
  const found = await Promise.all(calls.map(parseProblem));
  return found.filter((problem) => problem !== undefined);
}

/** `npm run NAME` must be a script, and `node FILE` a file; with or without `npx`. */
function scriptProblems(root: string, { command }: Example): readonly string[] {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return readCommands(command).flatMap((words) => {
    const [program, first = '', second = ''] = words[0] === 'npx' ? words.slice(1) : words;
    if (program === 'npm' && first === 'run' && !(second in scripts))
      return [`there is no script '${second}'`];
    if (program === 'node' && !existsSync(join(root, first))) return [`there is no file ${first}`];
    return [];
  });
}

/** Whether a line can be run without a cluster, and ends by itself. */
function isOffline({ command }: Example, calls: readonly (readonly string[])[]): boolean {
  if (!readCommands(command).every(([program = '']) => HARMLESS.has(program))) return false;
  return calls.every(([name = '', ...rest]) => {
    if (name === 'create') return rest.includes('--export');
    if (name === 'audit') return !rest.includes('-f') && !rest.includes('--follow');
    return OFFLINE.has(name);
  });
}

/** Exit code 1 is an answer for the commands that judge, and a failure for the others. */
async function runProblems(
  { command, output }: Example,
  calls: readonly (readonly string[])[],
  desk: Desk,
): Promise<readonly string[]> {
  const judges = calls.every(([name = '']) => JUDGES.has(name));
  const result = await desk.run(command);
  if (result.code !== 0 && !(judges && result.code === 1)) {
    return [`exit code ${result.code}: ${result.output.trim()}`];
  }
  const expected = output?.join('\n').trim();
  return expected === undefined || matches(result.output.trim(), expected)
    ? []
    : [`prints\n${result.output.trim()}\ninstead of\n${expected}`];
}

/** Equal, but for lines `...` that stand for any number of lines. */
function matches(actual: string, expected: string): boolean {
  const pieces = expected
    .split(/^\.\.\.$/m)
    .map((piece) => piece.trim().replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${pieces.join('[^]*')}$`).test(actual);
}

function linkProblems(root: string, { path, text }: Document): readonly string[] {
  return readLinks(text).flatMap(({ target, line }) => {
    if (/^[a-z]+:/.test(target)) return [];
    const [file = '', anchor] = target.split('#');
    const linked = file === '' ? path : normalize(join(dirname(path), file));
    if (file !== '' && !existsSync(join(root, linked))) return [`${path}:${line}: no such file: ${target}`];
    if (anchor === undefined) return [];
    const other = file === '' ? text : readFileSync(join(root, linked), 'utf8');
    return anchorsOf(other).has(anchor) ? [] : [`${path}:${line}: no such heading: ${target}`];
  });
}

/** Flags named in the prose must be flags of some command; benchmarks have their own. */
function flagProblems({ path, text }: Document): readonly string[] {
  if (path.startsWith('bench/')) return [];
  const known = new Set(walk(buildTree()).flatMap(({ options }) => options.map(({ long }) => long)));
  return proseOf(text)
    .split('\n')
    .flatMap((line, index) =>
      [...line.matchAll(/`[^`]*`/g)]
        .flatMap(([code]) => [...code.matchAll(/(?<=[`\s])--[a-z][a-z0-9-]*/g)].map(([flag]) => flag))
        .filter((flag) => !known.has(flag) && flag !== '--help' && !FOREIGN_FLAGS.has(flag))
        .map((flag) => `${path}:${index + 1}: no command has ${flag}`),
    );
}
