import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { PassThrough, Readable, Writable } from 'node:stream';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { rangeCommand } from '../../src/cli/range.ts';

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function collector(): { readonly stream: Writable; text(): string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    // Small, so that back-pressure happens.
    highWaterMark: 64,
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      setImmediate(done);
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString('utf8') };
}

async function run(args: readonly string[], stdin: Readable = Readable.from([])): Promise<Outcome> {
  const out = collector();
  const err = collector();
  let code = 0;
  const context = {
    stdin,
    stdout: out.stream,
    stderr: err.stream,
    env: {},
    cwd: '/',
    signal: new AbortController().signal,
    setExitCode: (said: number) => {
      code = Math.max(code, said);
    },
  };
  await rangeCommand(context).exitOverride().parseAsync(args, { from: 'user' });
  await Promise.all([out, err].map(({ stream }) => new Promise<void>((done) => stream.end(done))));
  return { code, out: out.text(), err: err.text() };
}

test('a constraint alone is shown in its plain form and in words', async () => {
  assert.deepEqual(await run(['^1.28']), {
    code: 0,
    out: `constraint:  ^1.28
means:       >=1.28.0 <2.0.0
releases:    from 1.28.0, below 2.0.0
prereleases: none
`,
    err: '',
  });
});

test('each version is judged, and one that does not match makes the exit code 1', async () => {
  const { code, out } = await run(['>=1.28.0 <2.0.0', '1.30.0', '2.0.0-rc.1', '2.0.0']);
  assert.equal(code, 1);
  assert.deepEqual(out.trim().split('\n').slice(4), [
    '1.30.0: matches',
    '2.0.0-rc.1: does not match: 2.0.0-rc.1 is a prerelease and ">=1.28.0 <2.0.0" names none, so it admits releases only',
    '2.0.0: does not match: 2.0.0 is not below the bound of "<2.0.0"',
  ]);
  assert.equal((await run(['>=1.28.0 <2.0.0', '1.30.0'])).code, 0);
});

const WITHIN: readonly (readonly [constraint: string, code: number, line: string])[] = [
  ['~1.30', 0, 'within:      inside ">=1.28.0 <2.0.0"'],
  ['*', 1, 'within:      reaches outside ">=1.28.0 <2.0.0", as 2.0.0 shows; narrowed: >=1.28.0 <2.0.0'],
  ['>=3', 1, 'within:      nothing in common with ">=1.28.0 <2.0.0"; 3.0.0 is outside'],
];

test('--within says inside, narrowed, or a version outside', async () => {
  for (const [constraint, code, line] of WITHIN) {
    const outcome = await run([constraint, '--within', '>=1.28.0 <2.0.0']);
    assert.deepEqual([outcome.code, outcome.out.trim().split('\n').at(-1)], [code, line]);
  }
});

test('-o json says the same for programs', async () => {
  const { code, out } = await run(['*', '1.0.0', '--within', '>=1.28.0 <2.0.0', '-o', 'json']);
  assert.equal(code, 1);
  assert.deepEqual(JSON.parse(out), {
    constraint: '*',
    means: '*',
    releases: 'all',
    prereleases: 'none',
    versions: [{ version: '1.0.0', matches: true }],
    within: {
      constraint: '>=1.28.0 <2.0.0',
      verdict: 'narrowed',
      counterExample: '2.0.0',
      narrowed: '>=1.28.0 <2.0.0',
    },
  });
});

test('an invalid constraint is shown with a caret at the fault, exit code 2', async () => {
  const { code, out, err } = await run(['>=1.28.0<2.0.0']);
  assert.deepEqual([code, out], [2, '']);
  assert.match(err, /^helmgate range: invalid constraint: found "<" .*\n {2}>=1\.28\.0<2\.0\.0\n {10}\^\n$/);
});

test('what a terminal would act on is never echoed', async () => {
  for (const args of [['1.0\u001b[31m'], ['*', '1.0\u001b[31m'], ['*', '--within', '\u001b[31m']]) {
    const { code, out, err } = await run(args);
    assert.equal(code, 2);
    assert.equal((out + err).includes('\u001b'), false);
  }
});

const MISUSED: readonly (readonly [args: readonly string[], message: RegExp])[] = [
  [[], /a constraint is missing/],
  [['*', 'latest'], /invalid version "latest"/],
  [['*', '--within', '>'], /invalid --within/],
  [['*', '-o', 'yaml'], /unknown output "yaml"/],
  [['*', '--stdin'], /--stdin takes no constraint/],
];

test('a wrong command line is exit code 2 with the reason', async () => {
  for (const [args, message] of MISUSED) {
    const { code, out, err } = await run(args);
    assert.deepEqual([code, out], [2, '']);
    assert.match(err, message);
  }
});

test('--stdin answers the reference table line by line', async () => {
  const file = new URL('../fixtures/oracles/constraints.jsonl.gz', import.meta.url);
  const rows = gunzipSync(readFileSync(file)).toString('utf8').trim().split('\n').slice(0, 4000);
  const parsed = rows.map((row) => JSON.parse(row) as [string, string, string]);
  const input = parsed.map(([constraint, version]) => `${JSON.stringify([constraint, version])}\n`).join('');
  // Chunks that end anywhere, also within a line.
  const chunks = Array.from({ length: Math.ceil(input.length / 1000) }, (_, index) =>
    Buffer.from(input.slice(index * 1000, index * 1000 + 1000)),
  );
  const { code, out, err } = await run(['--stdin'], Readable.from(chunks));
  assert.deepEqual([code, err], [0, '']);
  assert.equal(out, parsed.map(([, , verdict]) => `${verdict}\n`).join(''));
});

test('--stdin names a line that cannot be read, answers the others, and ends with 2', async () => {
  const lines = [
    '["^1","1.2.3"]',
    'nonsense',
    '["^1"]',
    '["^1",1]',
    `["${'1'.repeat(10_000)}","1"]`,
    '["^1","2"]',
  ];
  const { code, out, err } = await run(['--stdin'], Readable.from([lines.join('\n')]));
  assert.deepEqual([code, out], [2, 'true\nfalse\n']);
  assert.deepEqual(
    err.trim().split('\n'),
    [2, 3, 4, 5].map((line) =>
      line === 5
        ? 'helmgate range: line 5: longer than 8192 characters'
        : `helmgate range: line ${line}: not ["constraint", "version"]`,
    ),
  );
});

test('--stdin holds no more of an endless line than the limit', async () => {
  const stdin = new PassThrough({ highWaterMark: 1 << 16 });
  const done = run(['--stdin'], stdin);
  const before = process.memoryUsage().heapUsed;
  const piece = 'x'.repeat(1 << 16);
  for (let index = 0; index < 800; index += 1) {
    if (!stdin.write(piece)) await new Promise((resume) => stdin.once('drain', resume));
  }
  const grown = process.memoryUsage().heapUsed - before;
  stdin.end('\n["*","1"]\n');
  const { code, out } = await done;
  assert.deepEqual([code, out], [2, 'true\n']);
  // 52 MB were written.
  assert.ok(grown < 26_000_000, `${grown} bytes more`);
});
