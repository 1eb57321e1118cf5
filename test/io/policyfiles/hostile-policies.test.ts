import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { Alias } from 'yaml';
import { MAX_COST } from '../../../src/core/cel/limits.ts';
import { digestOfJson } from '../../../src/core/json/digest.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { compilePolicySet, type PolicyFile } from '../../../src/core/policy/compile.ts';
import type { Decision } from '../../../src/core/policy/decision.ts';
import { evaluate } from '../../../src/core/policy/evaluate.ts';
import { MAX_YAML_LENGTH, MAX_YAML_TOKENS } from '../../../src/core/policy/yaml-file.ts';
import { MAX_FOLDER_ENTRIES } from '../../../src/io/policyfiles/walk-folder.ts';
import { factsWith, helmRelease, policySet, subjectOf } from '../../core/policy/policy-fixture.ts';
import { countWork } from './count-work.ts';
import { HOSTILE_TEXTS } from './hostile-texts.ts';
import { newFolder } from './policy-folder-fixture.ts';
import { assertRefused, EVIL, inForce, policyText, watchFolder } from './watched-policies.ts';

// Sentences of the case list for policies; those about git are in hostile-repositories.test.ts, the swaps in policy-swaps.test.ts. After each:
// a located error, the last good set in force, and a process that still decides right.

/** Twice as much of something takes twice the work, and no more: at most a tenth above it, for what is done once. */
async function assertLinear(work: (size: number) => unknown, size: number): Promise<void> {
  await work(size);
  const [once, twice] = [await countWork(() => work(size)), await countWork(() => work(2 * size))];
  assert.ok(once > size, `${once} steps for ${size}: nothing was counted`);
  assert.ok(twice < 2.2 * once, `${once} steps for ${size}, ${twice} for twice as much`);
}

describe('alias bombs, deep nesting, merge-key quadratic, unknown tags, duplicate keys: a located error, last good set kept, process alive', () => {
  for (const { name, make, error } of HOSTILE_TEXTS) {
    it(`${name}: refused with its place`, async () => {
      await using folder = await newFolder();
      await using watched = await watchFolder(folder);
      await folder.write('b.yaml', make(400));
      await assertRefused(watched, error, () => fs.rm(join(folder.path, 'b.yaml')));
    });

    it(`${name}: in work that grows with its length`, async () => {
      const compile = (size: number) => compilePolicySet([{ path: 'b.yaml', text: make(size) }]);
      await assertLinear(compile, 2_000);
    });
  }

  it('aliases are never followed', (t: TestContext) => {
    const resolve = t.mock.method(Alias.prototype, 'resolve');
    for (const { make } of HOSTILE_TEXTS) compilePolicySet([{ path: 'b.yaml', text: make(100) }]);
    assert.equal(resolve.mock.callCount(), 0);
  });

  const crowds: readonly (readonly [string, readonly PolicyFile[]])[] = [
    ['a file of a mebibyte', [{ path: 'b.yaml', text: '- a\n'.repeat(MAX_YAML_LENGTH / 4) }]],
    [
      '150 files',
      Array.from({ length: 150 }, (_, at) => ({
        path: `${at}.yaml`,
        text: '- a\n'.repeat(900),
      })),
    ],
  ];
  for (const [name, files] of crowds) {
    it(`${name}: nothing is read beyond the tokens of one set`, async () => {
      const result = compilePolicySet(files);
      assert.ok(!result.ok);
      assert.ok(result.errors.length <= 100);
      assert.ok(result.errors.some(({ message }) => message.startsWith('the policies have too many tokens')));
      const work = await countWork(() => compilePolicySet(files));
      const hashing = await countWork(() => digestOfJson(files.map(({ path, text }) => [path, text])));
      assert.ok(work - hashing < 100 * MAX_YAML_TOKENS, `${work} steps, ${hashing} for the digest`);
    });
  }
});

describe('misspelt field: did-you-mean with caret', () => {
  it('names field, place and the word that was meant, under the line', async () => {
    await using folder = await newFolder();
    await using watched = await watchFolder(folder);
    await folder.write(
      'b.yaml',
      policyText('b', '  - id: r\n    alowedSources: [{url: "https://flagger.app"}]\n'),
    );
    await watched.source.reload();
    assert.equal(
      watched.source.loadErrors()[0],
      [
        'b.yaml:7:5: unknown field "alowedSources" in spec.rules.0 (did you mean "allowedSources"?)',
        '   7 |     alowedSources: [{url: "https://flagger.app"}]',
        '     |     ^',
      ].join('\n'),
    );
    assert.equal(evaluate(inForce(watched), EVIL, factsWith(), 'admission').allowed, false);
  });
});

describe('`(a+)+$`: linear', () => {
  const release = (text: string) => subjectOf(helmRelease({ serviceAccountName: text, values: { a: text } }));
  const rules: Readonly<Record<string, JsonObject>> = {
    require: { require: { 'spec.serviceAccountName': { matches: '(a+)+$' } } },
    values: { values: { schema: { properties: { a: { pattern: '^(a+)+$' } } } } },
    expression: { expression: { expression: 'object.spec.values.a.matches("^(a+)+$")' } },
  };
  for (const [field, rule] of Object.entries(rules)) {
    it(`as a pattern of ${field}`, async () => {
      const set = policySet([{ id: 'r', ...rule }]);
      const judge = (text: string) => evaluate(set, release(text), factsWith(), 'admission');
      assert.equal(judge('a'.repeat(2_000)).allowed, true);
      assert.equal(judge(`${'a'.repeat(2_000)}!`).allowed, false);
      await assertLinear((size) => judge(`${'a'.repeat(size)}!`), 1_000);
    });
  }
});

describe('nested comprehensions: budget, deny', () => {
  const nested =
    'object.spec.values.n.all(a, object.spec.values.n.all(b, object.spec.values.n.all(c, a + b + c < 0 || true)))';
  const set = policySet([
    { id: 'bomb', enforcement: 'Audit', expression: { expression: nested } },
    { id: 'other', require: { 'spec.serviceAccountName': { present: true } } },
  ]);
  const judge = (size: number): Decision => {
    const n = Array.from({ length: size }, (_, at) => at);
    return evaluate(set, subjectOf(helmRelease({ values: { n } })), factsWith(), 'admission');
  };

  it('refuses, whatever the enforcement, says why, and lets the other rules speak', () => {
    const { allowed, findings } = judge(500);
    assert.equal(allowed, false);
    const told = findings.map(({ rule, reason, enforcement }) => `${rule} ${reason} ${enforcement}`);
    assert.deepEqual(told.sort(), ['bomb PolicyError Deny', 'other FieldRequired Deny']);
    const bomb = findings.find(({ rule }) => rule === 'bomb');
    assert.match(bomb?.message ?? '', new RegExp(`needs more than ${MAX_COST} steps`));
  });

  it('takes no more work for a larger object', async () => {
    judge(10);
    const [small, large] = [await countWork(() => judge(500)), await countWork(() => judge(1_000))];
    assert.ok(small > MAX_COST, `${small} steps`);
    assert.ok(large < 1.1 * small, `${small} steps for 500, ${large} for 1,000`);
  });
});

describe('symlink out of the folder, FIFO, device, 100,000 files: refused, bounded', () => {
  /** Counts what is opened and listed; a folder called `many` lists 100,000 names. */
  function countAccess(t: TestContext): { opened: string[]; entries: number; ofMany: number } {
    const counts = { opened: [] as string[], entries: 0, ofMany: 0 };
    const { open, opendir } = fs;
    t.mock.method(fs, 'open', (path: string, ...rest: readonly never[]) => {
      counts.opened.push(path);
      return open(path, ...rest);
    });
    t.mock.method(fs, 'opendir', (path: string) =>
      path.endsWith('/many') ? listMany(counts) : listFolder(opendir(path), counts),
    );
    syncBuiltinESMExports();
    t.after(() => {
      t.mock.restoreAll();
      syncBuiltinESMExports();
    });
    return counts;
  }

  async function* listFolder(
    directory: ReturnType<typeof fs.opendir>,
    counts: { entries: number },
  ): AsyncGenerator<{ readonly name: string }> {
    for await (const entry of await directory) {
      counts.entries += 1;
      yield entry;
    }
  }

  function* listMany(counts: { ofMany: number }): Generator<{ readonly name: string }> {
    counts.ofMany = 0;
    for (let at = 0; at < 100_000; at += 1) {
      counts.ofMany += 1;
      yield { name: `${at}.txt` };
    }
  }

  const makers: readonly (readonly [string, RegExp, (path: string) => unknown])[] = [
    [
      'a symlink to a file outside',
      /^b\.yaml is a link that leads out/,
      (path) => fs.symlink('/etc/hostname', path),
    ],
    ['a symlink to a folder outside', /^b\.yaml is a link that leads out/, (path) => fs.symlink('/', path)],
    ['a symlink to itself', /^b\.yaml cannot be read: ELOOP/, (path) => fs.symlink('b.yaml', path)],
    ['a FIFO', /^b\.yaml is no regular file/, (path) => execFileSync('mkfifo', [path])],
    ['a symlink to a device', /^b\.yaml is a link that leads out/, (path) => fs.symlink('/dev/zero', path)],
  ];
  for (const [name, error, make] of makers) {
    it(`${name}: refused without being opened`, async (t) => {
      await using folder = await newFolder();
      await using watched = await watchFolder(folder);
      const counts = countAccess(t);
      const path = join(folder.path, 'b.yaml');
      await make(path);
      await assertRefused(watched, error, () => fs.rm(path));
      assert.deepEqual(
        counts.opened.filter((opened) => opened.endsWith('b.yaml')),
        [],
      );
      assert.ok(counts.entries > 0 && counts.entries < 20);
    });
  }

  it('a device: refused without being opened', async (t) => {
    await using folder = await newFolder();
    await using watched = await watchFolder(folder);
    const path = join(folder.path, 'b.yaml');
    try {
      execFileSync('mknod', [path, 'c', '1', '5'], { stdio: 'ignore' });
    } catch {
      t.skip('only root makes devices');
      return;
    }
    const counts = countAccess(t);
    await assertRefused(watched, /^b\.yaml is no regular file/, () => fs.rm(path));
    assert.equal(counts.opened.includes(path), false);
  });

  it('100,000 files: refused after the first of them, none opened', async (t) => {
    await using folder = await newFolder();
    await using watched = await watchFolder(folder);
    await fs.mkdir(join(folder.path, 'many'));
    const counts = countAccess(t);
    await watched.source.reload();
    assert.ok(counts.ofMany > 9_000 && counts.ofMany <= MAX_FOLDER_ENTRIES, `${counts.ofMany} names`);
    assert.deepEqual(counts.opened, []);
    await assertRefused(watched, /^the policy folder has more than 10000 entries/, () =>
      fs.rm(join(folder.path, 'many'), { recursive: true }),
    );
  });
});
