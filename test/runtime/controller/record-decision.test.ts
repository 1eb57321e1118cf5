import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AuditRecord } from '../../../src/core/audit/record.ts';
import { recordDecision } from '../../../src/runtime/controller/record-decision.ts';
import { createReleaseJudge } from '../../../src/runtime/controller/release-judge.ts';
import type { ReleasePass } from '../../../src/runtime/controller/release-pass.ts';
import { helmRelease, policySet } from '../../core/policy/policy-fixture.ts';

const NOW = Date.parse('2026-06-01T12:00:00Z');
const current = policySet([
  {
    id: 'freeze',
    schedule: {
      freezes: [{ from: '2026-06-01T00:00:00Z', to: '2026-06-02T00:00:00Z' }],
      breakGlass: { atMost: '8h' },
    },
  },
]);

async function rowOf(annotations: Readonly<Record<string, string>>): Promise<AuditRecord | undefined> {
  const rows: AuditRecord[] = [];
  const clock = { now: () => NOW };
  const cluster = { namespaceLabels: () => ({}), releases: () => [], kubeVersion: () => undefined };
  const release = helmRelease({}, { annotations }) as never;
  const source = { kind: 'HelmRepository', namespace: 'team', name: 'flagger', url: 'https://flagger.app' };
  const chart = { name: 'flagger', version: '1.0.0' };
  const judge = createReleaseJudge({ inForce: () => ({ current }) }, cluster, clock);
  const judged = judge.judgeRelease(release, { source, chart, values: {} });
  assert.ok(judged !== undefined);
  const audit = { append: async (row: AuditRecord) => void rows.push(row) };
  const pass = { release, options: { clock, audit } } as unknown as ReleasePass;
  await recordDecision(pass, { chart: chart as never, configDigest: 'sha256:0' }, judged);
  return rows[0];
}

describe('the row of a release-time decision', () => {
  it('tells of a release by break-glass: whose, until when and why', async () => {
    const row = await rowOf({ 'helmgate.dev/break-glass': 'ops; until 2026-06-01T14:00:00Z; outage 7' });
    assert.equal(row?.verdict, 'Allow');
    assert.ok(row.phase === 'release');
    assert.match(row.warnings?.join('\n') ?? '', /break-glass by ops until 2026-06-01T14:00:00Z: outage 7/);
  });

  it('has no word where a release waits for its schedule', async () => {
    const row = await rowOf({});
    assert.equal(row?.verdict, 'Hold');
    assert.equal('warnings' in row, false);
  });
});
