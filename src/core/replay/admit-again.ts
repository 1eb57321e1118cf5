import type { AdmissionRequest } from '../admission/admission-request.ts';
import { mutate, type Policies, validate } from '../admission/judge.ts';
import { toSubject } from '../admission/to-subject.ts';
import { applyPatch } from '../json/apply.ts';
import { diffJson } from '../json/diff.ts';
import { isEqualJson } from '../json/equal.ts';
import { isJsonObject, type JsonObject } from '../json/json.ts';
import { parsePointer, valueAt } from '../json/pointer.ts';
import type { Decision } from '../policy/decision.ts';
import type { Facts } from '../policy/facts.ts';
import { believedRecord, stripFormerDefaults, withRecord } from '../policy/former-defaults.ts';

/** What both endpoints would say of an object that was admitted once: its decision, and what would be stored otherwise than it is. */
export interface AdmittedAgain {
  readonly decision: Decision;
  /** The patch leads from the object as it is to what would be stored; the mutations are those behind it. */
  readonly mutated: Pick<Decision, 'mutations' | 'patch'>;
}

/** Mutates the object of a request as its author sent it, and validates what comes out, as the webhook does. */
export function admitAgain(
  request: AdmissionRequest & { readonly object: JsonObject },
  policies: Policies,
  facts: Facts,
): AdmittedAgain {
  const sent = request.operation === 'CREATE' ? asSent(request, policies) : request.object;
  const { mutations, patch } = mutate({ ...request, object: sent }, policies, facts);
  const patched = applyPatch(sent, patch);
  const stored = isJsonObject(patched) ? patched : sent;
  const decision = validate({ ...request, object: stored }, policies, facts);
  const changed = mutations.filter(({ pointer }) => {
    const tokens = parsePointer(pointer) ?? [];
    return !isEqualJson(valueAt(request.object, tokens), valueAt(stored, tokens));
  });
  return { decision, mutated: { mutations: changed, patch: diffJson(request.object, stored) } };
}

/**
 * The object without the defaults that it got when it was admitted. Nobody owns them, and its record of them is true, since it was
 * validated: policies that say something else by now would have filled in that.
 */
function asSent(
  request: AdmissionRequest & { readonly object: JsonObject },
  { current }: Policies,
): JsonObject {
  const { object } = request;
  const record = believedRecord(current, { ...toSubject(request), oldObject: object });
  const { object: stripped, taken, kept } = stripFormerDefaults(object, record);
  return taken.size === 0 ? object : withRecord(stripped, kept);
}
