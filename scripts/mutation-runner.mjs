// A test runner for Stryker that keeps the tests loaded: the functions given to node:test's `it` are collected once and called again for
// each mutant, those that cover it only, quickest first, until one fails. A mutant costs milliseconds where a process for each test file
// costs a second. It knows as much of node:test as the tests of the pure core use: describe, it and test, without hooks and contexts.
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { commonTokens, declareClassPlugin, PluginKind, tokens } from '@stryker-mutator/api/plugin';
import { DryRunStatus, determineHitLimitReached, TestStatus, toMutantRunResult } from '@stryker-mutator/api/test-runner';
import fc from 'fast-check';
import './fixed-seed.mjs';

const NODE_TEST = `data:text/javascript,${encodeURIComponent(`
  const { describe, it } = globalThis.helmgateMutation;
  export { describe, it, describe as suite, it as test };
  export default it;
`)}`;
/** Milliseconds of a test that is not too long to be run once more without a mutant. */
const SHORT = 100;
/** Milliseconds of a test that is too long to be asked at all: what only such tests notice counts as not noticed. */
const LONG = Number(process.env.LONGEST ?? 1_000);
/** Modules of earlier generations are never let go of, so the process is renewed after so many. */
const GENERATIONS = 150;
/** Milliseconds of each test in the first run, for the other processes: a path in Stryker's copy of the project. */
const DURATIONS = 'test-durations.json';

class NodeTestRunner {
  static inject = tokens(commonTokens.options);

  constructor(options) {
    this.globs = options.nodeTest.testFiles;
    this.stryker = globalThis.__stryker__ ??= {};
    this.generation = 0;
    this.milliseconds = new Map();
  }

  capabilities() {
    return { reloadEnvironment: true };
  }

  async init() {
    process.env.PROPERTY_RUNS ??= '100';
    // What fails is a mutant noticed: nobody reads the smallest example.
    fc.configureGlobal({ ...fc.readConfigureGlobal(), endOnFailure: true });
    if (existsSync(DURATIONS)) this.milliseconds = new Map(JSON.parse(readFileSync(DURATIONS, 'utf8')));
    const root = pathToFileURL(`${process.cwd()}/`).href;
    registerHooks({
      resolve: (specifier, context, next) => {
        if (specifier === 'node:test') return { url: NODE_TEST, shortCircuit: true };
        const resolved = next(specifier, context);
        const ours = resolved.url.startsWith(root) && !resolved.url.includes('/node_modules/');
        return ours ? { ...resolved, url: `${resolved.url}?generation=${this.generation}` } : resolved;
      },
    });
  }

  /** Loads sources and tests anew, with the mutant that is active now. */
  async load() {
    this.generation += 1;
    this.tests = new Map();
    const path = [];
    let fileName;
    const register = (name, ...rest) => {
      let id = [...path, name].join(' > ');
      while (this.tests.has(id)) id += ' (again)';
      this.tests.set(id, { run: rest.at(-1), fileName });
    };
    const describe = (name, ...rest) => {
      path.push(name);
      const returned = rest.at(-1)();
      if (returned instanceof Promise) throw new Error(`describe('${name}') is asynchronous, which this runner does not know`);
      path.pop();
    };
    globalThis.helmgateMutation = { describe, it: register };
    for (const file of globSync(this.globs).sort()) {
      fileName = resolve(file);
      path.splice(0, path.length, relative('test', file));
      await import(pathToFileURL(fileName).href);
    }
  }

  async run(ids, bail) {
    const results = [];
    for (const id of ids) {
      const test = this.tests.get(id);
      if (test === undefined) throw new Error(`there is no test ${id}`);
      this.stryker.currentTestId = id;
      const started = performance.now();
      const result = { id, name: id, fileName: test.fileName, status: TestStatus.Success };
      try {
        await test.run();
      } catch (error) {
        result.status = TestStatus.Failed;
        result.failureMessage = error instanceof Error ? error.message : String(error);
      }
      this.stryker.currentTestId = undefined;
      result.timeSpentMs = performance.now() - started;
      results.push(result);
      if (result.status === TestStatus.Failed && bail) break;
      if (!this.milliseconds.has(id)) this.milliseconds.set(id, result.timeSpentMs);
    }
    return results;
  }

  async dryRun() {
    this.stryker.activeMutant = undefined;
    try {
      await this.load();
    } catch (error) {
      return { status: DryRunStatus.Error, errorMessage: error.stack ?? String(error) };
    }
    const tests = await this.run([...this.tests.keys()], false);
    writeFileSync(DURATIONS, JSON.stringify([...this.milliseconds]));
    return { status: DryRunStatus.Complete, tests, mutantCoverage: this.stryker.mutantCoverage };
  }

  async mutantRun({ activeMutant, hitLimit, testFilter, reloadEnvironment, disableBail }) {
    if (this.generation > GENERATIONS) process.exit(1);
    const activate = (id) => {
      this.stryker.activeMutant = id;
      this.stryker.hitLimit = id === undefined ? undefined : hitLimit;
      this.stryker.hitCount = id === undefined || hitLimit === undefined ? undefined : 0;
    };
    const attempt = async (fresh) => {
      activate(activeMutant.id);
      if (fresh) {
        try {
          await this.load();
        } catch (error) {
          this.tests = undefined;
          return { status: DryRunStatus.Complete, tests: [{ id: 'load', name: 'load', status: TestStatus.Failed, timeSpentMs: 0,
            failureMessage: error instanceof Error ? error.message : String(error) }] };
        }
      }
      const duration = (id) => this.milliseconds.get(id) ?? 0;
      const ids = (testFilter ?? [...this.tests.keys()])
        .filter((id) => duration(id) <= LONG)
        .sort((a, b) => duration(a) - duration(b));
      const tests = await this.run(ids, !disableBail);
      return determineHitLimitReached(this.stryker.hitCount, hitLimit) ?? { status: DryRunStatus.Complete, tests };
    };

    const startsFresh = reloadEnvironment || this.tests === undefined;
    let result = await attempt(startsFresh);
    // What a mutant leaves behind (a memo, say) must not be held against the next one: a test that failed has to pass without a mutant,
    // else all is loaded anew and the mutant is tried once more.
    const failed = result.tests?.find(({ status }) => status === TestStatus.Failed);
    if (failed !== undefined && this.tests !== undefined && !reloadEnvironment && this.milliseconds.get(failed.id) < SHORT) {
      activate(undefined);
      const [again] = await this.run([failed.id], true);
      if (again.status === TestStatus.Failed) {
        if (!startsFresh) {
          activate(undefined);
          await this.load();
          result = await attempt(false);
        }
        this.tests = undefined;
      }
    }
    if (reloadEnvironment) this.tests = undefined;
    activate(undefined);
    return toMutantRunResult(result);
  }
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'node-test', NodeTestRunner)];
export const strykerValidationSchema = {
  properties: { nodeTest: { type: 'object', properties: { testFiles: { type: 'array', items: { type: 'string' } } } } },
};
