import { readFileSync } from 'node:fs';

const FOLDER = new URL('../../fixtures/urls/', import.meta.url);

/** The lines of a corpus file without its comments; a line in double quotes is a JSON string. */
export function readCorpus(name: 'hostile' | 'public'): readonly string[] {
  return readFileSync(new URL(`${name}.txt`, FOLDER), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => (line.startsWith('"') ? (JSON.parse(line) as string) : line));
}
