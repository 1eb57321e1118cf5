import { Command } from 'commander';
import { ConfigError, readServeConfig, type ServeConfig, type ServeFlags } from '../config/serve-config.ts';
import type { CliContext } from './context.ts';
import { EXIT_USAGE } from './exit-code.ts';
import { runServe } from './run-serve.ts';

/** `helmgate serve`. Runs until it is told to stop. */
export function serveCommand(context: CliContext): Command {
  return new Command('serve')
    .option(
      '--policies <place>',
      'folder of the policy files, or URL of a git repository; followed while running',
    )
    .option('--policies-ref <ref>', 'branch, or refs/tags/NAME, of the repository (main)')
    .option('--policies-path <path>', 'folder in the repository (all of it)')
    .option('--policies-interval <duration>', 'how often the repository is asked for a new commit (60s)')
    .option(
      '--policies-signers <file>',
      'believe only commits signed by these keys (SSH allowed signers or OpenPGP)',
    )
    .option('--policies-token-file <file>', 'bearer token for https')
    .option('--policies-ca <file>', 'CA bundle for https')
    .option('--policies-ssh-key <file>', 'private key for ssh')
    .option('--policies-known-hosts <file>', 'host keys for ssh')
    .option('--policies-allow-rewind', 'accept a commit that does not descend from the one in force')
    .option('--no-webhook', 'do not serve the admission webhook')
    .option('--no-loop', 'do not reconcile releases (beside Flux)')
    .option('--register', 'create the webhook configurations and keep them as they must be')
    .option('--kubeconfig <file>', 'kubeconfig to use instead of $KUBECONFIG')
    .option('--context <name>', 'context of the kubeconfig')
    .option('--audit-log <file>', 'where decisions are written (audit.jsonl in the state folder)')
    .option('--no-keep-judged', 'keep no judged objects beside the audit log (no replay then)')
    .option(
      '--exemption-key <file>',
      'key that signs, for the loop, whom a rule left out (exemption-key in the state folder; made when absent)',
    )
    .option('--state-dir <dir>', 'what must outlive a restart ($XDG_STATE_HOME/helmgate)')
    .option('--cache-dir <dir>', 'fetched charts ($XDG_CACHE_HOME/helmgate/charts)')
    .option('--helm <path>', 'the helm 4 binary (helm in $PATH)')
    .option('--workers <n>', 'releases worked on at once (6)')
    .option('--host <address>', 'address the webhook listens on (127.0.0.1)')
    .option('--port <port>', 'port the webhook listens on (a free one)')
    .option(
      '--service <namespace/name:port>',
      'Service by which the API server reaches the webhook (by address)',
    )
    .option('--tls-cert <file>', 'serving certificate; without it one is made for this run')
    .option('--tls-key <file>', 'its key')
    .option('--tls-ca <file>', 'the CA that signed it, which the API server is told to trust')
    .option('--drain-quiet <duration>', 'quiet time before the webhook closes when stopping (10s)')
    .option('--exit-with-parent', 'stop when the process that started this one ends')
    .addHelpText(
      'after',
      `
It writes its log as JSON Lines to standard error; the line "ready" says that it decides and reconciles.

Examples:
  helmgate serve --policies policies/ --register
  helmgate serve --policies policies/ --no-loop --register     only the gate, beside Flux
  helmgate serve --policies policies/ --no-webhook             only the loop
  helmgate serve --policies https://git.example.com/platform/policies.git --policies-path prod --register
  helmgate serve --policies /policies --register --host 0.0.0.0 --port 9443 --service helmgate/helmgate`,
    )
    .action(async (flags: Partial<ServeFlags>) => {
      let config: ServeConfig;
      try {
        config = readServeConfig(
          {
            ...flags,
            webhook: flags.webhook ?? true,
            loop: flags.loop ?? true,
            register: flags.register ?? false,
            keepJudged: flags.keepJudged ?? true,
            exitWithParent: flags.exitWithParent ?? false,
          },
          context.env,
        );
        await runServe(config, context.env, context.signal);
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        context.stderr.write(`helmgate serve: ${error.message}\n`);
        context.setExitCode(EXIT_USAGE);
      }
    });
}
