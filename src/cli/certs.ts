import { constants } from 'node:fs';
import { access, chmod, mkdir, open, rename, rm } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';

import type { CliContext } from './context.ts';
import { EXIT_FAILED } from './exit-code.ts';

interface CertsFlags {
  readonly out: string;
  readonly dns: readonly string[];
  readonly ip: readonly string[];
  readonly days: number;
  readonly force?: boolean;
  readonly caBundle?: boolean;
}

interface Output {
  readonly name: string;
  readonly text: string;
  /** Keys are for their owner alone. */
  readonly mode: number;
}

const KEY_MODE = 0o600;
const CERTIFICATE_MODE = 0o644;
const DEFAULT_DAYS = 7;
/** Apple's and the CA/Browser Forum's bound for a leaf; an own CA has none, but nobody watches over these files. */
const MAX_DAYS = 825;

/** `helmgate certs`: a development CA and a serving pair in files. It is the only command that writes keys under certs/. */
export function certsCommand(context: CliContext): Command {
  return new Command('certs')
    .option('--out <dir>', 'where to write ca.crt, ca.key, tls.crt and tls.key', 'certs')
    .option('--dns <name...>', 'DNS names of the serving certificate', ['localhost'])
    .option('--ip <address...>', 'IP addresses of the serving certificate', ['127.0.0.1'])
    .addOption(
      new Option('--days <n>', 'how long the serving certificate holds')
        .default(DEFAULT_DAYS)
        .argParser(days),
    )
    .option('--force', 'replace files that are there')
    .option('--ca-bundle', 'print the caBundle for a webhook configuration (base64 of ca.crt)')
    .addHelpText(
      'after',
      `
Examples:
  helmgate certs                                              for a webhook on this machine
  helmgate certs --dns helmgate.helmgate-system.svc --days 30
  helmgate certs --force --ca-bundle > bundle.txt`,
    )
    .action(async (flags: CertsFlags) => {
      await writeCerts(context, flags);
    });
}

async function writeCerts(context: CliContext, flags: CertsFlags): Promise<void> {
  const folder = isAbsolute(flags.out) ? flags.out : join(context.cwd, flags.out);
  const existing = await existingFiles(folder, ['ca.crt', 'ca.key', 'tls.crt', 'tls.key']);
  if (existing.length > 0 && flags.force !== true) {
    context.stderr.write(
      `${existing.join(', ')} ${existing.length === 1 ? 'is' : 'are'} in ${flags.out} already: --force replaces the files\n`,
    );
    context.setExitCode(EXIT_FAILED);
    return;
  }
  const { makeAuthority, makeLeaf } = await import('../io/tls/authority.ts');
  const now = new Date();
  const authority = await makeAuthority({ commonName: 'helmgate-dev-ca', now });
  const leaf = await makeLeaf(authority, {
    dnsNames: flags.dns,
    ipAddresses: flags.ip,
    days: flags.days,
    now,
  });
  const outputs: readonly Output[] = [
    { name: 'ca.key', text: authority.keyPem, mode: KEY_MODE },
    { name: 'ca.crt', text: authority.certPem, mode: CERTIFICATE_MODE },
    { name: 'tls.key', text: leaf.keyPem, mode: KEY_MODE },
    { name: 'tls.crt', text: leaf.certPem, mode: CERTIFICATE_MODE },
  ];
  await mkdir(folder, { recursive: true });
  for (const output of outputs) await writeWhole(folder, output);
  const said = flags.caBundle === true ? context.stderr : context.stdout;
  said.write(
    `wrote ${outputs.map(({ name }) => name).join(', ')} to ${flags.out}; the serving certificate ends in ${flags.days} days\n`,
  );
  if (flags.caBundle === true) context.stdout.write(`${Buffer.from(authority.certPem).toString('base64')}\n`);
}

async function existingFiles(folder: string, names: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(
    names.map((name) =>
      access(join(folder, name), constants.F_OK).then(
        () => [name],
        () => [],
      ),
    ),
  );
  return found.flat();
}

/** A file appears whole and with its final mode: the key is never readable by others, not even for a moment. */
async function writeWhole(folder: string, { name, text, mode }: Output): Promise<void> {
  const beside = join(folder, `.${name}.new`);
  await rm(beside, { force: true });
  const file = await open(beside, 'wx', mode);
  try {
    await file.writeFile(text);
  } finally {
    await file.close();
  }
  await chmod(beside, mode);
  await rename(beside, join(folder, name));
}

function days(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > MAX_DAYS) {
    throw new InvalidArgumentError(`it must be a whole number from 1 to ${MAX_DAYS}.`);
  }
  return number;
}
