import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { parseProblem } from './command-tree.ts';
import { root } from './desk.ts';
import { readBlocks } from './read-markdown.ts';
import { helmgateCalls } from './read-shell.ts';

interface Hook {
  readonly id: string;
  readonly entry: string;
  readonly language: string;
  readonly files: string;
  readonly pass_filenames: boolean;
}

const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** All texts in a value that call helmgate. */
function commandsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return /(^|\s)helmgate\s/.test(value) ? [value] : [];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(commandsIn) : [];
}

describe('examples for other programs', () => {
  it('call helmgate with flags that it has: the CI jobs and hooks of docs/check-and-fix.md', async () => {
    const blocks = readBlocks(read('docs/check-and-fix.md')).filter(({ language }) => language === 'yaml');
    const commands = blocks.flatMap(({ lines }) => commandsIn(parse(lines.join('\n'))));
    const calls = commands.filter((command) => !/^helmgate \w+$/.test(command)).flatMap(helmgateCalls);
    assert.equal(calls.length, 4, commands.join('\n'));
    for (const call of calls) assert.equal(await parseProblem(call), undefined, call.join(' '));
    assert.notEqual(await parseProblem(['check', '--polices', 'x']), undefined);
  });

  it('call helmgate with what the hooks of .pre-commit-hooks.yaml are given', async () => {
    const hooks = parse(read('.pre-commit-hooks.yaml')) as readonly Hook[];
    assert.deepEqual(
      hooks.map(({ id }) => id),
      ['helmgate-check', 'helmgate-fix', 'helmgate-lint'],
    );
    for (const { entry, language, files, pass_filenames } of hooks) {
      assert.deepEqual([language, pass_filenames], ['system', false]);
      assert.match('a/b.yaml', new RegExp(files));
      const [call] = helmgateCalls(`${entry} policies`);
      assert.ok(call !== undefined);
      assert.equal(await parseProblem(call), undefined, entry);
    }
  });
});
