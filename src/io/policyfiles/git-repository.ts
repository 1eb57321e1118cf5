import { chmod, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import type { GitLocation } from './git-location.ts';
import { PolicyFilesError } from './policy-files-error.ts';
import { type GitCall, type GitResult, runGit } from './run-git.ts';

/** How a repository is reached, and whose commits are believed. */
export interface GitRepositoryOptions {
  readonly location: GitLocation;
  /** A folder of our own for the bare repository; made when absent. */
  readonly folder: string;
  readonly searchPath: string;
  /** Sent as `Authorization: Bearer` over https; read before each fetch, so that it may be renewed. */
  readonly tokenFile?: string;
  /** A CA bundle for https. */
  readonly caFile?: string;
  /** A private key for ssh. */
  readonly sshKeyFile?: string;
  /** The only host keys that ssh believes. */
  readonly knownHostsFile?: string;
  /** Public keys (an SSH allowed-signers file, or an armoured OpenPGP block): the commit must be signed by one of them. */
  readonly signersFile?: string;
  /** Accept a commit that does not descend from the one in force. */
  readonly allowRewind?: boolean;
}

/** Policies' files are small: what is not here in a minute is a repository for something else. */
const NETWORK_TIMEOUT_MS = 60_000;
const LOCAL_TIMEOUT_MS = 10_000;

const CANDIDATE = 'refs/helmgate/candidate';
const ACCEPTED = 'refs/helmgate/accepted';
const OBJECT_ID = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

/**
 * A bare copy of a repository: objects only. Nothing is ever checked out, so there are no links to follow, no filters, hooks or
 * submodules to run. All methods reject with a {@link PolicyFilesError}.
 */
export class GitRepository {
  readonly #options: GitRepositoryOptions;
  #made = false;

  constructor(options: GitRepositoryOptions) {
    this.#options = options;
  }

  /** The commit that the ref is at, asked for over the network. */
  async remoteCommit(): Promise<string> {
    const { location } = this.#options;
    await this.#make();
    const { stdout } = await this.#network(['ls-remote', '--quiet', '--', location.url, location.ref]);
    const lines = stdout.toString('utf8').split('\n');
    const found = lines.map((line) => line.split('\t')).find(([, name]) => name === location.ref)?.[0];
    if (found === undefined || !OBJECT_ID.test(found)) {
      throw new PolicyFilesError(`the policy repository has no ${location.ref}`);
    }
    return found;
  }

  /** Fetches the ref, and answers its commit once that descends from the accepted one and bears a signature where one is asked for. */
  async fetchCommit(): Promise<string> {
    const { location } = this.#options;
    await this.#make();
    const refspec = `+${location.ref}:${CANDIDATE}`;
    const quiet = [
      '--quiet',
      '--no-tags',
      '--no-write-fetch-head',
      '--no-recurse-submodules',
      '--no-auto-maintenance',
    ];
    await this.#network(['-c', 'fetch.fsckObjects=true', 'fetch', ...quiet, '--', location.url, refspec]);
    const commit = await this.#commitOf(CANDIDATE);
    if (commit === undefined)
      throw new PolicyFilesError(`${location.ref} of the policy repository is no commit`);
    await this.#checkDescent(commit);
    await this.#checkSignature(commit);
    return commit;
  }

  /** From now on a commit must descend from this one. */
  async accept(commit: string): Promise<void> {
    await this.#local(['update-ref', ACCEPTED, commit]);
  }

  /** Output of a command that reads objects. */
  async read(args: readonly string[], input = ''): Promise<Buffer> {
    return (await this.#local(args, input)).stdout;
  }

  async #make(): Promise<void> {
    if (this.#made) return;
    const { folder } = this.#options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await this.#local(['init', '--quiet', '--bare', '--template=', folder]);
    this.#made = true;
  }

  async #checkDescent(commit: string): Promise<void> {
    const accepted = await this.#commitOf(ACCEPTED);
    if (accepted === undefined || this.#options.allowRewind === true) return;
    const { exitCode } = await this.#run(['merge-base', '--is-ancestor', accepted, commit], LOCAL_TIMEOUT_MS);
    if (exitCode === 0) return;
    const { ref } = this.#options.location;
    throw new PolicyFilesError(
      `${ref} moved from ${accepted.slice(0, 12)} to ${commit.slice(0, 12)}, which does not descend from it (a force-push or a rollback): revert by a new commit, or start once with --policies-allow-rewind`,
    );
  }

  async #checkSignature(commit: string): Promise<void> {
    const { signersFile, folder } = this.#options;
    if (signersFile === undefined) return;
    const keys = await readText(signersFile, 'the signers file');
    const home = join(folder, 'gnupg');
    await rm(home, { recursive: true, force: true });
    await mkdir(home, { mode: 0o700 });
    await chmod(home, 0o700);
    const isOpenPgp = keys.includes('-----BEGIN PGP PUBLIC KEY BLOCK-----');
    // Without keys of its kind a signature must find an empty keyring, never the user's.
    const settings = ['-c', `gpg.ssh.allowedSignersFile=${isOpenPgp ? '/dev/null' : signersFile}`];
    if (isOpenPgp) await this.#importKeys(home, signersFile);
    const { exitCode } = await this.#run([...settings, 'verify-commit', commit], LOCAL_TIMEOUT_MS, {
      GNUPGHOME: home,
    });
    if (exitCode === 0) return;
    throw new PolicyFilesError(
      `commit ${commit.slice(0, 12)} bears no valid signature by a key of ${signersFile}`,
    );
  }

  async #importKeys(home: string, file: string): Promise<void> {
    const { folder, searchPath } = this.#options;
    const args = ['--batch', '--quiet', '--no-autostart', '--import', '--', file];
    const env = { GNUPGHOME: home };
    const { exitCode, stderr } = await this.#start({
      program: 'gpg',
      folder,
      searchPath,
      args,
      env,
      timeoutMs: LOCAL_TIMEOUT_MS,
    });
    if (exitCode !== 0) throw new PolicyFilesError(`the keys of ${file} cannot be read: ${lastLine(stderr)}`);
  }

  async #commitOf(ref: string): Promise<string | undefined> {
    const result = await this.#run(['rev-parse', '--verify', '--quiet', `${ref}^{commit}`], LOCAL_TIMEOUT_MS);
    const commit = result.stdout.toString('utf8').trim();
    return result.exitCode === 0 && OBJECT_ID.test(commit) ? commit : undefined;
  }

  async #local(args: readonly string[], input = ''): Promise<GitResult> {
    return this.#succeed(args, await this.#run(args, LOCAL_TIMEOUT_MS, {}, input));
  }

  async #network(args: readonly string[]): Promise<GitResult> {
    const { location } = this.#options;
    const result = await this.#run(
      args,
      NETWORK_TIMEOUT_MS,
      await this.#networkEnvironment(),
      '',
      location.protocol,
    );
    return this.#succeed(args, result);
  }

  #succeed(args: readonly string[], result: GitResult): GitResult {
    if (result.exitCode === 0) return result;
    const command = args.find((arg) => /^[a-z]+-?[a-z]+$/.test(arg)) ?? 'git';
    const said = result.exitCode === null ? 'it took too long, or said too much' : lastLine(result.stderr);
    throw new PolicyFilesError(`git ${command} failed for the policy repository: ${said}`);
  }

  async #run(
    args: readonly string[],
    timeoutMs: number,
    env: Readonly<Record<string, string>> = {},
    input = '',
    protocol?: string,
  ): Promise<GitResult> {
    const { folder, searchPath } = this.#options;
    const call = { folder, searchPath, args, timeoutMs, env: { ...env, GIT_DIR: folder }, input };
    return this.#start(protocol === undefined ? call : { ...call, protocol });
  }

  async #start(call: GitCall): Promise<GitResult> {
    try {
      return await runGit(call);
    } catch (cause) {
      const program = call.program ?? 'git';
      throw new PolicyFilesError(`${program} cannot be started; policies in a repository need it in PATH`, {
        cause,
      });
    }
  }

  /** Credentials travel in the environment of git alone: its arguments can be read by everybody on the machine. */
  async #networkEnvironment(): Promise<Readonly<Record<string, string>>> {
    const { location, tokenFile, caFile, sshKeyFile, knownHostsFile } = this.#options;
    if (location.protocol === 'ssh') return { GIT_SSH_COMMAND: sshCommand(sshKeyFile, knownHostsFile) };
    const settings: [string, string][] = [['http.followRedirects', 'false']];
    if (tokenFile !== undefined) {
      const token = (await readText(tokenFile, 'the token file')).trim();
      if (!/^[\x21-\x7e]+$/.test(token))
        throw new PolicyFilesError(`${tokenFile} holds no token in one line`);
      settings.push([`http.${location.url}.extraHeader`, `Authorization: Bearer ${token}`]);
    }
    return {
      GIT_CONFIG_COUNT: String(settings.length),
      ...Object.fromEntries(
        settings.flatMap(([key, value], index) => [
          [`GIT_CONFIG_KEY_${index}`, key],
          [`GIT_CONFIG_VALUE_${index}`, value],
        ]),
      ),
      ...(caFile === undefined ? {} : { GIT_SSL_CAINFO: caFile }),
    };
  }
}

/** git hands it to a shell, hence the quotes. */
function sshCommand(keyFile: string | undefined, knownHostsFile: string | undefined): string {
  const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    'ClearAllForwardings=yes',
    'ConnectTimeout=15',
  ];
  if (keyFile !== undefined) options.push('IdentitiesOnly=yes', `IdentityFile=${keyFile}`);
  if (knownHostsFile !== undefined) options.push(`UserKnownHostsFile=${knownHostsFile}`);
  return ['ssh', '-F', '/dev/null', ...options.flatMap((option) => ['-o', quote(option)])].join(' ');
}

async function readText(path: string, what: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new PolicyFilesError(`${what} ${path} cannot be read`, { cause });
  });
}

/** The last line that git said, without what a terminal would act on or a URL's credentials. */
function lastLine(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return (lines.at(-1) ?? 'no reason given').replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
}
