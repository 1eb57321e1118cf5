import { Command, Option } from 'commander';
import { FAULTS, type Fault, runDemo } from '../demo/run-demo.ts';
import type { CliContext } from './context.ts';

/** `helmgate demo`. Ends 0 when everything that it shows held, else 1. */
export function demoCommand(context: CliContext): Command {
  return new Command('demo')
    .option('--keep', 'leave everything running until Ctrl-C')
    .addOption(
      new Option('--fault <name>', 'make one thing go wrong, to see that it is noticed').choices(FAULTS),
    )
    .addHelpText(
      'after',
      `
It starts a real control plane on loopback; the first time its parts are built with Go 1.26 or later, which
takes some minutes. Nothing is left behind when it ends.

Examples:
  helmgate demo
  helmgate demo --keep           look around with kubectl and helm afterwards
  helmgate demo --fault no-loop  must fail: nothing reconciles`,
    )
    .action(async (options: { keep?: boolean; fault?: Fault }) => {
      await runDemo({
        out: context.stdout,
        env: context.env,
        signal: context.signal,
        keep: options.keep === true,
        ...(options.fault === undefined ? {} : { fault: options.fault }),
      });
    });
}
