import assert from 'node:assert/strict';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { locatedError } from '../../../src/core/policy/located-error.ts';
import type { PolicySet } from '../../../src/core/policy/policy-set.ts';
import { folderReader } from '../../../src/io/policyfiles/read-folder.ts';
import {
  type CompilePolicies,
  type PolicyLoad,
  type PolicySourceOptions,
  startPolicySource,
} from '../../../src/io/policyfiles/start-policy-source.ts';
import { git, newFolder } from './policy-folder-fixture.ts';

/** A line is a rule; `broken` anywhere is an error. The digest is the text itself. */
const compile: CompilePolicies = (files, { commit }) => {
  const bad = files.find(({ text }) => text.includes('broken'));
  if (bad !== undefined) {
    const error = locatedError({ file: bad.path, text: bad.text }, { line: 1, column: 1 }, 'it is broken');
    return { ok: false, errors: [error] };
  }
  const digest = files.map(({ path, text }) => `${path}=${text}`).join(';');
  const ruleCount = files.flatMap(({ text }) => text.split('\n')).filter((line) => line !== '').length;
  const set: PolicySet = {
    digest,
    ruleCount,
    rulesByKind: new Map(),
    ...(commit === undefined ? {} : { commit }),
  };
  return { ok: true, set };
};

function quick(dir: string): PolicySourceOptions {
  return { compile, reader: folderReader({ dir, intervalMs: 25, settleMs: 10 }) };
}

async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + 30_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error('the condition did not come true within 30 s');
    await sleep(5);
  }
}

describe('a policy source', () => {
  it('follows changes, calls its listeners, and keeps the set before for ten seconds', async () => {
    await using folder = await newFolder();
    await folder.write('a.yaml', 'one');
    let nowMs = 0;
    const source = await startPolicySource({ ...quick(folder.path), nowMs: () => nowMs });
    assert.equal(source.inForce()?.current.digest, 'a.yaml=one');
    assert.equal(source.inForce()?.previous, undefined);
    const seen: string[] = [];
    source.onChange((set) => seen.push(set.digest));
    nowMs = 5_000;
    await folder.write('a.yaml', 'two');
    await until(() => source.inForce()?.current.digest === 'a.yaml=two');
    assert.equal(source.inForce()?.previous?.digest, 'a.yaml=one');
    nowMs = 14_999;
    assert.notEqual(source.inForce()?.previous, undefined);
    assert.equal(source.ageMs(), 9_999);
    nowMs = 15_000;
    assert.equal(source.inForce()?.previous, undefined);
    assert.deepEqual(seen, ['a.yaml=two']);
    await source.close();
  });

  it('refuses a broken set, says where, and recovers', async () => {
    await using folder = await newFolder();
    await folder.write('a.yaml', 'one');
    const loads: PolicyLoad[] = [];
    const source = await startPolicySource({
      ...quick(folder.path),
      onLoad: (load) => loads.push(load),
    });
    await folder.write('a.yaml', 'broken');
    await until(() => source.loadErrors().length > 0);
    assert.match(source.loadErrors()[0] ?? '', /^a\.yaml:1:1: it is broken/);
    assert.equal(source.inForce()?.current.digest, 'a.yaml=one');
    await sleep(100);
    await folder.write('a.yaml', 'one');
    await until(() => source.loadErrors().length === 0);
    assert.deepEqual(
      loads.map(({ outcome }) => outcome),
      ['loaded', 'refused', 'loaded'],
    );
    await source.close();
  });

  for (const [what, empty] of [
    ['emptied', (path: string) => rm(join(path, 'a.yaml'))],
    ['without a rule', (path: string) => writeFile(join(path, 'a.yaml'), '\n')],
    ['removed', (path: string) => rm(path, { recursive: true })],
  ] as const) {
    it(`keeps the last good set when the folder is ${what} while running`, async () => {
      await using folder = await newFolder();
      await folder.write('a.yaml', 'one');
      const source = await startPolicySource({ ...quick(folder.path) });
      await empty(folder.path);
      await until(() => source.loadErrors().length === 1);
      assert.equal(source.inForce()?.current.digest, 'a.yaml=one');
      await mkdir(folder.path, { recursive: true });
      await folder.write('a.yaml', 'two');
      await until(() => source.inForce()?.current.digest === 'a.yaml=two');
      await source.close();
    });
  }

  it('has nothing in force when the folder is empty at start, says so, and loads when files come', async () => {
    await using folder = await newFolder();
    const source = await startPolicySource({ ...quick(folder.path) });
    assert.equal(source.inForce(), undefined);
    assert.match(source.loadErrors()[0] ?? '', /holds no \*\.yaml files/);
    await folder.write('a.yaml', 'one');
    await until(() => source.inForce() !== undefined);
    assert.deepEqual(source.loadErrors(), []);
    await source.close();
  });

  it('keeps the last good set across a restart, and says that the folder is broken', async () => {
    await using folder = await newFolder();
    await using state = await newFolder();
    await folder.write('a.yaml', 'one');
    const first = await startPolicySource({ ...quick(folder.path), stateDir: state.path });
    await first.close();
    await folder.write('a.yaml', 'broken');
    const loads: PolicyLoad[] = [];
    const second = await startPolicySource({
      ...quick(folder.path),
      stateDir: state.path,
      onLoad: (load) => loads.push(load),
    });
    assert.equal(second.inForce()?.current.digest, 'a.yaml=one');
    assert.equal(second.loadErrors().length, 1);
    assert.deepEqual(
      loads.map(({ outcome }) => outcome),
      ['refused', 'restored'],
    );
    await second.close();
  });

  it('has nothing in force when the kept set is damaged', async () => {
    await using folder = await newFolder();
    await using state = await newFolder();
    for (const text of [
      '',
      '{',
      'null',
      '{"files":[]}',
      '{"files":[{"path":1}]}',
      '{"files":[{"path":"a","text":"broken"}]}',
    ]) {
      await state.write('last-good-policies.json', text);
      const source = await startPolicySource({ ...quick(folder.path), stateDir: state.path });
      assert.equal(source.inForce(), undefined, text);
      await source.close();
    }
  });

  it('sees a ConfigMap exchanged by its ..data link as one change', async () => {
    await using folder = await newFolder();
    const mount = async (version: string): Promise<void> => {
      await mkdir(join(folder.path, `..${version}`));
      for (const name of ['a.yaml', 'b.yaml']) await folder.write(`..${version}/${name}`, version);
      await symlink(`..${version}`, join(folder.path, '..data_tmp'));
      await rename(join(folder.path, '..data_tmp'), join(folder.path, '..data'));
    };
    await mount('v1');
    await symlink('..data/a.yaml', join(folder.path, 'a.yaml'));
    await symlink('..data/b.yaml', join(folder.path, 'b.yaml'));
    const source = await startPolicySource({ ...quick(folder.path) });
    const seen: string[] = [];
    source.onChange((set) => seen.push(set.digest));
    for (const version of ['v2', 'v3', 'v4']) {
      await mount(version);
      await until(() => seen.includes(`a.yaml=${version};b.yaml=${version}`));
    }
    assert.equal(seen.length, 3);
    await source.close();
  });

  it('names the commit as soon as an edit is committed', async () => {
    await using folder = await newFolder();
    git(folder.path, 'init', '-q');
    await folder.write('a.yaml', 'one');
    git(folder.path, 'add', '.');
    git(folder.path, 'commit', '-qm', 'one');
    const loads: PolicyLoad[] = [];
    const source = await startPolicySource({
      ...quick(folder.path),
      onLoad: (load) => loads.push(load),
    });
    assert.equal(source.inForce()?.current.commit, git(folder.path, 'rev-parse', 'HEAD'));
    await folder.write('a.yaml', 'two');
    await until(() => source.inForce()?.current.digest === 'a.yaml=two');
    assert.equal(source.inForce()?.current.commit, undefined);
    assert.deepEqual(loads.at(-1)?.dirty, ['a.yaml']);
    git(folder.path, 'commit', '-qam', 'two');
    await until(() => source.inForce()?.current.commit === git(folder.path, 'rev-parse', 'HEAD'));
    await source.close();
  });

  it('looks no more after it was closed', async () => {
    await using folder = await newFolder();
    await folder.write('a.yaml', 'one');
    const source = await startPolicySource({ ...quick(folder.path) });
    await source.close();
    await folder.write('a.yaml', 'two');
    await sleep(150);
    assert.equal(source.inForce()?.current.digest, 'a.yaml=one');
  });
});
