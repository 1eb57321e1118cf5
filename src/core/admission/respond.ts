import type { JsonObject } from '../json/json.ts';
import type { PatchOperation } from '../json/patch.ts';
import { stringifyJson } from '../json/stringify.ts';
import type { Decision } from '../policy/decision.ts';
import { shortText } from '../policy/short-text.ts';
import { REVIEW_API_VERSION } from './decode.ts';
import { denyMessage } from './deny-message.ts';

/** Audit annotation values are cut to this; the API server's audit events carry them whole. */
const MAX_ANNOTATION = 1000;

/** The AdmissionReview that answers a request: `patch` in base64, warnings in single lines, one message for all findings. */
export function respond(request: { readonly uid: string }, decision: Decision): JsonObject {
  const { allowed, patch, warnings, findings } = decision;
  const response = {
    uid: request.uid,
    allowed,
    ...(allowed
      ? {}
      : {
          status: {
            status: 'Failure',
            reason: 'Forbidden',
            code: 403,
            message: denyMessage(findings, decision.repair),
          },
        }),
    ...(patch.length === 0 || !allowed ? {} : { patchType: 'JSONPatch', patch: toBase64(patchText(patch)) }),
    ...(warnings.length === 0 ? {} : { warnings: warnings.map((warning) => shortText(warning)) }),
    auditAnnotations: auditAnnotations(decision),
  };
  return { apiVersion: REVIEW_API_VERSION, kind: 'AdmissionReview', response };
}

/** The patch as the JSON text that goes into a response. */
export function patchText(patch: readonly PatchOperation[]): string {
  return stringifyJson(patch.map((operation) => ({ ...operation })));
}

/** Keys become `<webhook name>/<key>` in the API server's own audit log. */
function auditAnnotations({ policySet, findings, mutations, exceptions = [] }: Decision): JsonObject {
  const rules = findings.map(
    ({ policy, rule, reason, enforcement }) => `${enforcement} ${policy}/${rule} ${reason}`,
  );
  const changes = mutations.map(({ policy, rule, pointer }) => `${policy}/${rule} ${pointer}`);
  const used = exceptions.map(({ exception, policy, rule }) => `${exception} ${policy}/${rule}`);
  return {
    'policy-set':
      policySet.commit === undefined ? policySet.digest : `${policySet.digest} ${policySet.commit}`,
    ...(rules.length === 0 ? {} : { findings: shortText([...new Set(rules)].join(', '), MAX_ANNOTATION) }),
    ...(changes.length === 0 ? {} : { mutations: shortText(changes.join(', '), MAX_ANNOTATION) }),
    ...(used.length === 0 ? {} : { exceptions: shortText(used.join(', '), MAX_ANNOTATION) }),
  };
}

function toBase64(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return (bytes as Uint8Array & { toBase64?(): string }).toBase64?.() ?? encodeBase64(bytes);
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** RFC 4648 section 4, for engines without Uint8Array.prototype.toBase64. */
function encodeBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b, c] = bytes.subarray(at, at + 3);
    const group = (a << 16) | ((b ?? 0) << 8) | (c ?? 0);
    text += ALPHABET.charAt(group >> 18) + ALPHABET.charAt((group >> 12) & 63);
    text += b === undefined ? '=' : ALPHABET.charAt((group >> 6) & 63);
    text += c === undefined ? '=' : ALPHABET.charAt(group & 63);
  }
  return text;
}
