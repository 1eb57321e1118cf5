#!/usr/bin/env node
// Mutation testing of src/core, one folder after another (see stryker.config.mjs), and their scores in one table; survivors go into
// reports/mutation/survivors.txt. `ROOM=policy/rules` takes one folder, `SAMPLE=12` one of twelve functions and tables.
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';

const CORE = 'src/core';
const REPORTS = 'reports/mutation';

const folders = globSync(`${CORE}/**/*.ts`).map((file) => relative(CORE, dirname(file)) || '.');
const all = [...new Set(folders)].toSorted((a, b) => a.localeCompare(b, 'en'));
const rooms = process.env.ROOM === undefined ? all : [process.env.ROOM];
const rows = [];
const survivors = [];
for (const room of rooms) {
  const report = `${REPORTS}/${room.replaceAll('/', '-')}.json`;
  rmSync(report, { force: true });
  const { status } = spawnSync('stryker', ['run', 'stryker.config.mjs'], { stdio: 'inherit', env: { ...process.env, ROOM: room } });
  if (status !== 0 || !existsSync(report)) {
    console.error(`run-mutation: ${room} could not be tested`);
    process.exitCode = 1;
    continue;
  }
  rows.push({ room, ...countsOf(report) });
}

function countsOf(report) {
  const { files } = JSON.parse(readFileSync(report, 'utf8'));
  const counts = { detected: 0, survived: 0, uncovered: 0 };
  for (const [file, { mutants }] of Object.entries(files)) {
    for (const { status, location, mutatorName, replacement = '' } of mutants) {
      if (status === 'Killed' || status === 'Timeout') counts.detected += 1;
      if (status === 'Survived') counts.survived += 1;
      if (status === 'NoCoverage') counts.uncovered += 1;
      if (status !== 'Survived' && status !== 'NoCoverage') continue;
      const shown = replacement.replaceAll(/\s+/g, ' ').slice(0, 100);
      survivors.push(`${file}:${location.start.line}:${location.start.column} ${status} ${mutatorName}: ${shown}`);
    }
  }
  return counts;
}

const total = { room: 'all', detected: 0, survived: 0, uncovered: 0 };
for (const row of rows) for (const name of ['detected', 'survived', 'uncovered']) total[name] += row[name];
const score = ({ detected, survived, uncovered }) => ((100 * detected) / (detected + survived + uncovered)).toFixed(1);
console.table([...rows, total].map((row) => ({ ...row, score: score(row) })));
writeFileSync(`${REPORTS}/survivors.txt`, `${survivors.join('\n')}\n`);
