import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type {
  HelmAction,
  HelmInstall,
  HelmRollback,
  HelmUninstall,
  HelmUpgrade,
} from '../../../src/io/contract.ts';
import { argumentsOf } from '../../../src/io/helm/helm-arguments.ts';

const base = {
  releaseName: 'web',
  releaseNamespace: 'apps',
  timeoutMs: 90_000,
  wait: 'watcher',
  waitForJobs: false,
  disableHooks: false,
} as const;
const chart = {
  chartPath: '/charts/web.tgz',
  values: { password: 'hunter2' },
  takeOwnership: false,
  skipCrds: false,
  disableOpenApiValidation: false,
  disableSchemaValidation: false,
} as const;
const install: HelmInstall = {
  ...base,
  ...chart,
  verb: 'install',
  createNamespace: false,
  replace: false,
  serverSide: true,
};
const upgrade: HelmUpgrade = {
  ...base,
  ...chart,
  verb: 'upgrade',
  reuseValues: false,
  force: false,
  cleanupOnFail: false,
  maxHistory: 5,
  serverSide: 'auto',
};
const rollback: HelmRollback = {
  ...base,
  verb: 'rollback',
  revision: 3,
  force: false,
  cleanupOnFail: false,
  maxHistory: 0,
  serverSide: 'true',
};
const uninstall: HelmUninstall = { ...base, verb: 'uninstall', keepHistory: false, cascade: 'foreground' };
const common = '--namespace=apps --timeout=90000ms --wait=watcher';
const values = '--values=- --hide-notes';

const table: readonly (readonly [string, HelmAction, string])[] = [
  [
    'installs',
    install,
    `install web /charts/web.tgz ${common} ${values} --server-side=true --force-conflicts`,
  ],
  [
    'installs with every switch on, by client-side apply',
    {
      ...install,
      wait: 'legacy',
      waitForJobs: true,
      disableHooks: true,
      skipCrds: true,
      takeOwnership: true,
      disableOpenApiValidation: true,
      disableSchemaValidation: true,
      createNamespace: true,
      replace: true,
      serverSide: false,
    },
    `install web /charts/web.tgz --namespace=apps --timeout=90000ms --wait=legacy --no-hooks ${values} --wait-for-jobs --skip-crds --take-ownership --disable-openapi-validation --skip-schema-validation --create-namespace --replace --server-side=false`,
  ],
  [
    'upgrades, forcing nothing while helm decides how to apply',
    { ...upgrade, force: true },
    `upgrade web /charts/web.tgz ${common} ${values} --reset-values --history-max=5 --server-side=auto`,
  ],
  [
    'upgrades by replacement when that is asked for with client-side apply',
    { ...upgrade, force: true, serverSide: 'false', reuseValues: true, cleanupOnFail: true },
    `upgrade web /charts/web.tgz ${common} ${values} --reuse-values --cleanup-on-fail --history-max=5 --server-side=false --force-replace`,
  ],
  [
    'rolls back',
    { ...rollback, waitForJobs: true },
    `rollback web 3 ${common} --wait-for-jobs --history-max=0 --server-side=true --force-conflicts`,
  ],
  [
    'uninstalls',
    { ...uninstall, keepHistory: true },
    `uninstall web ${common} --keep-history --cascade=foreground`,
  ],
];
for (const [title, action, expected] of table) {
  test(title, () => assert.equal(argumentsOf(action).join(' '), expected));
}

const hostile = [
  '',
  '-n',
  '--kubeconfig=/etc/x',
  'a b',
  'a;b',
  '$(id)',
  'a\nb',
  'A',
  'a..b',
  'a-',
  'x'.repeat(54),
  '../x',
  'a/b',
];
for (const name of hostile) {
  test(`refuses ${JSON.stringify(name)} as a release name and as a namespace`, () => {
    for (const action of [install, upgrade, rollback, uninstall]) {
      assert.throws(() => argumentsOf({ ...action, releaseName: name }), { name: 'HelmActionError' });
      const namespace = name.length === 54 ? 'x'.repeat(64) : name;
      assert.throws(() => argumentsOf({ ...action, releaseNamespace: namespace }), {
        name: 'HelmActionError',
      });
    }
  });
}

for (const chartPath of ['podinfo', './chart', 'oci://x/y', 'https://x/y.tgz', '-x', '']) {
  test(`refuses ${JSON.stringify(chartPath)} as a chart`, () => {
    assert.throws(() => argumentsOf({ ...install, chartPath }), /absolute path/);
  });
}

for (const wrong of [-1, 1.5, Number.NaN, Infinity]) {
  test(`refuses ${wrong} as a count or a time`, () => {
    assert.throws(() => argumentsOf({ ...install, timeoutMs: wrong }), /whole number/);
    assert.throws(() => argumentsOf({ ...upgrade, maxHistory: wrong }), /not a count/);
    assert.throws(() => argumentsOf({ ...rollback, revision: wrong }), /not a count/);
  });
}

test('never puts a value into an argument, never hides a failed revision', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(install, upgrade),
      fc.string({ minLength: 12 }),
      fc.boolean(),
      (action, secret, flag) => {
        const args = argumentsOf({ ...action, values: { secret }, waitForJobs: flag, skipCrds: flag });
        return !args.some((arg) => arg.includes(secret) || /atomic|rollback-on-failure|--set/.test(arg));
      },
    ),
  );
});
