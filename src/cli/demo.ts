import { Command, InvalidArgumentError, Option } from 'commander';
import { FAULTS, type Fault, runDemo, STEPS } from '../demo/run-demo.ts';
import type { CliContext } from './context.ts';

/** `helmgate demo`. Ends 0 when everything that it shows held, else 1. */
export function demoCommand(context: CliContext): Command {
  return new Command('demo')
    .option('--keep', 'leave everything running until Ctrl-C')
    .addOption(
      new Option('--fault <name>', 'make one thing go wrong, to see that it is noticed').choices(FAULTS),
    )
    .addOption(new Option('--until <step>', 'end after this step').argParser(stepNumber).hideHelp())
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
    .action(async (options: { keep?: boolean; fault?: Fault; until?: number }) => {
      await runDemo({
        out: context.stdout,
        env: context.env,
        signal: context.signal,
        keep: options.keep === true,
        ...(options.fault === undefined ? {} : { fault: options.fault }),
        ...(options.until === undefined ? {} : { until: options.until }),
      });
    });
}

function stepNumber(text: string): number {
  const step = /^[1-9]$/.test(text) ? Number(text) : 0;
  if (step === 0 || step > STEPS) throw new InvalidArgumentError(`it must be a number from 1 to ${STEPS}.`);
  return step;
}
