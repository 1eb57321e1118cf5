import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Json, JsonObject } from '../../../src/core/json/json.ts';
import { readJudgedRow } from '../../../src/core/replay/judged-row.ts';
import { ROW } from './fixture.ts';

const read = (members: JsonObject): unknown => readJudgedRow({ ...ROW, ...members });
const part = (name: string, value: Json): unknown => {
  const row = readJudgedRow({ ...ROW, [name]: value });
  return row?.[name as keyof typeof row];
};

describe('reading a row of the audit log', () => {
  it('takes everything over that a decision can be made again of', () => {
    const { phase: _phase, ...row } = ROW;
    assert.deepEqual(readJudgedRow(ROW), row);
    const more: JsonObject = {
      endpoint: 'mutate',
      operation: 'UPDATE',
      dryRun: true,
      verdict: 'Deny',
      findings: [{ rule: 'r' }],
      patchPaths: ['/spec'],
      user: { username: 'bob', uid: '7', groups: [] },
      policySet: { digest: 'd', commit: 'c', previous: 'p' },
      stored: { segment: 's', now: 'n', object: 'o', facts: 'f', oldObject: 'x' },
    };
    assert.deepEqual(read(more), { ...row, ...more });
  });

  it('reads a row of the loop as an update of what is stored, whatever it says about endpoint and operation', () => {
    const row = readJudgedRow({
      phase: 'release',
      endpoint: 'validate',
      operation: 'CREATE',
      verdict: 'Hold',
    });
    assert.deepEqual(row, {
      uid: '',
      time: '',
      endpoint: 'release',
      operation: 'UPDATE',
      apiVersion: '',
      kind: '',
      namespace: '',
      name: '',
      dryRun: false,
      verdict: 'Hold',
      findings: [],
      patchPaths: [],
    });
  });

  const others: readonly Json[] = [
    null,
    'text',
    [],
    {},
    { phase: 'action', endpoint: 'validate' },
    { phase: 'lifecycle', endpoint: 'validate' },
    { endpoint: 'validate' },
    { phase: 'admission' },
    { phase: 'admission', endpoint: 'convert' },
  ];
  for (const other of others) {
    it(`takes ${JSON.stringify(other)} for no decision`, () => assert.equal(readJudgedRow(other), undefined));
  }

  const parts: readonly (readonly [string, Json, unknown])[] = [
    ['user', 'alice', undefined],
    ['user', { groups: 'devs' }, { username: '', groups: [] }],
    ['user', { username: 'a', groups: ['x', 1], uid: 2 }, { username: 'a', groups: ['x'] }],
    ['policySet', 'sha256:0', undefined],
    ['policySet', { digest: 1, commit: 2, previous: 3 }, { digest: '' }],
    ['policySet', { digest: 'd', commit: 'c' }, { digest: 'd', commit: 'c' }],
    ['policySet', { digest: 'd', previous: 'p' }, { digest: 'd', previous: 'p' }],
    ['stored', null, undefined],
    ['stored', { segment: 's', now: 'n', object: 'o' }, undefined],
    ['stored', { segment: 's', now: 'n', facts: 'f' }, undefined],
    ['stored', { segment: 's', object: 'o', facts: 'f' }, undefined],
    ['stored', { now: 'n', object: 'o', facts: 'f' }, undefined],
    [
      'stored',
      { segment: 's', now: 'n', object: 'o', facts: 'f', oldObject: 1 },
      { segment: 's', now: 'n', object: 'o', facts: 'f' },
    ],
    ['findings', 'none', []],
    ['findings', [{ rule: 'r' }, 'text', null], [{ rule: 'r' }]],
    ['patchPaths', ['/a', 1, '/b'], ['/a', '/b']],
    ['dryRun', 'true', false],
    ['uid', 7, ''],
  ];
  for (const [name, value, expected] of parts) {
    it(`keeps of ${name} ${JSON.stringify(value)} what has the right type`, () =>
      assert.deepEqual(part(name, value), expected));
  }

  it('never throws, and never invents an endpoint', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom(...Object.keys(ROW)), (value, name) => {
        const row = readJudgedRow({ ...ROW, [name]: value as Json });
        assert.ok(row === undefined || ['mutate', 'validate', 'release'].includes(row.endpoint));
      }),
    );
  });
});
