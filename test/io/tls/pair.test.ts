import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { type IssuedPair, makeAuthority, makeLeaf } from '../../../src/io/tls/authority.ts';
import { checkPair } from '../../../src/io/tls/check-pair.ts';
import { followPair } from '../../../src/io/tls/follow-pair.ts';

const now = new Date();
const DAY_MS = 86_400_000;
const authority = await makeAuthority({ now });
const names = ['localhost', '127.0.0.1'];
const leaf = (at: Date = now): Promise<IssuedPair> =>
  makeLeaf(authority, {
    dnsNames: ['localhost', 'helmgate.system.svc'],
    ipAddresses: ['127.0.0.1', '::1'],
    now: at,
  });
const good = await leaf();
const folder = await mkdtemp(join(tmpdir(), 'helmgate-tls-'));
after(() => rm(folder, { recursive: true }));

describe('an authority and its leaves', () => {
  it('chain by signature, issuer and key identifiers, for a server, for seven days', () => {
    const [ca, certificate] = [new X509Certificate(authority.certPem), new X509Certificate(good.certPem)];
    assert.ok(ca.ca && !certificate.ca);
    assert.ok(certificate.checkIssued(ca) && certificate.verify(ca.publicKey) && ca.verify(ca.publicKey));
    assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.1']);
    const days = (certificate.validToDate.getTime() - now.getTime()) / DAY_MS;
    assert.ok(days > 6.99 && days <= 7);
    assert.equal(certificate.publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1');
  });

  it('have serial numbers and keys of their own', async () => {
    const other = new X509Certificate((await leaf()).certPem);
    assert.notEqual(other.serialNumber, new X509Certificate(good.certPem).serialNumber);
    await assert.rejects(makeLeaf(authority, { dnsNames: [], now }), /at least one/);
  });
});

describe('checking a pair', () => {
  it('answers when it ends and when to renew it', () => {
    const checked = checkPair(good, names, now);
    assert.ok(checked.ok);
    assert.ok(Math.abs(checked.notAfterMs - now.getTime() - 7 * DAY_MS) < 2_000);
    assert.ok(
      checked.renewAtMs > now.getTime() + 4 * DAY_MS && checked.renewAtMs < now.getTime() + 5 * DAY_MS,
    );
  });

  const at = (days: number): Date => new Date(now.getTime() + days * DAY_MS);
  const cases: readonly (readonly [string, string, () => Promise<ReturnType<typeof checkPair>>])[] = [
    ['an empty certificate', 'Unreadable', async () => checkPair({ ...good, certPem: '' }, names, now)],
    ['an empty key', 'Unreadable', async () => checkPair({ ...good, keyPem: '' }, names, now)],
    [
      'a cut certificate',
      'Unreadable',
      async () => checkPair({ ...good, certPem: good.certPem.slice(0, 200) }, names, now),
    ],
    [
      'a cut key',
      'Unreadable',
      async () => checkPair({ ...good, keyPem: good.keyPem.slice(0, 80) }, names, now),
    ],
    [
      'the key of another certificate',
      'Mismatch',
      async () => checkPair({ ...good, keyPem: (await leaf()).keyPem }, names, now),
    ],
    ['an expired certificate', 'Expired', async () => checkPair(good, names, at(8))],
    ['a certificate of tomorrow', 'NotYetValid', async () => checkPair(await leaf(at(1)), names, now)],
    ['a missing DNS name', 'WrongName', async () => checkPair(good, ['other.svc'], now)],
    ['a missing address', 'WrongName', async () => checkPair(good, ['10.0.0.1'], now)],
  ];
  for (const [what, fault, check] of cases) {
    it(`refuses ${what} as ${fault}`, async () => {
      const checked = await check();
      assert.ok(!checked.ok);
      assert.equal(checked.fault, fault);
      assert.doesNotMatch(checked.message, /BEGIN|KEY-----/);
    });
  }
});

describe('following a pair in files', () => {
  const options = (path: string) => ({
    certFile: join(path, 'tls.crt'),
    keyFile: join(path, 'tls.key'),
    names,
    now: () => now,
    intervalMs: 10,
  });
  const write = async (path: string, pair: IssuedPair): Promise<void> => {
    await writeFile(join(path, 'tls.crt'), pair.certPem);
    await writeFile(join(path, 'tls.key'), pair.keyPem);
  };
  const until = async (condition: () => boolean): Promise<void> => {
    const end = performance.now() + 30_000;
    while (!condition()) {
      assert.ok(performance.now() < end, 'the condition did not come true within 30 s');
      await sleep(5);
    }
  };

  it('takes a pair that overwrites the files, and never one half of it', async () => {
    const path = await mkdtemp(join(folder, 'f-'));
    await write(path, good);
    const seen: IssuedPair[] = [];
    const followed = await followPair({ ...options(path), onPair: (pair) => seen.push(pair) });
    const next = await leaf();
    await writeFile(join(path, 'tls.crt'), next.certPem);
    await sleep(60);
    assert.deepEqual(followed.current(), good);
    await writeFile(join(path, 'tls.key'), next.keyPem);
    await until(() => seen.length === 1);
    assert.deepEqual(followed.current(), next);
    await followed.close();
  });

  it('takes a pair that comes by a symlink swap', async () => {
    const path = await mkdtemp(join(folder, 'f-'));
    const next = await leaf();
    for (const [name, pair] of [
      ['v1', good],
      ['v2', next],
    ] as const) {
      await mkdir(join(path, name));
      await write(join(path, name), pair);
    }
    await symlink('v1', join(path, 'data'));
    const seen: IssuedPair[] = [];
    const followed = await followPair({ ...options(join(path, 'data')), onPair: (pair) => seen.push(pair) });
    await symlink('v2', join(path, 'swap'));
    await rename(join(path, 'swap'), join(path, 'data'));
    await until(() => seen.length === 1);
    assert.deepEqual(seen, [next]);
    await followed.close();
  });

  it('keeps the pair while the files hold nothing that can be served, and says so once', async () => {
    const path = await mkdtemp(join(folder, 'f-'));
    await write(path, good);
    const faults: string[] = [];
    const followed = await followPair({
      ...options(path),
      onPair: () => assert.fail('no pair may be taken'),
      onRefused: ({ fault }) => faults.push(fault),
    });
    await write(path, { certPem: '', keyPem: '' });
    await until(() => faults.length >= 1);
    await rm(join(path, 'tls.key'));
    await sleep(60);
    assert.deepEqual(followed.current(), good);
    assert.ok(faults.length <= 2 && faults.every((fault) => fault === 'Unreadable'));
    await followed.close();
  });

  it('rejects at the start when there is no pair', async () => {
    const path = await mkdtemp(join(folder, 'f-'));
    await assert.rejects(followPair({ ...options(path), onPair: () => {} }), {
      name: 'PairError',
      fault: 'Unreadable',
    });
  });
});
