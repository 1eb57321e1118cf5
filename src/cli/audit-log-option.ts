import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { stateFolder } from '../config/folders.ts';
import type { CliContext } from './context.ts';

/** The audit log that a command reads, under the name of its own and under that of `helmgate audit`. */
export interface AuditLogFlags {
  readonly audit?: string;
  readonly file?: string;
}

/** Adds `--audit`, and `--file` for the same. */
export function withAuditLog(command: Command): Command {
  return command
    .option('--audit <file>', "the audit log; that of this user's `helmgate serve` when left out")
    .addOption(new Option('--file <file>', 'the same, as `helmgate audit` has it').conflicts('audit'));
}

/** Path of the log that the flags name. */
export function auditLogPath({ audit, file }: AuditLogFlags, { env }: Pick<CliContext, 'env'>): string {
  return audit ?? file ?? join(stateFolder(env), 'audit.jsonl');
}
