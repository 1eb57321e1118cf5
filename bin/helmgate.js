#!/usr/bin/env node
// Starts Helmgate on a Node that can run it. Plain JavaScript that any Node from 18 reads.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import nodeModule, { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Whether this Node strips types and has what client-node 2 needs: 24.12 or later. */
function isSupported(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 24 || (major === 24 && minor >= 12);
}

/** The Node binary that the `node` devDependency installed, or undefined. */
function pinnedNode() {
  try {
    const path = join(dirname(createRequire(import.meta.url).resolve('node/package.json')), 'bin', 'node');
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

/** As src/config/folders.ts has it; said here, since loading that file is part of what the cache is for. */
function compileCacheFolder({ XDG_CACHE_HOME: cache = '', HOME: home = homedir() }) {
  return join(isAbsolute(cache) ? cache : join(home, '.cache'), 'helmgate', 'compile');
}

if (isSupported(process.versions.node)) {
  // Before the first file is loaded: types are stripped and code is compiled once.
  nodeModule.enableCompileCache(compileCacheFolder(process.env));
  const source = join(root, 'src', 'main.ts');
  const entry = existsSync(source) ? source : join(root, 'dist', 'main.js');
  const { main } = await import(entry);
  await main(process.argv.slice(2));
} else {
  const node = pinnedNode();
  if (node === undefined) {
    console.error(
      `helmgate: needs Node 24.12 or later, this is ${process.versions.node}; ` +
        'run `npm ci` in the checkout (it installs one) or put a newer Node first in PATH',
    );
    process.exit(2);
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
    // It ends when this process is killed by a signal that cannot be passed on.
    env: { ...process.env, HELMGATE_PARENT: String(process.pid) },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
