import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { MAX_ROW_BYTES } from '../../src/core/audit/row.ts';
import { MAX_JSON_DEPTH, MAX_JSON_KEYS } from '../../src/core/json/scan.ts';
import { MAX_URL_LENGTH } from '../../src/core/policy/canonical-url.ts';
import { MAX_POLICY_FILES, MAX_RULES } from '../../src/core/policy/compile.ts';
import { MAX_VALUES_CHARS, MAX_VALUES_DEPTH } from '../../src/core/release/values-yaml.ts';
import { MAX_CONSTRAINT_GROUPS, MAX_CONSTRAINT_LENGTH } from '../../src/core/version/constraint.ts';
import { createMetrics } from '../../src/runtime/telemetry/metrics.ts';
import { WEBHOOK_LIMITS } from '../../src/runtime/webhook/limits.ts';
import { buildTree, helpExamples, helpOf, parseProblem, walk } from './command-tree.ts';
import { openDesk, root } from './desk.ts';
import { checkDocument } from './document-problems.ts';
import { helmgateCalls } from './read-shell.ts';

const desk = await openDesk();
after(() => desk[Symbol.asyncDispose]());

const paths = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  'policies/README.md',
  'certs/README.md',
  'bench/README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => `docs/${path}`)
    .sort(),
];

describe('the documentation', () => {
  const total = { ran: 0, parsed: 0 };
  for (const path of paths) {
    it(`${path}: its commands, manifests, policies, flags and links are right`, async () => {
      const text = readFileSync(join(root, path), 'utf8');
      const { problems, ran, parsed } = await checkDocument(root, { path, text }, desk);
      total.ran += ran;
      total.parsed += parsed;
      assert.deepEqual(problems, []);
    });
  }

  it('has examples that were run, and examples that were parsed', () => {
    assert.ok(total.ran >= 10, `only ${total.ran} examples were run`);
    assert.ok(total.parsed >= 5, `only ${total.parsed} examples were parsed`);
  });

  const block = (language: string, ...lines: readonly string[]): string =>
    ['# Title', '', `\`\`\`${language}`, ...lines, '```', ''].join('\n');
  const planted: readonly (readonly [string, string, RegExp])[] = [
    [
      'a flag that no command has',
      block('sh', 'helmgate serve --polices policies/'),
      /^p\.md:4: .*--polices/,
    ],
    ['a command that does not exist', block('sh', 'npx helmgate judge app.yaml'), /unknown command 'judge'/],
    [
      'a wrong flag behind a pipe, and a continued line',
      block('sh', 'kustomize build . \\', '  | helmgate check -p x --polcy y -'),
      /--polcy/,
    ],
    ['a wrong flag within $(...)', block('sh', 'eval "$(helmgate sandbox env --nmae x)"'), /--nmae/],
    ['an argument that is missing', block('sh', 'helmgate check -p policies/baseline'), /paths/],
    [
      'a file that is not there',
      block('sh', 'helmgate check -p policies/baseline missing.yaml'),
      /exit code 2: .*missing\.yaml/s,
    ],
    [
      'an output that is not what is printed',
      block('console', "$ helmgate range '^1.2' 1.4.0", 'constraint:  ^1.2', '...', '1.4.0: does not match'),
      /1\.4\.0: matches/,
    ],
    ['a create that fails', block('sh', 'helmgate create source helm x --export'), /exit code 1/],
    ['a script that is not there', block('sh', 'npm ci && npm run dmeo'), /no script 'dmeo'/],
    ['a benchmark that is not there', block('sh', 'npx node bench/speed.ts'), /no file bench\/speed\.ts/],
    ['a block without a language', block('', 'x'), /language ''/],
    [
      'a policy that does not compile',
      block(
        'yaml',
        'apiVersion: helmgate.dev/v1alpha1',
        'kind: Policy',
        'metadata: {name: p}',
        'spec: {rules: [{id: a, alowedSources: []}]}',
      ),
      /alowedSources/,
    ],
    [
      'a manifest with a field that the CRD does not have',
      block(
        'yaml',
        'apiVersion: source.toolkit.fluxcd.io/v1',
        'kind: HelmRepository',
        'metadata: {name: x}',
        'spec: {url: "https://a.example", intervall: 5m}',
      ),
      /intervall/,
    ],
    ['a link to no file', 'See [that](docs/nowhere.md).', /^p\.md:1: no such file: docs\/nowhere\.md/],
    ['a link to no heading', '# A title\n\n[there](#another-title)', /no such heading/],
    ['a flag in the prose that no command has', 'Use `helmgate serve --jump`.', /no command has --jump/],
  ];
  for (const [title, text, expected] of planted) {
    it(`sees a planted error: ${title}`, async () => {
      const { problems } = await checkDocument(root, { path: 'p.md', text }, desk);
      assert.equal(problems.length, 1, problems.join('\n'));
      assert.match(problems[0] ?? '', expected);
    });
  }

  it('accepts a document whose examples are right', async () => {
    const text = [
      block('console', "$ helmgate range '^1.2' 1.4.0", '...', '1.4.0: matches'),
      block('sh', '# a comment', 'helmgate serve --policies policies/ --register   # and another'),
      'A [link](README.md) and [one here](#title).',
    ].join('\n');
    const { problems, ran, parsed } = await checkDocument(root, { path: 'p.md', text }, desk);
    assert.deepEqual({ problems, ran, parsed }, { problems: [], ran: 1, parsed: 1 });
  });
});

describe('the help texts', () => {
  it('are those of every command that `helmgate --help` lists', async () => {
    const { output } = await desk.run('helmgate --help');
    const [, listed = ''] = output.split('Commands:');
    const names = [...(listed.split('Examples:')[0] ?? '').matchAll(/^ {2}([a-z]+)/gm)].map(
      ([, name]) => name,
    );
    assert.deepEqual(
      buildTree().commands.map((command) => command.name()),
      names.filter((name) => name !== 'help'),
    );
    for (const example of helpExamples(output)) {
      for (const call of helmgateCalls(example)) assert.equal(await parseProblem(call), undefined, example);
    }
  });

  for (const name of buildTree().commands.map((command) => command.name())) {
    it(`helmgate ${name}: has examples, and they parse`, async () => {
      const command = buildTree().commands.find((each) => each.name() === name);
      assert.ok(command);
      const examples = walk(command).flatMap((each) => helpExamples(helpOf(each)));
      assert.ok(examples.length > 0, 'no example');
      for (const example of examples) {
        const calls = helmgateCalls(example);
        assert.ok(calls.length > 0, `not understood: ${example}`);
        for (const call of calls) assert.equal(await parseProblem(call), undefined, example);
      }
    });
  }
});

describe('docs/operations.md', () => {
  const text = readFileSync(join(root, 'docs/operations.md'), 'utf8');
  const inTables = (pattern: RegExp): ReadonlySet<string> =>
    new Set([...text.matchAll(/^\| (.*?) \|/gm)].flatMap(([, cell = '']) => cell.match(pattern) ?? []));

  it('has every flag of serve, and no other, in its table', () => {
    const serve = buildTree().commands.find((command) => command.name() === 'serve');
    const flags = (serve?.options ?? []).map(({ long }) => long ?? '');
    assert.deepEqual(inTables(/(?<=`)--[a-z-]+/g), new Set(flags));
  });

  it('has every metric, and no other, in its table', async () => {
    const metrics = createMetrics();
    metrics.observePolicies(() => undefined);
    metrics.observeCertificateExpiry(
      () => undefined,
      () => 0,
    );
    const exposed = [...(await metrics.registry.metrics()).matchAll(/^# TYPE (\S+)/gm)].map(
      ([, name]) => name,
    );
    assert.deepEqual(inTables(/helmgate_[a-z_]+/g), new Set(exposed));
  });

  it('states the limits that the code has', () => {
    const mebibytes = (bytes: number): string => `${bytes / 1_048_576} MiB`;
    const rows: readonly (readonly [string, string])[] = [
      ['body of a review', mebibytes(WEBHOOK_LIMITS.maxBodyBytes)],
      ['bodies held at once', mebibytes(WEBHOOK_LIMITS.maxBufferedBytes)],
      ['nesting of a review', String(MAX_JSON_DEPTH)],
      ['members of objects in a review', MAX_JSON_KEYS.toLocaleString('en')],
      ['reviews at once', String(WEBHOOK_LIMITS.maxConcurrentReviews)],
      ['policy files, rules', `${MAX_POLICY_FILES.toLocaleString('en')}, ${MAX_RULES.toLocaleString('en')}`],
      ['version constraint', `${MAX_CONSTRAINT_LENGTH} characters, ${MAX_CONSTRAINT_GROUPS} groups`],
      ['URL', `${MAX_URL_LENGTH.toLocaleString('en')} characters`],
      ['row of the audit log', `${MAX_ROW_BYTES / 1024} KiB`],
      ['values file', `${mebibytes(MAX_VALUES_CHARS)}, ${MAX_VALUES_DEPTH} deep`],
    ];
    for (const [what, most] of rows) assert.ok(text.includes(`\n| ${what} | ${most} |`), `${what}: ${most}`);
  });
});
