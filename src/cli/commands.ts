import { Command, CommanderError } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import type { CliContext } from './context.ts';
import { EXIT_FAILED, EXIT_USAGE } from './exit-code.ts';

/** A command that is loaded only when it is called: start-up costs what the command needs and no more. */
interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  /** Whether it does something rather than answer a question: its 1 says that this failed, and no 1 can be taken for the answer no. */
  readonly acts?: true;
  load(context: CliContext): Promise<Command>;
}

const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'serve',
    acts: true,
    summary: 'run the admission webhook, the reconcile loop, or both',
    load: async (context) => (await import('./serve.ts')).serveCommand(context),
  },
  {
    name: 'check',
    summary: 'judge manifests against a policy set, offline',
    load: async (context) => (await import('./check.ts')).checkCommand(context),
  },
  {
    name: 'fix',
    summary: 'write into manifests what the webhook would change',
    load: async (context) => (await import('./fix.ts')).fixCommand(context),
  },
  {
    name: 'test',
    summary: 'run the tests of policies',
    load: async (context) => (await import('./test.ts')).testCommand(context),
  },
  {
    name: 'lint',
    summary: 'find mistakes in policies',
    load: async (context) => (await import('./lint.ts')).lintCommand(context),
  },
  {
    name: 'explain',
    summary: 'explain a rule, a field or a reason',
    load: async (context) => (await import('./explain.ts')).explainCommand(context),
  },
  {
    name: 'schema',
    summary: 'print the JSON Schema of policy files',
    load: async (context) => (await import('./schema.ts')).schemaCommand(context),
  },
  {
    name: 'range',
    summary: 'explain a version constraint and test versions against it',
    load: async (context) => (await import('./range.ts')).rangeCommand(context),
  },
  {
    name: 'create',
    acts: true,
    summary: 'write or apply a HelmRelease or a source',
    load: async (context) => {
      const { applyToCluster } = await import('./apply-to-cluster.ts');
      return (await import('./create.ts')).createCommand(context, applyToCluster(context));
    },
  },
  {
    name: 'why',
    summary: 'say why an object stands as it does, from the audit log',
    load: async (context) => (await import('./why.ts')).whyCommand(context),
  },
  {
    name: 'replay',
    summary: 'judge recorded decisions and live objects again, with a candidate policy set',
    load: async (context) => (await import('./replay.ts')).replayCommand(context),
  },
  {
    name: 'audit',
    summary: 'verify, tail and query the audit log',
    load: async (context) => (await import('./audit.ts')).auditCommand(context),
  },
  {
    name: 'certs',
    acts: true,
    summary: 'write a development CA and a serving certificate',
    load: async (context) => (await import('./certs.ts')).certsCommand(context),
  },
  {
    name: 'sandbox',
    acts: true,
    summary: 'start and stop a real control plane on this machine',
    load: async (context) => (await import('./sandbox.ts')).sandboxCommand(context),
  },
  {
    name: 'demo',
    acts: true,
    summary: "play Helmgate's whole story on a sandbox",
    load: async (context) => (await import('./demo.ts')).demoCommand(context),
  },
  {
    name: 'completion',
    summary: 'print a completion script for bash, zsh or fish',
    load: async (context) => (await import('./completion.ts')).completionCommand(context, COMMANDS),
  },
];

/** Runs one command line; what it wants to say about the exit, also of an error that it throws, goes through `context.setExitCode`. */
export async function runCommand(context: CliContext, argv: readonly string[]): Promise<void> {
  const program = new Command('helmgate')
    .description('A policy gate and reconciler for Helm releases on Kubernetes')
    .version(packageJson.version, '-V, --version', 'print the version')
    .showSuggestionAfterError()
    .addHelpText(
      'after',
      `
Examples:
  helmgate demo                                    see it all on a real API server, on this machine
  helmgate check --policies policies/baseline app.yaml
  helmgate range '>=1.28.0 <2.0.0' 1.30.0 2.0.0-rc.1
  helmgate create source helm podinfo --url https://stefanprodan.github.io/podinfo --export`,
    );
  const called = argv.find((word) => !word.startsWith('-'));
  for (const entry of COMMANDS) {
    if (entry.name === called || (called === 'help' && argv.includes(entry.name))) {
      program.addCommand((await entry.load(context)).description(entry.summary));
    } else {
      program.command(entry.name).description(entry.summary);
    }
  }
  settle(program, context);
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) {
      const acts = COMMANDS.find(({ name }) => name === called)?.acts === true;
      context.setExitCode(acts ? EXIT_FAILED : EXIT_USAGE);
      throw error;
    }
    // Help and version end with 0; every other CommanderError is a command line that cannot be understood, and
    // commander has already said why.
    if (error.exitCode !== 0) context.setExitCode(EXIT_USAGE);
  }
}

/** Commands write through the context and throw instead of ending the process. */
function settle(command: Command, context: CliContext): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => context.stdout.write(text),
    writeErr: (text) => context.stderr.write(text),
  });
  for (const child of command.commands) settle(child, context);
}
