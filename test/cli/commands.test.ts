import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { Readable, Writable } from 'node:stream';
import { describe, it } from 'node:test';
import { runCommand } from '../../src/cli/commands.ts';
import type { CliContext } from '../../src/cli/context.ts';

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(...argv: readonly string[]): Promise<Said> {
  const said = { code: 0, out: '', err: '' };
  const collect = (stream: 'out' | 'err'): Writable =>
    new Writable({
      write(chunk, _encoding, done) {
        said[stream] += String(chunk);
        done();
      },
    });
  const context: CliContext = {
    stdin: Readable.from([]),
    stdout: collect('out'),
    stderr: collect('err'),
    env: {},
    cwd: process.cwd(),
    signal: new AbortController().signal,
    setExitCode: (code) => {
      said.code = Math.max(said.code, code);
    },
  };
  await runCommand(context, argv);
  return said;
}

const COMMANDS = [
  'serve',
  'check',
  'fix',
  'range',
  'create',
  'audit',
  'certs',
  'sandbox',
  'demo',
  'completion',
];

describe('the command line', () => {
  it('lists every command and shows examples', async () => {
    const { code, out } = await run('--help');
    assert.equal(code, 0);
    for (const name of COMMANDS) assert.match(out, new RegExp(`^  ${name} `, 'm'));
    assert.match(out, /Examples:/);
  });

  for (const name of COMMANDS) {
    it(`explains ${name} with examples and exits 0`, async () => {
      const { code, out } = await run(name, '--help');
      assert.equal(code, 0);
      assert.match(out, new RegExp(`^Usage: helmgate ${name}`));
      assert.match(out, /Examples:\n\s+(source <\()?helmgate /);
    });
  }

  for (const name of ['verify', 'verify-decision', 'tail', 'query']) {
    it(`explains audit ${name} with examples of its own`, async () => {
      const { out } = await run('audit', name, '--help');
      assert.match(out, new RegExp(`\\nExamples:\\n {2}helmgate audit ${name}`));
    });
  }

  it('keeps 1 for the answer no: what nobody foresaw is 2, or 1 for a command that acts', async () => {
    for (const [argv, expected] of [
      [['range', '1.x'], 2],
      [['schema'], 2],
      [['create', 'source', 'helm', 'a', '--url', 'https://a.example', '--export'], 1],
    ] as const) {
      const codes: number[] = [];
      const context: CliContext = {
        stdin: Readable.from([]),
        get stdout(): never {
          throw new Error('nobody foresaw this');
        },
        stderr: new Writable({ write: (_chunk, _encoding, done) => done() }),
        env: {},
        cwd: '/',
        signal: new AbortController().signal,
        setExitCode: (code) => codes.push(code),
      };
      await assert.rejects(runCommand(context, argv), /nobody foresaw this/);
      assert.deepEqual(codes, [expected], argv.join(' '));
    }
  });

  it('exits 2 on a command that does not exist and proposes the one that was meant', async () => {
    const { code, err } = await run('chekc');
    assert.equal(code, 2);
    assert.match(err, /Did you mean check\?/);
  });

  it('exits 2 on a flag that does not exist and proposes the one that was meant', async () => {
    const { code, err } = await run('serve', '--polices', 'x');
    assert.equal(code, 2);
    assert.match(err, /Did you mean --policies\?/);
  });

  it('prints the version of package.json', async () => {
    const { out } = await run('--version');
    assert.match(out, /^\d+\.\d+\.\d+\n$/);
  });
});

describe('completion', () => {
  /** What bash would offer after these words; the last is the one being typed. */
  function offered(script: string, words: readonly string[]): readonly string[] {
    const list = words.map((word) => `'${word}'`).join(' ');
    const program = `${script}\nCOMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _helmgate; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['-c', program], { encoding: 'utf8' }).trim().split('\n');
  }

  it('offers commands, their sub-commands and their flags in bash', async () => {
    const { out } = await run('completion', 'bash');
    assert.deepEqual(offered(out, ['helmgate', 'se']), ['serve']);
    assert.deepEqual(offered(out, ['helmgate', 'create', 'so']), ['source']);
    assert.ok(offered(out, ['helmgate', 'serve', '--pol']).includes('--policies'));
    assert.ok(offered(out, ['helmgate', 'sandbox', 'up', '--na']).includes('--name'));
    assert.ok(offered(out, ['helmgate', 'completion', '']).includes('zsh'));
  });

  it('prints something that the other shells can at least parse', async () => {
    for (const shell of ['zsh', 'fish']) {
      const { code, out } = await run('completion', shell);
      assert.equal(code, 0);
      const found = spawnSync(shell, ['--version']);
      if (found.error === undefined) {
        const parsed = spawnSync(shell, ['-n'], { input: out, encoding: 'utf8' });
        assert.equal(parsed.status, 0, parsed.stderr);
      } else assert.match(out, /helmgate/);
    }
  });

  it('refuses a shell that it has no script for', async () => {
    const { code, err } = await run('completion', 'cmd');
    assert.equal(code, 2);
    assert.match(err, /bash, zsh, fish/);
  });
});
