import { parseDuration } from '../duration.ts';
import { isJsonObject, type Json } from '../json/json.ts';
import { type Combination, type Ineffective, isAskedOf, type Reading } from './ineffective-combination.ts';

/** Items of one list that are told apart; the others are found once these are mended. */
const MAX_ITEMS = 20;

const RELEASE = ['HelmRelease'] as const;

/** Drift that is looked for less often is found by somebody else first; an hour is what a shift can wait. */
const DRIFT_WITHIN_MS = 3_600_000;

/** Combinations in a HelmRelease that its controller ignores (flux.md 1.2), apart from those about its source. */
export const INEFFECTIVE_IN_RELEASES: readonly Combination[] = [
  {
    id: 'skipCRDs',
    kinds: RELEASE,
    text: '`install.skipCRDs: true` is never read; `install.crds` decides',
    find: (release) =>
      release.seen('install.skipCRDs') === true
        ? found(
            'install.skipCRDs',
            `skipCRDs is never read: install.crds decides, and is ${shown(release, 'install.crds')}`,
            {
              instead: [[[['install', 'skipCRDs']], [['install', 'crds'], 'Skip']]],
            },
          )
        : [],
  },
  {
    id: 'recreate',
    kinds: RELEASE,
    text: '`rollback.recreate: true` is ignored by Flux, which warns of it; Helmgate restarts the pods',
    find: (release) =>
      release.controller === 'flux' && release.seen('rollback.recreate') === true
        ? found('rollback.recreate', 'Flux ignores recreate: Helm no longer restarts pods')
        : [],
  },
  {
    id: 'force',
    kinds: RELEASE,
    text: '`upgrade.force` and `rollback.force` are ignored with server-side apply. Under Helmgate that is so unless `serverSideApply` beside it is `disabled`; Flux takes `auto` for off after an install with `install.serverSideApply: false`',
    find: (release) => ['upgrade', 'rollback'].flatMap((verb) => forced(release, verb)),
  },
  {
    id: 'createNamespace',
    kinds: RELEASE,
    text: '`install.createNamespace: true` without `targetNamespace`: the release goes to its own namespace, which exists',
    find: (release) =>
      release.seen('install.createNamespace') === true && release.written('targetNamespace') === undefined
        ? found(
            'install.createNamespace',
            'without targetNamespace the release goes to its own namespace, which exists',
          )
        : [],
  },
  {
    id: 'remediation',
    kinds: RELEASE,
    text: '`install.remediation` and `upgrade.remediation` beside the strategy `RetryOnFailure`, which retries for ever and undoes nothing',
    find: (release) =>
      ['install', 'upgrade'].flatMap((verb) =>
        release.seen(`${verb}.strategy.name`) === 'RetryOnFailure' &&
        release.written(`${verb}.remediation`) !== undefined
          ? found(
              `${verb}.remediation`,
              'RetryOnFailure retries for ever and undoes nothing, so remediation is not used',
              {
                instead: [[[[verb, 'strategy']]]],
              },
            )
          : [],
      ),
  },
  {
    id: 'test',
    kinds: RELEASE,
    text: '`test.filters`, `test.timeout` and `test.ignoreFailures: true` without `test.enable: true`',
    find(release) {
      if (release.seen('test.enable') === true) return [];
      const set = ['filters', 'timeout', 'ignoreFailures'].filter((field) =>
        isAskedOf(release, `test.${field}`),
      );
      return set.flatMap((field) =>
        found(`test.${field}`, 'tests are not enabled', { instead: [[[['test', 'enable'], true]]] }),
      );
    },
  },
  {
    id: 'literal',
    kinds: RELEASE,
    text: '`valuesFrom[].literal: true` without `targetPath`: a whole document is read as YAML',
    find(release) {
      const list = release.seen('valuesFrom');
      if (!Array.isArray(list)) return [];
      const items = (list as readonly Json[]).flatMap((item, index) =>
        isLiteralDocument(item) ? [index] : [],
      );
      return items
        .slice(0, MAX_ITEMS)
        .flatMap((index) =>
          found(
            `valuesFrom.${index}.literal`,
            'without targetPath the document is read as YAML, not taken literally',
          ),
        );
    },
  },
  {
    id: 'healthChecks',
    kinds: RELEASE,
    text: '`healthCheckExprs` with `waitStrategy.name: legacy`, or with `disableWait` for both install and upgrade',
    find: (release) => unusedHealthChecks(release),
  },
  {
    id: 'driftIgnore',
    kinds: RELEASE,
    text: '`driftDetection.ignore` while `driftDetection.mode` is `disabled`, also when it is absent',
    find: (release) =>
      release.seen('driftDetection.mode') === 'disabled' &&
      release.written('driftDetection.ignore') !== undefined
        ? found('driftDetection.ignore', 'drift detection is disabled, so there is nothing to ignore', {
            instead: [[[['driftDetection', 'mode'], 'warn']], [[['driftDetection', 'mode'], 'enabled']]],
          })
        : [],
  },
  {
    id: 'keepHistory',
    kinds: RELEASE,
    text: '`uninstall.keepHistory: true` without `install.replace: true`: Helm refuses to use the name again',
    find: (release) =>
      release.seen('uninstall.keepHistory') === true && release.seen('install.replace') !== true
        ? found(
            'uninstall.keepHistory',
            'the kept history blocks the name: the next install fails without install.replace',
            {
              wouldPass: 'install.replace: true, or no keepHistory',
              instead: [[[['install', 'replace'], true]]],
            },
          )
        : [],
  },
  {
    id: 'firstInstall',
    kinds: RELEASE,
    text: '`upgrade.remediation.strategy: rollback`, where it is written, while `install.remediation` undoes nothing: a first install that failed has nothing to roll back to',
    find: (release) => unremedied(release),
  },
  {
    id: 'driftInterval',
    kinds: RELEASE,
    text: '`driftDetection` that is on with an `interval` above an hour: drift is looked for once in an interval, and stands until then',
    find(release) {
      const interval = durationOf(release.seen('interval'));
      const mode = release.seen('driftDetection.mode');
      if ((mode !== 'enabled' && mode !== 'warn') || interval === undefined || interval <= DRIFT_WITHIN_MS)
        return [];
      return found(
        'driftDetection.mode',
        `drift is looked for once in an interval, ${shown(release, 'interval')}, and stands until then`,
        {
          wouldPass: 'an interval of at most 1h',
          instead: [[[['interval'], '1h']]],
          removable: false,
        },
      );
    },
  },
  {
    id: 'timeout',
    kinds: RELEASE,
    text: '`timeout` not below `interval`, or its default above it: while Helm waits, intervals pass unused',
    find(release) {
      const [timeout, interval] = ['timeout', 'interval'].map((path) => durationOf(release.seen(path)));
      if (timeout === undefined || interval === undefined) return [];
      // Nobody chose the default: that both are 5m is how most releases are written.
      const isWritten = release.written('timeout') !== undefined;
      if (isWritten ? timeout < interval : timeout <= interval) return [];
      const [own, other] = [shown(release, 'timeout'), shown(release, 'interval')];
      const what = isWritten
        ? `it is not below the interval, ${other}`
        : `its default, ${own}, is above the interval, ${other}`;
      return found('timeout', `${what}: while Helm waits, intervals pass unused`, {
        wouldPass: `a timeout below ${other}`,
        removable: false,
      });
    },
  },
];

function found(
  path: string,
  why: string,
  more: Omit<Ineffective, 'path' | 'why'> = {},
): readonly Ineffective[] {
  return [{ path: path.split('.'), why, ...more }];
}

function forced(release: Reading, verb: string): readonly Ineffective[] {
  if (release.seen(`${verb}.force`) !== true) return [];
  const apply = release.seen(`${verb}.serverSideApply`);
  const followsInstall = release.controller === 'flux' && apply === 'auto';
  if (apply === 'disabled' || (followsInstall && release.seen('install.serverSideApply') === false))
    return [];
  const how = apply === 'auto' ? 'which auto means here' : 'which is enabled';
  return found(`${verb}.force`, `force is ignored with server-side apply, ${how}`, {
    instead: [[[[verb, 'serverSideApply'], 'disabled']]],
  });
}

/** A failed install is undone when it is retried, or when its last failure is to be undone (flux.md 1.2). */
function unremedied(release: Reading): readonly Ineffective[] {
  if (release.written('upgrade.remediation.strategy') !== 'rollback') return [];
  const undone =
    release.seen('install.strategy.name') === 'RetryOnFailure' ||
    Number(release.seen('install.remediation.retries') ?? 0) !== 0 ||
    release.seen('install.remediation.remediateLastFailure') === true;
  if (undone) return [];
  return found(
    'upgrade.remediation.strategy',
    'a failed first install has nothing to roll back to, and install.remediation does not undo it',
    {
      wouldPass: 'install.remediation.retries above 0',
      instead: [[[['install', 'remediation', 'retries'], 1]]],
    },
  );
}

function isLiteralDocument(item: Json): boolean {
  return isJsonObject(item) && item['literal'] === true && (item['targetPath'] ?? '') === '';
}

function unusedHealthChecks(release: Reading): readonly Ineffective[] {
  if (release.written('healthCheckExprs') === undefined) return [];
  if (release.seen('waitStrategy.name') === 'legacy') {
    return found('healthCheckExprs', 'the wait strategy legacy knows no health checks', {
      instead: [[[['waitStrategy']]]],
    });
  }
  const waits = ['install', 'upgrade'].some((verb) => release.seen(`${verb}.disableWait`) !== true);
  return waits
    ? []
    : found('healthCheckExprs', 'neither install nor upgrade waits (disableWait), so nothing is checked');
}

function durationOf(value: Json | undefined): number | undefined {
  // Go's longest duration has fewer characters; reading a text takes more than linear time.
  return typeof value === 'string' && value.length <= 64 ? parseDuration(value) : undefined;
}

function shown(release: Reading, path: string): string {
  const value = release.seen(path);
  return typeof value === 'string' ? value : 'unreadable';
}
