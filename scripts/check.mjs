#!/usr/bin/env node
// Runs the project's checks one after another and says which failed; with --all also the slow tests, whose totals end
// the output. Every check runs even when one before it failed, so that one look shows all there is to mend.
import { spawn } from 'node:child_process';

const QUICK = ['check:lock', 'check:format', 'check:lint', 'check:types', 'check:dead', 'check:unit'];
// The control plane's parts are built before the tests: a cold build takes longer than any test may.
const SLOW = ['test:tools', 'test:oracle', 'test:io', 'test:e2e'];

const names = process.argv.includes('--all') ? [...QUICK, ...SLOW] : QUICK;
const failed = [];
let passedTests = 0;
let failedTests = 0;
let skippedTests = 0;
let child;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    child?.kill(signal);
    process.exitCode = 130;
    names.length = 0;
  });
}
for (const name of [...names]) {
  if (names.length === 0) break;
  const started = Date.now();
  console.log(`\n> ${name}`);
  const code = await new Promise((resolve) => {
    child = spawn('npm', ['run', '--silent', name], { stdio: ['ignore', 'pipe', 'inherit'] });
    let last = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      process.stdout.write(text);
      last = (last + text).slice(-400);
    });
    child.on('close', (exit) => {
      const totals = /(\d+) passed, (\d+) failed, (\d+) skipped\s*$/.exec(last);
      passedTests += Number(totals?.[1] ?? 0);
      failedTests += Number(totals?.[2] ?? 0);
      skippedTests += Number(totals?.[3] ?? 0);
      resolve(exit);
    });
    child.on('error', () => resolve(1));
  });
  console.log(`> ${name}: ${code === 0 ? 'ok' : `FAILED (exit ${code})`} in ${((Date.now() - started) / 1000).toFixed(1)} s`);
  if (code !== 0) failed.push(name);
}
if (failed.length > 0) console.error(`\nfailed: ${failed.join(', ')}`);
console.log(`${passedTests} passed, ${failedTests} failed, ${skippedTests} skipped`);
if (failed.length > 0) process.exitCode = 1;
