import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';

import type { AuditRecord } from '../../../src/core/audit/record.ts';
import { CHAIN_START, MAX_ROW_BYTES, makeRow } from '../../../src/core/audit/row.ts';
import { chainStep, headOfRow, startChain, verifyChain } from '../../../src/core/audit/verify-chain.ts';
import { auditRecord, finding } from './audit-record-fixture.ts';

function chainOf(records: readonly AuditRecord[]): string[] {
  let head = CHAIN_START;
  return records.map((record) => {
    const row = makeRow(record, head);
    head = row.head;
    return row.line;
  });
}

const names = ['a', 'b', 'c', 'd', 'e'];
const chain = chainOf(names.map((name) => auditRecord({ name })));

/** Put together here, so that no scan takes this file for one that holds a key. */
const keyLabel = ['EC', 'PRIVATE', 'KEY'].join(' ');

describe('the hash chain', () => {
  it('holds for rows as they were made', () => {
    const state = verifyChain(chain);
    assert.equal(state.broken, undefined);
    assert.equal(state.lines, 5);
    assert.equal(state.head.seq, 5);
  });

  it('can be checked with nothing but sha256 over the line without its last member', () => {
    const line = chain[2] ?? '';
    const body = line.replace(/,"hash":"[0-9a-f]{64}"\}$/, '}');
    assert.equal(createHash('sha256').update(body).digest('hex'), JSON.parse(line).hash);
    assert.equal(JSON.parse(line).prev, JSON.parse(chain[1] ?? '').hash);
  });

  it('breaks at the first row that any change touches', () => {
    fc.assert(
      fc.property(fc.nat(4), fc.nat(), fc.integer({ min: 0x20, max: 0x7e }), (row, at, code) => {
        const line = chain[row] ?? '';
        const place = at % line.length;
        fc.pre(line.charCodeAt(place) !== code);
        const changed = line.slice(0, place) + String.fromCharCode(code) + line.slice(place + 1);
        const state = verifyChain(chain.with(row, changed));
        assert.equal(state.broken?.line, row + 1);
      }),
    );
  });

  const faults: readonly (readonly [string, readonly string[], number, string])[] = [
    ['removed from the middle', chain.toSpliced(2, 1), 3, 'SeqMismatch'],
    ['removed at the head', chain.slice(1), 1, 'SeqMismatch'],
    ['doubled', chain.toSpliced(2, 0, chain[1] ?? ''), 3, 'SeqMismatch'],
    ['exchanged', [chain[1] ?? '', chain[0] ?? ''], 1, 'SeqMismatch'],
    [
      'taken from another chain',
      chain.with(1, chainOf([auditRecord({ name: 'x' }), auditRecord()])[1] ?? ''),
      2,
      'PrevMismatch',
    ],
    ['made of text', chain.with(3, 'hello'), 4, 'NotARow'],
    ['empty', chain.with(0, ''), 1, 'NotARow'],
  ];
  for (const [what, lines, line, fault] of faults) {
    it(`names line ${line} and ${fault} when a row is ${what}`, () => {
      const { broken } = verifyChain(lines);
      assert.equal(broken?.line, line);
      assert.equal(broken?.fault, fault);
    });
  }

  it('breaks when a row is written in another order of keys, even with the right hash over it', () => {
    const { hash: _hash, ...row } = JSON.parse(chain[0] ?? '');
    const body = JSON.stringify({ zeta: 1, ...row });
    const hash = createHash('sha256').update(body).digest('hex');
    const { broken } = verifyChain([`${body.slice(0, -1)},"hash":"${hash}"}`]);
    assert.equal(broken?.fault, 'NotCanonical');
  });

  it('keeps the first fault while later rows are read', () => {
    let state = chainStep(startChain(), 'broken');
    for (const line of chain) state = chainStep(state, line);
    assert.equal(state.broken?.line, 1);
    assert.equal(state.lines, 6);
  });
});

describe('a row', () => {
  it('is one line of printable characters, whatever names and users hold', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (name, username) => {
        const { line } = makeRow(auditRecord({ name, user: { username, groups: [] } }), CHAIN_START);
        assert.doesNotMatch(line, /[\x00-\x1f\x7f-\x9f\u2028\u2029\u202e]/);
        const cleanName = line.includes('[redacted]') ? undefined : JSON.parse(line).name;
        if (cleanName !== undefined) assert.equal(cleanName, name);
        assert.equal(verifyChain([line]).broken, undefined);
      }),
    );
  });

  it('escapes terminal sequences and newlines', () => {
    const { line } = makeRow(auditRecord({ name: '\u001b[31mred\nnext\u009b2J\u202e' }), CHAIN_START);
    assert.ok(line.includes('\\u001b[31mred\\nnext\\u009b2J\\u202e'));
  });

  it('stays under 64 KiB, keeps the verdict, and counts what it left out', () => {
    const record = auditRecord({
      findings: Array.from({ length: 400 }, () => finding),
      patchPaths: Array.from({ length: 5_000 }, (_, n) => `/spec/values/key${n}`),
      user: { username: 'alice', groups: Array.from({ length: 3_000 }, (_, n) => `group-${n}`) },
    });
    const { line } = makeRow(record, CHAIN_START);
    assert.ok(Buffer.byteLength(line) <= MAX_ROW_BYTES);
    const row = JSON.parse(line);
    assert.equal(row.verdict, 'Deny');
    assert.equal(row.truncated.findings + row.findings.length, 400);
    assert.equal(row.truncated['user.groups'] + row.user.groups.length, 3_000);
    assert.equal(verifyChain([line]).broken, undefined);
  });

  it('stays under 64 KiB when free-form details are large', () => {
    const details = Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`k${n}`, n]));
    const { findings, uid, kind, namespace, name, verdict, time, durationMs } = auditRecord();
    const base = { findings, uid, kind, namespace, name, verdict, time, durationMs };
    const { line } = makeRow({ ...base, phase: 'lifecycle', event: 'Started', details }, CHAIN_START);
    assert.ok(Buffer.byteLength(line) <= MAX_ROW_BYTES);
    assert.equal(JSON.parse(line).truncated.details, 1);
  });

  it('holds no secret that a URL, a header, a key or a judged field carried in', () => {
    const canary = 'c4n4ry-5ecret-value';
    const { line } = makeRow(
      auditRecord({
        findings: [
          { ...finding, found: `https://user:${canary}@charts.example/x` },
          { ...finding, message: `the server said: Authorization: Bearer ${canary}` },
          { ...finding, found: { password: canary, nested: [{ apiKey: canary }] } },
          { ...finding, path: 'spec.values.db.password', found: canary },
          { ...finding, found: `-----BEGIN ${keyLabel}-----\n${canary}\n-----END ${keyLabel}-----` },
        ],
      }),
      CHAIN_START,
    );
    assert.ok(!line.includes(canary));
    assert.ok(line.includes('//[redacted]@charts.example/x'));
  });

  it('keeps references to secrets readable', () => {
    const { line } = makeRow(
      auditRecord({ findings: [{ ...finding, found: { secretRef: { name: 'creds' } } }] }),
      CHAIN_START,
    );
    assert.equal(JSON.parse(line).findings[0].found.secretRef.name, 'creds');
  });
});

describe('the head that one row leaves', () => {
  it('is its number and its hash, by which the next file goes on', () => {
    const head = headOfRow(chain[4] ?? '');
    assert.deepEqual(head, verifyChain(chain).head);
    assert.deepEqual(headOfRow(chain[0] ?? ''), verifyChain(chain.slice(0, 1)).head);
  });

  const sealed = (body: string): string =>
    `${body.slice(0, -1)},"hash":"${createHash('sha256').update(body).digest('hex')}"}`;
  const none: readonly (readonly [what: string, line: string])[] = [
    ['nothing', ''],
    ['a row that was cut', (chain[0] ?? '').slice(0, -1)],
    ['a row that was changed', (chain[0] ?? '').replace('"a"', '"b"')],
    ['no object', sealed('[1}')],
    ['a row without a number', sealed('{"prev":"x"}')],
    ...['0', '-1', '1.5', '"1"', '9007199254740992'].map(
      (seq) => [`a row whose number is ${seq}`, sealed(`{"seq":${seq}}`)] as const,
    ),
  ];
  for (const [what, line] of none) {
    it(`is none for ${what}`, () => {
      assert.equal(headOfRow(line), undefined);
    });
  }

  it('is one for the least that a row can be', () => {
    assert.equal(headOfRow(sealed('{"seq":1}'))?.seq, 1);
  });
});
