import { isAbsolute } from 'node:path';
import type { HelmAction, HelmInstall, HelmUpgrade } from '../contract.ts';
import { isNamespaceName, isReleaseName } from './release-name.ts';

/** An action that must not become a command line: a name that helm could take for something else. */
export class HelmActionError extends Error {
  override readonly name = 'HelmActionError';
}

/**
 * The arguments of helm 4 for an action (helm 4.3 flags). Values are read from standard input; the chart is always a
 * local file. `--rollback-on-failure` is never there: it hides the failed revision that remediation counts.
 * Throws a HelmActionError.
 */
export function argumentsOf(action: HelmAction): readonly string[] {
  if (!isReleaseName(action.releaseName)) {
    throw new HelmActionError(
      `"${action.releaseName}" is not a release name (RFC 1123, 53 characters at most)`,
    );
  }
  if (!isNamespaceName(action.releaseNamespace)) {
    throw new HelmActionError(`"${action.releaseNamespace}" is not a namespace name (RFC 1123 label)`);
  }
  if (!Number.isSafeInteger(action.timeoutMs) || action.timeoutMs < 0) {
    throw new HelmActionError(`timeout ${action.timeoutMs} ms is not a whole number of milliseconds`);
  }
  const common = [
    `--namespace=${action.releaseNamespace}`,
    `--timeout=${action.timeoutMs}ms`,
    `--wait=${action.wait}`,
    ...flag('--no-hooks', action.disableHooks),
  ];
  switch (action.verb) {
    case 'install':
      return [
        'install',
        action.releaseName,
        chartFile(action),
        ...common,
        ...chartFlags(action),
        ...flag('--create-namespace', action.createNamespace),
        ...flag('--replace', action.replace),
        `--server-side=${action.serverSide}`,
        ...flag('--force-conflicts', action.serverSide),
      ];
    case 'upgrade':
      return [
        'upgrade',
        action.releaseName,
        chartFile(action),
        ...common,
        ...chartFlags(action),
        // Without either helm reuses the old values when it is given none.
        action.reuseValues ? '--reuse-values' : '--reset-values',
        ...flag('--cleanup-on-fail', action.cleanupOnFail),
        `--history-max=${count(action.maxHistory, 'maxHistory')}`,
        ...applyFlags(action.serverSide, action.force),
      ];
    case 'rollback':
      return [
        'rollback',
        action.releaseName,
        String(count(action.revision, 'revision')),
        ...common,
        ...flag('--wait-for-jobs', action.waitForJobs),
        ...flag('--cleanup-on-fail', action.cleanupOnFail),
        `--history-max=${count(action.maxHistory, 'maxHistory')}`,
        ...applyFlags(action.serverSide, action.force),
      ];
    case 'uninstall':
      return [
        'uninstall',
        action.releaseName,
        ...common,
        ...flag('--keep-history', action.keepHistory),
        `--cascade=${action.cascade}`,
      ];
  }
}

/** Whether the action's values go to helm's standard input. */
export function readsValues(action: HelmAction): action is HelmInstall | HelmUpgrade {
  return action.verb === 'install' || action.verb === 'upgrade';
}

function chartFlags(action: HelmInstall | HelmUpgrade): readonly string[] {
  return [
    '--values=-',
    // Notes are rendered from values and would carry their secrets into our output.
    '--hide-notes',
    ...flag('--wait-for-jobs', action.waitForJobs),
    ...flag('--skip-crds', action.skipCrds),
    ...flag('--take-ownership', action.takeOwnership),
    ...flag('--disable-openapi-validation', action.disableOpenApiValidation),
    ...flag('--skip-schema-validation', action.disableSchemaValidation),
  ];
}

/**
 * How existing objects are written. helm refuses force-conflicts without server-side apply and force-replace with it;
 * with `auto` it decides later, so neither can be given: callers resolve `auto` from the last release's apply method.
 */
function applyFlags(serverSide: 'true' | 'false' | 'auto', force: boolean): readonly string[] {
  return [
    `--server-side=${serverSide}`,
    ...flag('--force-conflicts', serverSide === 'true'),
    ...flag('--force-replace', force && serverSide === 'false'),
  ];
}

function chartFile(action: HelmInstall | HelmUpgrade): string {
  if (!isAbsolute(action.chartPath)) {
    throw new HelmActionError(
      'the chart must be an absolute path of a local file, or helm would look in repositories',
    );
  }
  return action.chartPath;
}

function count(value: number, name: string): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new HelmActionError(`${name} ${value} is not a count`);
  return value;
}

function flag(name: string, on: boolean): readonly string[] {
  return on ? [name] : [];
}
