import type { AdmissionAuditRecord } from '../../../src/core/audit/record.ts';
import type { Finding } from '../../../src/core/policy/decision.ts';

export const finding: Finding = {
  policy: 'production',
  rule: 'sources',
  reason: 'SourceNotAllowed',
  enforcement: 'Deny',
  path: 'spec.url',
  found: 'https://evil.example',
  message: 'the URL is not allowed',
  wouldPass: 'https://flagger.app',
  place: { file: 'production.yaml', line: 9, column: 5, commit: 'a'.repeat(40) },
};

/** A row as the webhook writes it, with the given parts exchanged. */
export function auditRecord(parts: Partial<AdmissionAuditRecord> = {}): AdmissionAuditRecord {
  return {
    phase: 'admission',
    endpoint: 'validate',
    operation: 'CREATE',
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    dryRun: false,
    user: { username: 'alice', groups: ['developers'] },
    patchPaths: [],
    time: '2026-11-22T12:00:00.000Z',
    uid: '5f1f7a2e',
    kind: 'HelmRelease',
    namespace: 'apps',
    name: 'flagger',
    verdict: 'Deny',
    findings: [finding],
    durationMs: 1.25,
    ...parts,
  };
}
