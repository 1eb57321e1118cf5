import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from './cluster.ts';
import { policyText } from './policy-text.ts';
import type { PolicyRepository } from './world.ts';

/** Who commits in the demo's repository; nothing of the user's own git configuration is used. */
const AUTHOR = [
  '-c',
  'user.name=Platform Team',
  '-c',
  'user.email=platform@example.com',
  '-c',
  'commit.gpgsign=false',
];

/** Makes a real git repository for the policy file below `folder`; the first commit comes by `commit`. */
export async function openPolicyRepository(
  folder: string,
  url: string,
  cluster: Cluster,
): Promise<PolicyRepository> {
  await mkdir(folder, { recursive: true });
  await cluster.git('init', '--quiet', '--initial-branch', 'main', folder);
  const add = async (name: string, text: string, message: string): Promise<string> => {
    await writeFile(join(folder, name), text);
    await cluster.git('-C', folder, 'add', '--all');
    await cluster.git('-C', folder, ...AUTHOR, 'commit', '--quiet', '--allow-empty', '-m', message);
    return (await cluster.git('-C', folder, 'rev-parse', 'HEAD')).trim();
  };
  return {
    folder,
    add,
    commit: (retries, message) => add('policy.yaml', policyText({ url, retries }), message),
  };
}
