import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { PassThrough, Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import {
  type ApplyOptions,
  type ApplyResult,
  type CreateDependencies,
} from '../../src/cli/create/deliver.ts';
import type { Manifest } from '../../src/cli/create/manifest.ts';
import { createCommand } from '../../src/cli/create.ts';

const fixtures = new URL('../fixtures/flux-create/', import.meta.url);

interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

async function run(args: readonly string[], dependencies?: CreateDependencies): Promise<Outcome> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  let exitCode = 0;
  const context = {
    stdin: Readable.from([]),
    stdout,
    stderr,
    env: {},
    cwd: fileURLToPath(fixtures),
    signal: new AbortController().signal,
    setExitCode: (code: number): void => {
      exitCode = Math.max(exitCode, code);
    },
  };
  await createCommand(context, dependencies).parseAsync([...args], { from: 'user' });
  const textOf = (stream: PassThrough): string => String((stream.read() as Buffer | null) ?? '');
  return { stdout: textOf(stdout), stderr: textOf(stderr), exitCode };
}

function golden(name: string): string {
  return readFileSync(new URL(name, fixtures), 'utf8');
}

const cases = JSON.parse(golden('cases.json')) as readonly {
  readonly golden: string;
  readonly args: readonly string[];
}[];

describe('helmgate create --export', () => {
  it('has a golden file for each case and a case for each golden file', () => {
    const files = readdirSync(fixtures).filter((name) => name.endsWith('.golden'));
    assert.deepEqual(cases.map((entry) => entry.golden).toSorted(), files.toSorted());
    assert.ok(files.length > 35);
  });

  for (const { golden: file, args } of cases) {
    it(`prints ${file} byte for byte: ${args.slice(1).join(' ')}`, async () => {
      const outcome = await run([...args.slice(1), '--export']);
      assert.equal(outcome.stdout, golden(file));
      assert.equal(outcome.exitCode, 0);
    });
  }

  it('prints the older versions with --api-version v2beta1, and nothing else changes', async () => {
    for (const { golden: file, args } of cases.filter((entry) => !entry.args.includes('--chart-ref'))) {
      const { stdout } = await run([...args.slice(1), '--export', '--api-version', 'v2beta1']);
      const expected = golden(file)
        .replace('helm.toolkit.fluxcd.io/v2\n', 'helm.toolkit.fluxcd.io/v2beta1\n')
        .replace('source.toolkit.fluxcd.io/v1\n', 'source.toolkit.fluxcd.io/v1beta2\n');
      assert.equal(stdout, expected);
    }
  });
});

const HR = ['helmrelease', 'podinfo', '--source', 'HelmRepository/podinfo', '--chart', 'podinfo'];
const SOURCE = ['source', 'helm', 'podinfo', '--url', 'https://charts.example.com'];

describe('helmgate create refuses', () => {
  for (const [args, message] of [
    [['helmrelease'], 'name is required'],
    [['source', 'helm'], 'name is required'],
    [['hr', 'podinfo'], 'chart or chart-ref is required'],
    [
      ['hr', 'podinfo', '--source', 'HelmRepository/a', '--chart', 'a', '--chart-ref', 'HelmChart/b'],
      'cannot use --chart in combination with --chart-ref',
    ],
    [
      ['hr', 'podinfo', '--source', 'foobar/podinfo', '--chart', 'podinfo'],
      `invalid argument "foobar/podinfo" for "--source" flag: source kind 'foobar' is not supported, must be one of: HelmRepository, GitRepository, Bucket`,
    ],
    [
      ['hr', 'podinfo', '--source', 'podinfo', '--chart', 'podinfo'],
      `invalid argument "podinfo" for "--source" flag: invalid helm chart source 'podinfo', must be in format <kind>/<name>`,
    ],
    [
      ['hr', 'podinfo', '--chart-ref', 'foobar/podinfo'],
      "chart reference kind 'foobar' is not supported, must be one of: OCIRepository, HelmChart",
    ],
    [
      ['source', 'helm', 'podinfo', '--url', 'git://example.com/charts'],
      "url scheme 'git' not supported, can be: http, https and oci",
    ],
    [
      ['source', 'helm', 'podinfo', '--url', 'example.com'],
      "url scheme '' not supported, can be: http, https and oci",
    ],
    [['source', 'helm', 'podinfo', '--url', 'https:///x'], 'url host is required'],
    [['source', 'helm', 'podinfo'], 'url is required'],
    [
      [...HR, '--crds', 'x'],
      `invalid argument "x" for "--crds" flag: unsupported upgrade CRDs policy 'x', must be one of: Skip, Create, CreateReplace`,
    ],
    [
      [...HR, '--reconcile-strategy', 'x'],
      "'x' is an invalid reconcile strategy(valid: Revision, ChartVersion)",
    ],
    [
      [...HR, '--values-from', 'x'],
      "invalid Kubernetes object reference 'x', must be in format <kind>/<name>",
    ],
    [
      [...HR, '--values-from', 'Pod/x'],
      "reference kind 'Pod' is not supported, must be one of: Secret, ConfigMap",
    ],
    [[...HR, '--label', 'a'], "invalid label format 'a', must be key=value"],
    [
      [...HR, '--interval', '5'],
      'invalid argument "5" for "--interval" flag: time: missing unit in duration "5"',
    ],
    [[...HR, '--interval', 'x'], 'invalid argument "x" for "--interval" flag: time: invalid duration "x"'],
    [[...HR, '--values', 'nope.yaml'], 'reading values from nope.yaml failed: no such file or directory'],
    [
      ['hr', 'Pod_Info', '--chart', 'a'],
      "name 'Pod_Info' is invalid, it should adhere to standard defined in RFC 1123, the name can only contain alphanumeric characters or '-'",
    ],
  ] as const) {
    it(`${args.join(' ')}, in the words of flux`, async () => {
      const outcome = await run([...args, '--export']);
      assert.deepEqual(outcome, { stdout: '', stderr: `error: ${message}\n`, exitCode: 1 });
    });
  }

  for (const [args, message] of [
    [[...HR, '--interval', '1d'], /--interval.*unknown unit "d".*the units are h, m, s and ms/],
    [[...HR, '--interval=-5m'], /--interval.*must not be negative/],
    [[...HR, '--interval', '1.5us'], /--interval.*smallest unit/],
    [[...HR, '--timeout', '1w'], /--timeout.*unknown unit/],
    [[...HR, '--label', 'a=b c'], /invalid label value 'b c'/],
    [[...HR, '--label', 'a/b/c=d'], /invalid label 'a\/b\/c'/],
    [[...HR, '--api-version', 'v3'], /--api-version.*v2beta1/],
    [[...HR, '--release-name', 'x'.repeat(54)], /--release-name.*at most 53/],
    [[...HR, '--depends-on', 'a/b/c'], /--depends-on.*<namespace>\/<name>/],
    [[...HR, '-n', 'A'], /--namespace/],
    [['hr', 'podinfo', '--chart', 'podinfo'], /--chart needs --source/],
    [
      ['hr', 'podinfo', '--chart-ref', 'HelmChart/a', '--api-version', 'v2beta1'],
      /--chart-ref needs --api-version v2/,
    ],
    [[...SOURCE, '--fetch-timeout', '1h'], /--fetch-timeout.*less than an hour/],
    [[...SOURCE, '--oci-provider', 'x'], /--oci-provider.*generic, aws, azure, gcp/],
    [['source', 'helm', 'p', '--url', 'https://a b/c'], /--url/],
  ] as const) {
    it(`${args.join(' ')}, naming the flag and the fix`, async () => {
      const outcome = await run([...args, '--export']);
      assert.match(outcome.stderr, message);
      assert.equal(outcome.stdout, '');
      assert.equal(outcome.exitCode, 1);
    });
  }

  for (const flag of ['--username', '-p', '--cert-file', '--key-file', '--ca-file']) {
    it(`${flag}, pointing at --secret-ref, and never repeats its value`, async () => {
      for (const exporting of [true, false]) {
        const outcome = await run([...SOURCE, flag, 's3cret', ...(exporting ? ['--export'] : [])], failing);
        assert.match(
          outcome.stderr,
          exporting ? /cannot be exported.*--secret-ref/ : /not supported yet.*--secret-ref/,
        );
        assert.equal(outcome.exitCode, 1);
        assert.ok(!`${outcome.stdout}${outcome.stderr}`.includes('s3cret'));
      }
    });
  }

  it('a URL with credentials, without repeating them', async () => {
    const outcome = await run(['source', 'helm', 'p', '--url', 'https://u:s3cret@a/c', '--export']);
    assert.match(outcome.stderr, /--secret-ref/);
    assert.ok(!outcome.stderr.includes('s3cret'));
    assert.equal(outcome.exitCode, 1);
  });

  it('an unknown flag, with the one that was meant', async () => {
    const command = createCommand(silent());
    for (const child of command.commands) child.exitOverride().configureOutput({ writeErr: () => {} });
    await assert.rejects(command.parseAsync([...HR, '--chart-versoin', '1'], { from: 'user' }), {
      code: 'commander.unknownOption',
      message: /Did you mean --chart-version/,
    });
  });
});

const failing: CreateDependencies = { apply: () => Promise.reject(new Error('admission denied it')) };

function silent(): Parameters<typeof createCommand>[0] {
  const sink = new PassThrough();
  const signal = new AbortController().signal;
  return {
    stdin: Readable.from([]),
    stdout: sink,
    stderr: sink,
    env: {},
    cwd: '.',
    signal,
    setExitCode: () => {},
  };
}

describe('helmgate create without --export', () => {
  it('applies exactly the manifest that --export prints', async () => {
    const applied: { manifest: Manifest; options: ApplyOptions }[] = [];
    const apply = (manifest: Manifest, options: ApplyOptions): Promise<ApplyResult> => {
      applied.push({ manifest, options });
      return Promise.resolve({ outcome: 'created', warnings: ['mind this'] });
    };
    const outcome = await run([...HR, '--timeout', '90s', '--context', 'dev'], { apply });
    assert.equal(outcome.stdout, 'helmrelease.helm.toolkit.fluxcd.io/podinfo created\n');
    assert.equal(outcome.stderr, 'Warning: mind this\n');
    assert.equal(applied.length, 1);
    assert.deepEqual(JSON.parse(JSON.stringify(applied[0]?.manifest)), parse(golden('hr-alias.golden')));
    const { fieldManager, timeoutMs, context } = applied[0]?.options ?? {};
    assert.deepEqual(
      { fieldManager, timeoutMs, context },
      { fieldManager: 'helmgate', timeoutMs: 90_000, context: 'dev' },
    );
  });

  it('says why when the API server refuses, and exits with 1', async () => {
    const outcome = await run(HR, failing);
    assert.deepEqual(outcome, {
      stdout: '',
      stderr: 'error: applying helmrelease.helm.toolkit.fluxcd.io/podinfo failed: admission denied it\n',
      exitCode: 1,
    });
  });

  it('points at --export when there is no cluster to talk to', async () => {
    const outcome = await run(HR);
    assert.match(outcome.stderr, /--export/);
    assert.equal(outcome.exitCode, 1);
  });
});

describe('helmgate create warns about a flag without effect', () => {
  for (const [args, flag] of [
    [['hr', 'p', '--chart-ref', 'HelmChart/a', '--chart-version', '1'], '--chart-version'],
    [['hr', 'p', '--chart-ref', 'HelmChart/a', '--source', 'HelmRepository/a'], '--source'],
    [[...HR, '--create-target-namespace'], '--create-target-namespace'],
    [[...SOURCE, '--pass-credentials'], '--pass-credentials'],
    [[...SOURCE, '--oci-provider', 'aws'], '--oci-provider'],
  ] as const) {
    it(`${flag}, and prints the manifest all the same`, async () => {
      const outcome = await run([...args, '--export']);
      assert.match(outcome.stderr, new RegExp(`^warning: ${flag} has no effect`));
      assert.match(outcome.stdout, /^---\napiVersion: /);
      assert.equal(outcome.exitCode, 0);
    });
  }
});
