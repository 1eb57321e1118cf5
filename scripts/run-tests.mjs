#!/usr/bin/env node
// Runs node:test over globs and fails when a glob matches no file, a file runs no test, or nothing ran at all:
// node:test itself answers 0 in all three cases.
// Usage: run-tests.mjs [--isolation none|process] [--concurrency N] [--timeout MS] GLOB...
import { globSync } from 'node:fs';
import { resolve } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { parseArgs } from 'node:util';
import './fixed-seed.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    isolation: { type: 'string', default: 'process' },
    concurrency: { type: 'string', default: '2' },
    timeout: { type: 'string', default: '600000' },
  },
});

const problems = [];
const files = [];
for (const glob of positionals) {
  const matched = globSync(glob).map((path) => resolve(path)).sort();
  if (matched.length === 0) problems.push(`no test file matches ${glob}`);
  files.push(...matched);
}
if (positionals.length === 0) problems.push('no glob was given');

const counts = new Map(files.map((file) => [file, 0]));
let passed = 0;
let failed = 0;
let skipped = 0;
if (problems.length === 0) {
  const stream = run({
    files,
    isolation: values.isolation,
    concurrency: values.isolation === 'none' ? undefined : Number(values.concurrency),
    timeout: Number(values.timeout),
    // Without effect where this process itself runs the tests: it has fixed its seed above.
    execArgv: ['--import', import.meta.resolve('./fixed-seed.mjs')],
  });
  const count = (data, failure) => {
    // With process isolation a file that cannot even load fails as a test named like the file.
    if (data.details?.type === 'suite') {
      if (failure) process.exitCode = 1;
      return;
    }
    if (data.file !== undefined) counts.set(data.file, (counts.get(data.file) ?? 0) + 1);
    if (data.skip !== undefined || data.todo !== undefined) skipped += 1;
    else if (failure) failed += 1;
    else passed += 1;
  };
  stream.on('test:pass', (data) => count(data, false));
  stream.on('test:fail', (data) => count(data, true));
  const output = stream.compose(new spec());
  output.pipe(process.stdout);
  await new Promise((done) => output.on('end', done));
  for (const [file, number] of counts) if (number === 0) problems.push(`${file} ran no test`);
  if (passed + failed === 0) problems.push('no test ran');
}
for (const problem of problems) console.error(`run-tests: ${problem}`);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed > 0 || problems.length > 0 ? 1 : (process.exitCode ?? 0);
