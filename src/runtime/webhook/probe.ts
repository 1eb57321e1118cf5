import type { AdmissionRequest } from '../../core/admission/admission-request.ts';
import { HELM_REPOSITORY } from '../../core/api/resources.ts';
import type { JsonObject } from '../../core/json/json.ts';
import { valueAt } from '../../core/json/pointer.ts';

/**
 * A dry-run create with this annotation is refused by Helmgate's validating endpoint whatever the policies say, and in
 * words that nobody else uses: it proves that the API server reaches us and heeds our answer, before failures are made to count.
 */
export const PROBE_ANNOTATION = 'helmgate.dev/webhook-probe';

const NONCE = /^[0-9a-f]{16,64}$/;

/** The nonce of a probe; undefined for every other request. A request that would be stored is never a probe. */
export function findProbe(request: AdmissionRequest): string | undefined {
  if (!request.dryRun || request.operation !== 'CREATE' || request.object === undefined) return undefined;
  const nonce = valueAt(request.object, ['metadata', 'annotations', PROBE_ANNOTATION]);
  return typeof nonce === 'string' && NONCE.test(nonce) ? nonce : undefined;
}

/** What the refusal of a probe says. */
export function probeAnswer(nonce: string): string {
  return `this is the webhook probe ${nonce}`;
}

/** The object that is tried: valid for the API server, and marked. */
export function probeObject(namespace: string, nonce: string): JsonObject {
  return {
    apiVersion: `${HELM_REPOSITORY.group}/${HELM_REPOSITORY.version}`,
    kind: HELM_REPOSITORY.kind,
    metadata: { name: `helmgate-probe-${nonce}`, namespace, annotations: { [PROBE_ANNOTATION]: nonce } },
    spec: { url: 'https://probe.invalid', interval: '1h' },
  };
}
