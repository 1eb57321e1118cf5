// Mutation testing of the pure core, a room at a time: `ROOM=policy npm run mutation`. Each mutant is run against the room's own tests,
// which is what should notice it; without ROOM all of core against all of its tests, for hours.
const room = process.env.ROOM;
const under = room === undefined ? '' : `${room}/`;

export default {
  packageManager: 'npm',
  testRunner: 'tap',
  plugins: ['@stryker-mutator/tap-runner'],
  tap: { testFiles: [`test/core/${under}**/*.test.ts`], forceBail: true },
  mutate: [`src/core/${under}**/*.ts`],
  coverageAnalysis: 'perTest',
  // Stryker reads it by an interface that TypeScript 7 does not have; a file that is not there keeps it from doing so.
  tsconfigFile: 'none.json',
  concurrency: Number(process.env.CONCURRENCY ?? 2),
  reporters: ['clear-text', 'json'],
  clearTextReporter: { allowColor: false, reportTests: false, reportMutants: false },
  jsonReporter: { fileName: `reports/mutation/${room ?? 'core'}.json` },
  tempDirName: '.stryker-tmp',
  ignorePatterns: ['bench', 'reports'],
};
