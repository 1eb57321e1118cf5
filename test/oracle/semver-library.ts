import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** What the library says of one constraint: whether it can be read, and which of the versions it admits. */
export interface LibraryVerdict {
  readonly ok: boolean;
  readonly admits: readonly boolean[];
}

/** Masterminds/semver itself, built from a pinned module and asked over a pipe, one question at a time or many in flight. */
export interface SemverLibrary {
  ask(constraints: readonly string[], versions: readonly string[]): Promise<readonly LibraryVerdict[]>;
  close(): Promise<void>;
}

/** Builds the program beside this file (Go's own cache makes the second time quick) and starts it. */
export async function startSemverLibrary(): Promise<SemverLibrary> {
  const folder = await mkdtemp(join(tmpdir(), 'helmgate-semver-'));
  const program = join(folder, 'semver');
  const build = ['build', '-mod=readonly', '-buildvcs=false', '-o', program, '.'];
  await promisify(execFile)('go', build, {
    cwd: fileURLToPath(new URL('./semver', import.meta.url)),
    env: { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' },
  });
  const child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting: ((line: string | undefined) => void)[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.(line));
  const ended = new Promise<void>((resolve) => {
    child.on('close', () => {
      for (const answer of waiting.splice(0)) answer(undefined);
      resolve();
    });
  });
  return {
    async ask(constraints, versions) {
      const line = await new Promise<string | undefined>((resolve) => {
        waiting.push(resolve);
        child.stdin.write(`${JSON.stringify({ constraints, versions })}\n`);
      });
      assert.ok(line !== undefined, 'the library ended before it answered');
      return (JSON.parse(line) as { readonly constraints: readonly LibraryVerdict[] }).constraints;
    },
    async close() {
      child.stdin.end();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
