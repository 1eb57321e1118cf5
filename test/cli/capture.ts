import { Readable, Writable } from 'node:stream';
import type { Command } from 'commander';
import type { CliContext } from '../../src/cli/context.ts';

export interface Captured {
  readonly stdout: string;
  readonly stderr: string;
  /** Undefined when the command said nothing about it: commander refused the command line. */
  readonly code: number | undefined;
}

/** Runs one command in a folder and takes down what it writes. A command line that commander refuses throws its CommanderError. */
export async function capture(
  create: (context: CliContext) => Command,
  argv: readonly string[],
  { cwd, stdin = '' }: { readonly cwd: string; readonly stdin?: string },
): Promise<Captured> {
  const written = { stdout: '', stderr: '' };
  const sink = (name: keyof typeof written) =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        written[name] += chunk.toString();
        done();
      },
    });
  let code: number | undefined;
  const context: CliContext = {
    stdin: Readable.from([Buffer.from(stdin)]),
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    env: {},
    cwd,
    signal: new AbortController().signal,
    setExitCode(value) {
      code = Math.max(code ?? 0, value);
    },
  };
  const command = create(context)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
    });
  await command.parseAsync([...argv], { from: 'user' });
  return { ...written, code };
}
