#!/usr/bin/env node
// Completes package-lock.json with optional platform packages that npm dropped.
//
// Some registries lack a few platform builds of native tools. `npm install` then leaves these optional entries out
// of the lock, and `npm ci` refuses the lock as incomplete. An entry without integrity, marked optional and bound to
// its platform, satisfies `npm ci`; other platforms skip it. `--check` only says what is missing and exits 1.
import { readFileSync, writeFileSync } from 'node:fs';

const PLATFORMS = { linux: 'linux', darwin: 'darwin', win32: 'win32', windows: 'win32', android: 'android', freebsd: 'freebsd', openbsd: 'openbsd', netbsd: 'netbsd', openharmony: 'openharmony', sunos: 'sunos', aix: 'aix' };
const CPUS = { x64: 'x64', arm64: 'arm64', arm: 'arm', ia32: 'ia32', riscv64: 'riscv64', s390x: 's390x', ppc64: 'ppc64', loong64: 'loong64', wasm32: 'wasm32' };

const path = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(path, 'utf8'));
const missing = [];
for (const [from, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const nested = `${from}/node_modules/${name}`;
    if (lock.packages[`node_modules/${name}`] !== undefined || lock.packages[nested] !== undefined) continue;
    const words = name.split(/[/@-]/).filter(Boolean);
    const os = words.map((word) => PLATFORMS[word]).filter(Boolean);
    const cpu = words.map((word) => CPUS[word]).filter(Boolean);
    const libc = words.includes('musl') ? ['musl'] : words.includes('gnu') ? ['glibc'] : undefined;
    if (os.length === 0 && cpu.length === 0) {
      console.error(`complete-lock: ${name} (optional, of ${from}) names no platform; install it or add it by hand`);
      process.exitCode = 1;
      continue;
    }
    missing.push(name);
    lock.packages[`node_modules/${name}`] = {
      version: version.replace(/^[\^~]/, ''),
      ...(entry.dev === true ? { dev: true } : {}),
      optional: true,
      ...(os.length > 0 ? { os } : {}),
      ...(cpu.length > 0 ? { cpu } : {}),
      ...(libc === undefined ? {} : { libc }),
    };
  }
}
if (process.argv.includes('--check')) {
  for (const name of missing) console.error(`complete-lock: package-lock.json lacks ${name}; run node scripts/complete-lock.mjs`);
  if (missing.length > 0) process.exitCode = 1;
} else if (missing.length > 0) {
  const sorted = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  writeFileSync(path, `${JSON.stringify({ ...lock, packages: sorted }, null, 2)}\n`);
  console.log(`complete-lock: added ${missing.join(', ')}`);
}
