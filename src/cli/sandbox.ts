import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError, Option } from 'commander';
import { stateFolder } from '../config/folders.ts';
import { locateTools } from '../sandbox/locate-tools.ts';
import { pinnedTools, sandboxTools, type ToolName } from '../sandbox/pinned-tools.ts';
import {
  connectSupervisor,
  findSandboxState,
  type SandboxState,
  sandboxStateFile,
} from '../sandbox/sandbox-state.ts';
import { clientEnvironment } from '../sandbox/start-sandbox.ts';
import { superviseSandbox } from '../sandbox/supervise-sandbox.ts';
import { describeToolProgress, type ToolProgress } from '../sandbox/tool-progress.ts';
import type { CliContext } from './context.ts';
import { EXIT_FAILED } from './exit-code.ts';

interface NameOption {
  readonly name: string;
}

interface OutputOption extends NameOption {
  readonly output: 'text' | 'json';
}

/** Longer than a start may take (60 s) plus its clean-up. */
const upTimeoutMs = 75_000;
/** A stop takes a second; a loaded machine ten. */
const downTimeoutMs = 20_000;
const pollMs = 50;

/** `helmgate sandbox up|down|status|env|tools`. */
export function sandboxCommand(context: CliContext): Command {
  const command = new Command('sandbox').description('start and stop a real control plane on this machine');
  command.addHelpText(
    'after',
    `
Examples:
  helmgate sandbox up                       start one called "default"; binaries are built once if need be
  eval "$(helmgate sandbox env)"            then kubectl and helm talk to it
  helmgate sandbox up --name second         several run side by side
  helmgate sandbox status -o json           exit code 0 when it is up, 1 when not
  helmgate sandbox down`,
  );
  const name = (): Option =>
    new Option('--name <name>', 'which sandbox').default('default').argParser(parseSandboxName);
  const output = (): Option => new Option('-o, --output <format>').choices(['text', 'json']).default('text');

  command
    .command('up')
    .description('start it, and return when its node is Ready')
    .addOption(name())
    .addHelpText('after', '\nExamples:\n  helmgate sandbox up\n  helmgate sandbox up --name ci')
    .action(async (options: NameOption) => await up(context, options.name));
  command
    .command('down')
    .description('stop it, and return when everything of it is gone')
    .addOption(name())
    .addHelpText('after', '\nExamples:\n  helmgate sandbox down\n  helmgate sandbox down --name ci')
    .action(async (options: NameOption) => await down(context, options.name));
  command
    .command('status')
    .description('say whether it is up (exit code 0) or down (1)')
    .addOption(name())
    .addOption(output())
    .addHelpText('after', '\nExamples:\n  helmgate sandbox status\n  helmgate sandbox status -o json')
    .action(async (options: OutputOption) => await status(context, options));
  command
    .command('env')
    .description('print shell lines that make kubectl and helm use it')
    .addOption(name())
    .addHelpText('after', '\nExamples:\n  eval "$(helmgate sandbox env)"')
    .action(async (options: NameOption) => await printEnvironment(context, options.name));
  command
    .command('tools')
    .description('find or build every binary and print the paths')
    .option('--helm3', 'Helm 3 too')
    .addOption(output())
    .addHelpText('after', '\nExamples:\n  helmgate sandbox tools\n  helmgate sandbox tools --helm3 -o json')
    .action(async (options: { readonly helm3?: true; readonly output: 'text' | 'json' }) => {
      await printTools(context, options.helm3 === true, options.output);
    });
  command
    .command('supervise', { hidden: true })
    .addOption(name())
    .action(async (options: NameOption) => await supervise(context, options.name));
  return command;
}

/** A name becomes a file's and a kubeconfig context's: a DNS label of at most 40 characters. */
export function parseSandboxName(text: string): string {
  if (/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/.test(text)) return text;
  throw new InvalidArgumentError('Use 1 to 40 of a-z, 0-9 and -, with a letter or digit at both ends.');
}

async function up(context: CliContext, name: string): Promise<void> {
  const file = stateFileOf(context, name);
  const running = await findRunning(file);
  if (running !== undefined) {
    context.stdout.write(`sandbox ${name} is already up at ${running.url}\n${hint(name)}`);
    return;
  }
  await rm(file, { force: true });
  await locateTools({ env: context.env, signal: context.signal, onProgress: reportProgress(context) });
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const logFile = `${file.slice(0, -'.json'.length)}.log`;
  await rm(logFile, { force: true });
  const log = openSync(logFile, 'w', 0o600);
  const bin = fileURLToPath(new URL('../../bin/helmgate.js', import.meta.url));
  const supervisor = spawn(process.execPath, [bin, 'sandbox', 'supervise', `--name=${name}`], {
    cwd: '/',
    env: withoutNpm(context.env),
    // Until it is up, the end of its standard input tells the supervisor that nobody waits for it any more.
    stdio: ['pipe', log, log],
    detached: true,
  });
  closeSync(log);
  supervisor.stdin?.on('error', () => undefined);
  let over = false;
  const ended = new Promise<void>((resolve) => {
    const finish = (): void => {
      over = true;
      resolve();
    };
    supervisor.once('exit', finish);
    supervisor.once('error', finish);
  });
  const deadline = Date.now() + upTimeoutMs;
  const goesOn = (): boolean => !over && !context.signal.aborted && Date.now() < deadline;
  while (goesOn()) {
    const state = await findRunning(file);
    if (state !== undefined) {
      supervisor.unref();
      context.stdout.write(
        `sandbox ${name} is up at ${state.url}, ready in ${(state.readyMs / 1000).toFixed(1)} s\n`,
      );
      context.stdout.write(hint(name));
      return;
    }
    await sleep(pollMs);
  }
  supervisor.kill('SIGTERM');
  await ended;
  context.signal.throwIfAborted();
  const said = await readFile(logFile, 'utf8').catch(() => '');
  throw new Error(`sandbox ${name} did not come up. ${said.trim() || 'It said nothing.'}`);
}

async function down(context: CliContext, name: string): Promise<void> {
  const file = stateFileOf(context, name);
  const state = await findSandboxState(file);
  const connection = state === undefined ? undefined : await connectSupervisor(state);
  await rm(file, { force: true });
  await rm(`${file.slice(0, -'.json'.length)}.log`, { force: true });
  if (state === undefined) {
    context.stdout.write(`sandbox ${name} is not up\n`);
    return;
  }
  const deadline = Date.now() + downTimeoutMs;
  connection?.on('error', () => undefined);
  connection?.resume();
  const isLeft = async (): Promise<boolean> => connection?.closed === false || (await exists(state.dir));
  while (await isLeft()) {
    context.signal.throwIfAborted();
    if (Date.now() > deadline) {
      connection?.destroy();
      throw new Error(`sandbox ${name} was told to stop, but ${state.dir} is still there after 20 s`);
    }
    await sleep(pollMs);
  }
  context.stdout.write(`sandbox ${name} is down\n`);
}

async function status(context: CliContext, options: OutputOption): Promise<void> {
  const state = await findRunning(stateFileOf(context, options.name));
  if (state === undefined) context.setExitCode(EXIT_FAILED);
  if (options.output === 'json') {
    const { token: _, socket: __, ...shown } = state ?? ({} as SandboxState);
    const answer = { ...shown, name: options.name, state: state === undefined ? 'down' : 'up' };
    context.stdout.write(`${JSON.stringify(answer, undefined, 2)}\n`);
  } else if (state === undefined) {
    context.stdout.write(`sandbox ${options.name} is down\n`);
  } else {
    context.stdout.write(
      `sandbox ${options.name} is up at ${state.url} since ${state.startedAt}\nkubeconfig ${state.kubeconfig}\n`,
    );
  }
}

async function printEnvironment(context: CliContext, name: string): Promise<void> {
  const state = await findRunning(stateFileOf(context, name));
  if (state === undefined) {
    throw new Error(`sandbox ${name} is down; start it with: helmgate sandbox up --name ${name}`);
  }
  const set = clientEnvironment(state, state.binaries, context.env['PATH']);
  for (const [key, value] of Object.entries(set))
    context.stdout.write(`export ${key}=${quoteForShell(value)}\n`);
}

async function printTools(context: CliContext, helm3: boolean, output: 'text' | 'json'): Promise<void> {
  const tools: readonly ToolName[] = helm3 ? pinnedTools.map((tool) => tool.name) : sandboxTools;
  const paths = await locateTools({
    env: context.env,
    tools,
    signal: context.signal,
    onProgress: reportProgress(context),
  });
  if (output === 'json') context.stdout.write(`${JSON.stringify(paths, undefined, 2)}\n`);
  else for (const tool of tools) context.stdout.write(`${tool}\t${paths[tool]}\n`);
}

/** Runs in the detached process that `up` starts. */
async function supervise(context: CliContext, name: string): Promise<void> {
  const abandoned = new AbortController();
  let isUp = false;
  context.stdin.on('error', () => undefined);
  context.stdin.on('end', () => {
    if (!isUp) abandoned.abort(new Error('the process that asked for this sandbox is gone'));
  });
  context.stdin.resume();
  await superviseSandbox({
    name,
    stateFile: stateFileOf(context, name),
    env: context.env,
    signal: AbortSignal.any([context.signal, abandoned.signal]),
    onUp: () => {
      isUp = true;
    },
  });
}

/** The state of a sandbox whose supervisor answers. */
async function findRunning(file: string): Promise<SandboxState | undefined> {
  const state = await findSandboxState(file);
  if (state === undefined) return undefined;
  const connection = await connectSupervisor(state);
  connection?.destroy();
  return connection === undefined ? undefined : state;
}

function stateFileOf(context: CliContext, name: string): string {
  return sandboxStateFile(stateFolder(context.env), name);
}

function reportProgress(context: CliContext): (progress: ToolProgress) => void {
  return (progress) => context.stderr.write(`${describeToolProgress(progress)}\n`);
}

/** Under npm a command ends with its parent; a supervisor must not. */
function withoutNpm(env: CliContext['env']): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([key]) => !key.startsWith('npm_')));
}

function hint(name: string): string {
  const named = name === 'default' ? '' : ` --name ${name}`;
  return `use it with: eval "$(helmgate sandbox env${named})"\n`;
}

/** Single quotes keep everything but a single quote as it is. */
export function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}
