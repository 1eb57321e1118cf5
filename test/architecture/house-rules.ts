/**
 * The house's rules about structure, as one pure function over file texts: which ring may import which, what the
 * pure core may not do, and names that say nothing. `architecture.test.ts` runs it on the tree and on planted
 * violations.
 */

/** A source file: path relative to the repository root with `/`, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** A broken rule and where. */
export interface Violation {
  readonly path: string;
  readonly line: number;
  readonly rule: string;
  readonly detail: string;
}

/** Packages that the pure core may import (docs/architecture.md, "Three rings"). */
const CORE_PACKAGES: readonly string[] = ['yaml', 'ajv', 're2js', '@marcbachmann/cel-js', '@noble/hashes'];

/** Folders of src and what each may import from, besides itself; `*` in the place of a name is any one folder. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  io: ['core'],
  runtime: ['core', 'io/contract'],
  config: ['core'],
  sandbox: ['core', 'config'],
  demo: ['core', 'config', 'sandbox'],
  cli: ['core', 'io', 'runtime', 'config', 'sandbox', 'demo'],
  main: ['core', 'io', 'runtime', 'config', 'sandbox', 'cli'],
};

const EMPTY_NAMES = /(^|\/)(utils?|helpers?|common|misc|types|manager|service)(\.ts$|\/)/;

/** What makes a module impure: waiting, clocks, chance, the process. */
const IMPURE: readonly { readonly pattern: RegExp; readonly what: string }[] = [
  { pattern: /\bawait\b/, what: 'await' },
  { pattern: /\basync\b/, what: 'async' },
  { pattern: /\bPromise\b/, what: 'Promise' },
  { pattern: /\bDate\.now\b|\bnew Date\(\s*\)/, what: 'the clock' },
  { pattern: /\bperformance\./, what: 'the clock' },
  { pattern: /\bMath\.random\b|\bcrypto\./, what: 'chance' },
  { pattern: /\bprocess\b\s*[.[]/, what: 'process' },
  { pattern: /\bglobalThis\b/, what: 'globalThis' },
  { pattern: /\bsetTimeout\b|\bsetInterval\b|\bsetImmediate\b|\bqueueMicrotask\b/, what: 'a timer' },
  { pattern: /\bconsole\./, what: 'console' },
  { pattern: /\bfetch\(/, what: 'fetch' },
];

/** Blanks comments and the contents of plain string literals, keeping line breaks, so that prose breaks no rule. */
export function blankProse(text: string): string {
  const blank = (match: string): string => match.replace(/[^\n]/g, ' ');
  return text.replace(
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`/g,
    (match) => (match.startsWith('`') && match.includes('${') ? match : blank(match)),
  );
}

function roomOf(path: string): string {
  const parts = path.split('/');
  return parts[1] === 'main.ts' ? 'main' : (parts[1] ?? '');
}

function resolveImport(from: string, specifier: string): string {
  const parts = from.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}

function* importsOf(file: SourceFile): Generator<{ specifier: string; line: number; typeOnly: boolean }> {
  const pattern =
    /(?:^|\n)\s*(?:import|export)\s+(type\s+)?(?:[\w*{}\s,$]+?\s+from\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;
  for (const match of file.text.matchAll(pattern)) {
    const specifier = match[2] ?? match[3];
    if (specifier === undefined) continue;
    yield {
      specifier,
      line: file.text.slice(0, match.index + match[0].length).split('\n').length,
      typeOnly: match[1] !== undefined,
    };
  }
}

function judgeImport(path: string, specifier: string): string | undefined {
  const room = roomOf(path);
  if (!specifier.startsWith('.')) {
    if (room !== 'core') return undefined;
    const known = CORE_PACKAGES.some((name) => specifier === name || specifier.startsWith(`${name}/`));
    return known ? undefined : `core imports ${specifier}`;
  }
  const target = resolveImport(path, specifier);
  if (!target.startsWith('src/'))
    return target === 'package.json' ? undefined : `imports ${target}, outside src`;
  const to = roomOf(target);
  if (to === room) {
    const [, , fromFolder] = path.split('/');
    const [, , toFolder, deeper] = target.split('/');
    const between =
      room === 'io' && fromFolder !== toFolder && deeper !== undefined && path.split('/').length > 3;
    return between ? `io/${fromFolder} imports io/${toFolder}` : undefined;
  }
  const allowed = MAY_IMPORT[room];
  if (allowed === undefined) return `src/${room} is no room of this house`;
  const fine = allowed.some((entry) => target.startsWith(`src/${entry}/`) || target === `src/${entry}.ts`);
  return fine ? undefined : `${room} imports ${target}`;
}

/** Every broken rule in the given files of `src/`. */
export function findViolations(files: readonly SourceFile[]): readonly Violation[] {
  const found: Violation[] = [];
  for (const file of files) {
    if (EMPTY_NAMES.test(file.path)) {
      found.push({ path: file.path, line: 1, rule: 'names', detail: 'a name that says nothing' });
    }
    for (const { specifier, line } of importsOf(file)) {
      const detail = judgeImport(file.path, specifier);
      if (detail !== undefined) found.push({ path: file.path, line, rule: 'rings', detail });
    }
    const lines = blankProse(file.text).split('\n');
    for (const [index, text] of lines.entries()) {
      const line = index + 1;
      if (roomOf(file.path) === 'core') {
        for (const { pattern, what } of IMPURE) {
          if (pattern.test(text))
            found.push({ path: file.path, line, rule: 'pure core', detail: `uses ${what}` });
        }
      }
      if (/\bprocess\.env\b/.test(text) && !/^src\/(config\/|main\.ts)/.test(file.path)) {
        found.push({
          path: file.path,
          line,
          rule: 'environment',
          detail: 'reads process.env outside src/config',
        });
      }
      if (/\bprocess\.exit\(/.test(text) && file.path !== 'src/main.ts') {
        found.push({ path: file.path, line, rule: 'exit', detail: 'ends the process outside main.ts' });
      }
    }
  }
  return found;
}
