// Mutation testing of the pure core, a folder at a time: `ROOM=policy npm run mutation`, `ROOM=policy/rules npm run mutation`. Each mutant is
// run against the tests of the same folder and those below, which are what should notice it. A later run tries again what changed.
// `SAMPLE=12` takes one of twelve functions and tables.
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';

const room = process.env.ROOM ?? '.';
const name = room.replaceAll('/', '-');
// Some folders are tested by the tests of the folder above.
const tests = existsSync(`test/core/${room}`) ? room : dirname(room);

export default {
  packageManager: 'npm',
  testRunner: 'node-test',
  plugins: ['./scripts/mutation-runner.mjs', './scripts/mutation-sample.mjs'],
  ignorers: ['sample'],
  nodeTest: { testFiles: [`test/core/${tests}/**/*.test.ts`] },
  mutate: [`src/core/${room}/*.ts`],
  coverageAnalysis: 'perTest',
  // Stryker reads it by an interface that TypeScript 7 does not have; a file that is not there keeps it from doing so.
  tsconfigFile: 'none.json',
  concurrency: Number(process.env.CONCURRENCY ?? 2),
  // A mutant that hangs counts as noticed, so one that is only slow must not be taken for it.
  timeoutFactor: 1.5,
  timeoutMS: 2_500,
  dryRunTimeoutMinutes: 20,
  reporters: ['progress-append-only', 'clear-text', 'json'],
  clearTextReporter: { allowColor: false, reportTests: false, reportMutants: false },
  jsonReporter: { fileName: `reports/mutation/${name}.json` },
  incremental: process.env.SAMPLE === undefined,
  incrementalFile: `reports/mutation/${name}.incremental.json`,
  tempDirName: `.stryker-tmp/${name}`,
  ignorePatterns: ['bench', 'reports', '.stryker-tmp'],
};
