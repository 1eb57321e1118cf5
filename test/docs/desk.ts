import { spawn } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openAuditFile } from '../../src/io/auditlog/open-audit-file.ts';
import { auditRecord, finding } from '../core/audit/audit-record-fixture.ts';

export const root: string = fileURLToPath(new URL('../..', import.meta.url));

export interface Ran {
  readonly code: number | null;
  /** Both outputs as a terminal shows them. */
  readonly output: string;
}

/** A folder in which a reader could try the examples: the shipped policies, manifests of the names used, an audit log. */
export interface Desk extends AsyncDisposable {
  readonly folder: string;
  /** Runs a command line with /bin/sh; `helmgate` and `npx helmgate` are this checkout's, `kustomize` prints app.yaml. */
  run(commandLine: string): Promise<Ran>;
}

export async function openDesk(): Promise<Desk> {
  const folder = await mkdtemp(join(tmpdir(), 'helmgate-docs-'));
  const work = join(folder, 'work');
  await cp(join(root, 'policies'), join(work, 'policies'), { recursive: true });
  await cp(join(root, 'test/fixtures/docs'), work, { recursive: true });
  const programs = join(folder, 'bin');
  await mkdir(programs);
  const helmgate = `exec '${process.execPath}' '${join(root, 'bin/helmgate.js')}'`;
  const shims: Readonly<Record<string, string>> = {
    helmgate: `${helmgate} "$@"`,
    npx: `test "$1" = helmgate || exit 2\nshift\n${helmgate} "$@"`,
    kustomize: 'exec cat app.yaml',
  };
  for (const [name, script] of Object.entries(shims)) {
    await writeFile(join(programs, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(programs, name), 0o755);
  }
  await writeAuditLog(join(folder, 'state/helmgate/audit.jsonl'));
  const env = {
    PATH: [programs, dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter),
    HOME: folder,
    XDG_STATE_HOME: join(folder, 'state'),
    XDG_CACHE_HOME: process.env['XDG_CACHE_HOME'] ?? join(process.env['HOME'] ?? folder, '.cache'),
  };
  return {
    folder: work,
    run: (commandLine) =>
      new Promise((resolve, reject) => {
        const child = spawn('/bin/sh', ['-c', `exec 2>&1\n${commandLine}`], {
          cwd: work,
          env,
          stdio: ['ignore', 'pipe', 'ignore'],
        });
        let output = '';
        child.stdout.setEncoding('utf8').on('data', (text: string) => {
          output += text;
        });
        child.on('error', reject);
        child.on('close', (code) => resolve({ code, output }));
      }),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

/** The decision that the examples ask for. */
const DECISION = '705ab4f5-6393-11e8-b7cc-42010a800002';

/** Two decisions, one of them about what the examples ask for. */
async function writeAuditLog(path: string): Promise<void> {
  const log = await openAuditFile({ path, now: () => new Date() });
  const denied = { ...finding, policy: 'sources', rule: 'allowed-sources' };
  await log.append(
    auditRecord({ namespace: 'apps', name: 'flagger', verdict: 'Deny', findings: [denied], uid: DECISION }),
  );
  await log.append(auditRecord({ namespace: 'apps', name: 'podinfo', verdict: 'Allow', findings: [] }));
  await log.close();
}
