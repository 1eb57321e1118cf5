import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';

import { digestOfJson } from '../../../src/core/json/digest.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import type { Facts } from '../../../src/core/policy/facts.ts';
import { type ObjectStore, openObjectStore } from '../../../src/io/auditlog/object-store.ts';
import { ObjectReader } from '../../../src/io/auditlog/read-objects.ts';

const UNKNOWN = { known: false, why: 'Unsupported' } as const;
const FACTS: Facts = {
  now: '2026-06-01T00:00:00Z',
  namespaceLabels: { known: true, value: { tier: 'prod' } },
  sources: new Map(),
  chart: UNKNOWN,
  values: UNKNOWN,
};

interface Desk extends AsyncDisposable {
  readonly folder: string;
  readonly said: string[];
  clock: Date;
  open(more?: { readonly maxAgeDays?: number; readonly maxBytes?: number }): Promise<ObjectStore>;
  segments(): Promise<readonly string[]>;
}

async function newDesk(): Promise<Desk> {
  const folder = await mkdtemp(join(tmpdir(), 'helmgate-judged-'));
  const said: string[] = [];
  const desk: Desk = {
    folder,
    said,
    clock: new Date('2026-06-01T10:00:00Z'),
    open: (more) =>
      openObjectStore({ folder, now: () => desk.clock, onError: (message) => said.push(message), ...more }),
    segments: async () => (await readdir(folder)).filter((name) => name.endsWith('.jsonl.gz')).sort(),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
  return desk;
}

const release = (name: string, values: JsonObject = {}): JsonObject => ({
  metadata: { name },
  spec: { values },
});

describe('the store of judged objects', () => {
  it('keeps each value once, and finds it by the digest that the row names', async () => {
    await using desk = await newDesk();
    const store = await desk.open();
    const first = store.keep({ object: release('a'), oldObject: release('old'), facts: FACTS });
    const again = store.keep({ object: release('a'), facts: FACTS }, digestOfJson(release('a')));
    await store.close();
    assert.deepEqual(again, {
      segment: first.segment,
      now: FACTS.now,
      object: first.object,
      facts: first.facts,
    });
    assert.deepEqual(await desk.segments(), [first.segment]);
    const lines = gunzipSync(await readFile(join(desk.folder, first.segment)))
      .toString()
      .trimEnd()
      .split('\n');
    assert.equal(lines.length, 3);
    const reader = new ObjectReader(desk.folder);
    assert.deepEqual((await reader.find(first.segment, first.object))?.value, release('a'));
    assert.deepEqual((await reader.find(first.segment, first.oldObject ?? ''))?.value, release('old'));
    const facts = await reader.find(first.segment, first.facts);
    assert.deepEqual((facts?.value as JsonObject)['namespaceLabels'], FACTS.namespaceLabels);
    assert.equal((await stat(join(desk.folder, first.segment))).mode & 0o777, 0o600);
    assert.deepEqual(desk.said, []);
  });

  it('holds no secret: not below keys that name one, not in texts, and nothing of merged values that the object does not say', async () => {
    await using desk = await newDesk();
    const store = await desk.open();
    const inline = {
      db: { password: 'canary-1', host: 'db' },
      url: 'https://u:canary-2@h.example/',
      replicas: 2,
    };
    const merged = {
      ...inline,
      db: { ...inline.db, host: 'db' },
      other: 'canary-3',
      count: 424_242,
      on: true,
    };
    const object = release('a', inline);
    const stored = store.keep({ object, facts: { ...FACTS, values: { known: true, value: merged } } });
    const same = store.keep({ object: release('b', { password: 'canary-1' }), facts: FACTS });
    await store.close();
    const text = gunzipSync(await readFile(join(desk.folder, stored.segment))).toString();
    assert.doesNotMatch(text, /canary|424242/);
    const reader = new ObjectReader(desk.folder);
    const kept = await reader.find(stored.segment, stored.object);
    assert.deepEqual(kept?.redacted, ['/spec/values/db/password', '/spec/values/url']);
    const facts = await reader.find(stored.segment, stored.facts);
    assert.deepEqual(facts?.redacted, [
      '/values/value/db/password',
      '/values/value/url',
      '/values/value/other',
      '/values/value/count',
    ]);
    const values = (((facts?.value as JsonObject)['values'] as JsonObject)['value'] as JsonObject) ?? {};
    assert.deepEqual(
      [values['on'], values['replicas'], (values['db'] as JsonObject)['host']],
      [true, 2, 'db'],
    );
    const passwordOf = (value: unknown): unknown =>
      JSON.stringify(value).match(/"password":"(\[redacted [0-9a-f]{16}\])"/)?.[1];
    const other = await reader.find(same.segment, same.object);
    assert.notEqual(passwordOf(other?.value), undefined);
    assert.equal(passwordOf(other?.value), passwordOf(kept?.value), 'equal secrets can be seen to be equal');
    await using elsewhere = await newDesk();
    const second = await elsewhere.open();
    const there = second.keep({ object, facts: FACTS });
    await second.close();
    const foreign = await new ObjectReader(elsewhere.folder).find(there.segment, there.object);
    assert.notEqual(passwordOf(foreign?.value), passwordOf(kept?.value), 'the key is the store’s own');
  });

  it('reads what is whole of a segment that a crash tore, and nothing of one that is gone', async () => {
    await using desk = await newDesk();
    const store = await desk.open();
    const stored = store.keep({ object: release('a'), facts: FACTS });
    await store.close();
    const path = join(desk.folder, stored.segment);
    await truncate(path, (await stat(path)).size - 4);
    const torn = new ObjectReader(desk.folder);
    assert.equal(await torn.find(stored.segment, 'sha256:absent'), undefined);
    await writeFile(path, 'no gzip at all');
    assert.equal(await new ObjectReader(desk.folder).find(stored.segment, stored.object), undefined);
    await rm(path);
    assert.equal(await new ObjectReader(desk.folder).find(stored.segment, stored.object), undefined);
    assert.equal(await new ObjectReader(desk.folder).find('../../etc/passwd', stored.object), undefined);
  });

  it('begins a segment each day, and forgets the oldest by age and by size', async () => {
    await using desk = await newDesk();
    const store = await desk.open({ maxAgeDays: 2 });
    const named: string[] = [];
    for (const day of ['01', '02', '03', '04', '05']) {
      desk.clock = new Date(`2026-06-${day}T10:00:00Z`);
      named.push(store.keep({ object: release(day), facts: FACTS }).segment);
    }
    await store.close();
    assert.equal(new Set(named).size, 5);
    assert.deepEqual(await desk.segments(), named.slice(2));
    desk.clock = new Date('2026-06-05T10:00:00.001Z');
    const small = await desk.open({ maxBytes: 1 });
    const last = small.keep({ object: release('z'), facts: FACTS });
    await small.close();
    assert.deepEqual(await desk.segments(), [last.segment]);
  });

  it('keeps the files of a policy set under its digest', async () => {
    await using desk = await newDesk();
    const store = await desk.open();
    const files = [{ path: 'a.yaml', text: 'text "ä"' }];
    const digest = digestOfJson([['a.yaml', 'text "ä"']]);
    await store.keepPolicies(digest, files);
    await store.close();
    const reader = new ObjectReader(desk.folder);
    assert.deepEqual(await reader.findPolicies(digest), files);
    assert.equal(await reader.findPolicies(digestOfJson([])), undefined);
    assert.equal(await reader.findPolicies('../../key'), undefined);
  });

  it('never stands in the way: a folder that vanished is said once, and keeping goes on answering', async () => {
    await using desk = await newDesk();
    const store = await desk.open();
    await rm(desk.folder, { recursive: true });
    for (const name of ['a', 'b'])
      assert.match(store.keep({ object: release(name), facts: FACTS }).object, /^sha256:/);
    await store.close();
    assert.deepEqual(desk.said, ['judged objects cannot be kept: ENOENT']);
  });

  it('keeps no value with more secrets than an object has, and says nothing of it', async () => {
    await using desk = await newDesk();
    const store = await desk.open();
    const values = Object.fromEntries(
      Array.from({ length: 1_001 }, (_item, index) => [`password${index}`, 'x']),
    );
    const stored = store.keep({ object: release('a', values), facts: FACTS });
    await store.close();
    assert.equal(await new ObjectReader(desk.folder).find(stored.segment, stored.object), undefined);
  });
});
