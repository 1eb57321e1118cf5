import type { Dirent, Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, isAbsolute, join, matchesGlob, relative, resolve, sep } from 'node:path';
import type { LocatedError } from '../../core/policy/located-error.ts';
import { fileError, refusalOf } from './file-error.ts';
import { ManifestFilesError } from './manifest-files-error.ts';

/** A repository of 10,000 manifests is far above what one run is for. */
const MAX_FILES = 10_000;

/** A file to read. */
export interface FoundFile {
  /** Absolute; `-` for the standard input. */
  readonly path: string;
  /** Whether the user named the file itself, and not a folder that it lies in. */
  readonly named: boolean;
  /** The open file behind a path such as `/dev/fd/63`, when it is a pipe: opening that again could wait for ever. */
  readonly descriptor?: number;
}

/** A file or folder that is left alone, and why, in a few words. */
export interface PassedOver {
  readonly path: string;
  readonly why: string;
}

export interface FoundFiles {
  readonly files: readonly FoundFile[];
  readonly errors: readonly LocatedError[];
  readonly passedOver: readonly PassedOver[];
}

/**
 * The files named, and those of folders: .yaml, .yml, .json and `Kustomization`, in the order of their paths. Folders whose name begins
 * with a dot and node_modules are left out, so is what a glob names, and the templates of a chart. Links within folders are not
 * followed. A file that is named twice is found once.
 */
export async function findManifestFiles(
  paths: readonly string[],
  cwd: string,
  exclude: readonly string[],
): Promise<FoundFiles> {
  const files = new Map<string, FoundFile>();
  const search: Search = { cwd, files: [], errors: [], passedOver: [], isExcluded: excluder(exclude, cwd) };
  for (const path of paths) {
    search.files = [];
    if (path === '-') search.files.push({ path, named: true });
    else await find(search, resolve(cwd, path));
    for (const file of search.files.toSorted((a, b) => (a.path < b.path ? -1 : 1)))
      if (files.get(file.path)?.named !== true) files.set(file.path, file);
    if (files.size > MAX_FILES) throw new ManifestFilesError(`more than ${MAX_FILES} files`);
  }
  const { errors, passedOver } = search;
  return { files: [...files.values()], errors, passedOver };
}

/** A path as it is told: from the working folder, if it lies there. */
export function shownPath(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short.startsWith('..') ? path : short || '.';
}

interface Search {
  readonly cwd: string;
  files: FoundFile[];
  readonly errors: LocatedError[];
  readonly passedOver: PassedOver[];
  readonly isExcluded: (path: string) => boolean;
}

async function find(search: Search, path: string): Promise<void> {
  if (search.isExcluded(path)) return;
  let found: Stats;
  try {
    found = await stat(path);
  } catch (cause) {
    refuse(search, path, refusalOf(cause));
    return;
  }
  if (found.isDirectory()) return await walk(search, path);
  const descriptor = found.isFile() ? undefined : descriptorOf(path);
  if (descriptor !== undefined) search.files.push({ path, named: true, descriptor });
  else if (found.isFile()) search.files.push({ path, named: true });
  else if (found.isFIFO()) refuse(search, path, 'no regular file', 'give what comes out of a pipe as -');
  else refuse(search, path, 'no regular file');
}

async function walk(search: Search, folder: string): Promise<void> {
  let entries: readonly Dirent[];
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (cause) {
    refuse(search, folder, refusalOf(cause));
    return;
  }
  const isChart = entries.some((entry) => entry.isFile() && entry.name === 'Chart.yaml');
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (search.isExcluded(path)) continue;
    if (entry.isDirectory()) {
      if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
      if (isChart && entry.name === 'templates') {
        const why = 'templates of a chart: give what helm template prints';
        search.passedOver.push({ path: shownPath(path, search.cwd), why });
      } else await walk(search, path);
    } else if (isManifest(entry.name)) visit(search, entry, path);
  }
}

function visit(search: Search, entry: Dirent, path: string): void {
  if (entry.isFile()) search.files.push({ path, named: false });
  else if (!entry.isSymbolicLink()) refuse(search, path, 'no regular file');
}

/** A chart's own file has an apiVersion and no kind. */
function isManifest(name: string): boolean {
  return name === 'Kustomization' || (/\.(ya?ml|json)$/.test(name) && name !== 'Chart.yaml');
}

function refuse({ cwd, errors }: Search, path: string, message: string, hint?: string): void {
  const error = fileError(shownPath(path, cwd), message);
  errors.push(hint === undefined ? error : { ...error, hint });
}

function descriptorOf(path: string): number | undefined {
  if (path === '/dev/stdin') return 0;
  const [, number] = /^\/(?:dev|proc\/self)\/fd\/([0-9]{1,6})$/.exec(path) ?? [];
  return number === undefined ? undefined : Number(number);
}

/**
 * Whether a glob names a path, or a folder that it lies in. With a slash a glob is about the path from the working folder, without one
 * about each name in it.
 */
function excluder(globs: readonly string[], cwd: string): (path: string) => boolean {
  const patterns = globs.map((glob) => glob.replace(/^\.\//, '').replace(/(?<=.)\/+$/, ''));
  const isNamed = (path: string): boolean =>
    patterns.some((glob) => matchesGlob(glob.includes('/') ? path : basename(path), glob));
  return (path) => {
    if (patterns.length === 0) return false;
    const shown = shownPath(path, cwd);
    const parts = shown.split(sep);
    // The root of an absolute path is the first part, an empty one.
    const first = isAbsolute(shown) ? 1 : 0;
    return parts.slice(first).some((_, index) => isNamed(parts.slice(0, first + index + 1).join(sep)));
  };
}
