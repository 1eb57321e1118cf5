import { hash } from 'node:crypto';

import type { AdmissionRequest } from '../../core/admission/admission-request.ts';
import { decode } from '../../core/admission/decode.ts';
import { type ExemptionKey, patchWithExemption } from '../../core/admission/exemption.ts';
import { mutate, validate } from '../../core/admission/judge.ts';
import { respond } from '../../core/admission/respond.ts';
import { toSubject } from '../../core/admission/to-subject.ts';
import type { AdmissionAuditRecord, Verdict } from '../../core/audit/record.ts';
import { canonicalJson } from '../../core/json/canonical.ts';
import { isJsonObject } from '../../core/json/json.ts';
import { valueAt } from '../../core/json/pointer.ts';
import { BUILT_IN_PLACE, BUILT_IN_POLICY } from '../../core/policy/built-in.ts';
import type { Decision, Finding } from '../../core/policy/decision.ts';
import type { Facts } from '../../core/policy/facts.ts';
import { formatInstant } from '../../core/policy/instant.ts';
import type { PolicySet } from '../../core/policy/policy-set.ts';
import type { Subject } from '../../core/policy/subject.ts';
import type { JudgedStore, PolicySource } from '../../io/contract.ts';
import type { Clock } from '../clock.ts';
import { gatherFacts } from '../facts.ts';
import type { ObjectLookup } from '../object-lookup.ts';
import type { Endpoint, Judgement, Judging } from './judging.ts';
import { findProbe, probeAnswer } from './probe.ts';

export interface JudgeReviewsOptions {
  readonly policies: Pick<PolicySource, 'inForce' | 'loadErrors'>;
  readonly lookup: ObjectLookup;
  readonly clock: Pick<Clock, 'now'>;
  /** Keeps what was judged; switched off when absent. */
  readonly store?: JudgedStore;
  /** Signs what a rule that leaves out who asks let pass, for the loop; nothing is remembered when absent. */
  readonly exemptionKey?: ExemptionKey;
  /** What the validating endpoint says while no policies are loaded; Deny when absent. */
  readonly whenNoPolicies?: 'Deny' | 'Allow';
}

/** The judging behind the endpoint: decode, gather, then judge with the sets in force at that moment. */
export function judgeReviews(options: JudgeReviewsOptions): Judging<AdmissionRequest> {
  return {
    decode: (body) => {
      const decoded = decode(body);
      return decoded.ok ? decoded : { ok: false, message: decoded.error.message };
    },
    judge: async (request, endpoint, context) => {
      const probe = endpoint === 'validate' ? findProbe(request) : undefined;
      if (probe !== undefined) return refuse(request, endpoint, 403, probeAnswer(probe), 'Deny');
      const policies = options.policies.inForce();
      if (policies === undefined) return withoutPolicies(options, request, endpoint);
      context.note('gathering facts');
      const now = formatInstant(options.clock.now());
      const subject = toSubject(request);
      const facts = await gatherFacts(policies, subject, options.lookup, now, context.signal);
      context.note('evaluating the rules');
      const decision = (endpoint === 'mutate' ? mutate : validate)(request, policies, facts);
      const record = recordOf(request, endpoint, decision, decision.allowed ? 'Allow' : 'Deny');
      return {
        review: respond(request, remembering(options.exemptionKey, subject, endpoint, decision)),
        record: kept(options.store, record, request, facts, policies.previous),
        ruleResults: decision.ruleResults,
        ...(decision.exceptions === undefined ? {} : { exceptions: decision.exceptions }),
      };
    },
    refuse: (request, endpoint, code, message) => refuse(request, endpoint, code, message, 'Error'),
  };
}

/** The mutating decision with its annotation for the loop; that is no rule's change, so the row and a replay do without it. */
function remembering(
  key: ExemptionKey | undefined,
  subject: Subject,
  endpoint: Endpoint,
  decision: Decision,
): Decision {
  if (key === undefined || endpoint === 'validate' || decision.leftOut === undefined) return decision;
  return { ...decision, patch: patchWithExemption(subject, decision, key) };
}

function withoutPolicies(
  { policies, whenNoPolicies }: JudgeReviewsOptions,
  request: AdmissionRequest,
  endpoint: Endpoint,
): Judgement {
  if (endpoint === 'mutate' || whenNoPolicies === 'Allow') {
    return {
      ...answer(request, { allowed: true }),
      record: recordOf(request, endpoint, NOTHING_DECIDED, 'Allow'),
      ruleResults: [],
    };
  }
  const [why = 'none were read yet'] = policies.loadErrors();
  const message = `helmgate has no policies loaded, so that nothing is admitted: ${why.split('\n', 1)[0]}`;
  const finding: Finding = {
    policy: BUILT_IN_POLICY,
    rule: 'policies-loaded',
    reason: 'NoPolicies',
    enforcement: 'Deny',
    path: '',
    message: message.slice(0, MAX_FINDING_MESSAGE),
    place: BUILT_IN_PLACE,
  };
  const decision = { ...NOTHING_DECIDED, allowed: false, findings: [finding] };
  return {
    ...answer(request, {
      allowed: false,
      status: { status: 'Failure', reason: 'Forbidden', code: 403, message },
    }),
    record: recordOf(request, endpoint, decision, 'Deny'),
    ruleResults: [],
  };
}

/** As the contract of a Finding has it. */
const MAX_FINDING_MESSAGE = 200;

const NOTHING_DECIDED: Omit<Decision, 'policySet'> & { readonly policySet?: Decision['policySet'] } = {
  allowed: true,
  findings: [],
  mutations: [],
  patch: [],
  warnings: [],
  ruleResults: [],
};

function refuse(
  request: AdmissionRequest,
  endpoint: Endpoint,
  code: number,
  message: string,
  verdict: Verdict,
): Judgement {
  const reason = code === 403 ? 'Forbidden' : 'InternalError';
  const status = { status: 'Failure', reason, code, message: `helmgate: ${message}` };
  return {
    ...answer(request, { allowed: false, status }),
    record: recordOf(request, endpoint, NOTHING_DECIDED, verdict),
    ruleResults: [],
  };
}

function answer(
  { uid }: AdmissionRequest,
  response: { readonly allowed: boolean; readonly status?: Readonly<Record<string, string | number>> },
): Pick<Judgement, 'review'> {
  return {
    review: { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: { uid, ...response } },
  };
}

function recordOf(
  request: AdmissionRequest,
  endpoint: Endpoint,
  decision: typeof NOTHING_DECIDED,
  verdict: Verdict,
): AdmissionAuditRecord {
  const { kind, operation, namespace, name, uid, user, dryRun } = request;
  const object = request.object ?? request.oldObject;
  const generateName = valueAt(object ?? null, ['metadata', 'generateName']);
  const { policySet, mutations, leftOut } = decision;
  return {
    phase: 'admission',
    endpoint,
    operation,
    apiVersion: kind.group === '' ? kind.version : `${kind.group}/${kind.version}`,
    kind: kind.kind,
    namespace,
    name: name === '' ? nameOf(object) : name,
    ...(typeof generateName === 'string' ? { generateName } : {}),
    dryRun,
    user,
    uid,
    verdict,
    findings: decision.findings,
    patchPaths: decision.patch.map(({ path }) => path),
    ...(mutations.length === 0 ? {} : { mutations }),
    ...(leftOut === undefined ? {} : { leftOut }),
    ...(object === undefined ? {} : { objectDigest: `sha256:${hash('sha256', canonicalJson(object))}` }),
    ...(policySet === undefined ? {} : { policySet }),
    // Both are the endpoint's to fill in.
    time: '',
    durationMs: 0,
  };
}

/** The record with the place of what was judged in it. */
function kept(
  store: JudgedStore | undefined,
  record: AdmissionAuditRecord,
  { object, oldObject }: AdmissionRequest,
  facts: Facts,
  previous: PolicySet | undefined,
): AdmissionAuditRecord {
  if (store === undefined || object === undefined) return record;
  const { policySet, objectDigest } = record;
  const input = { object, facts, ...(oldObject === undefined ? {} : { oldObject }) };
  return {
    ...record,
    stored: store.keep(input, objectDigest),
    ...(policySet === undefined || previous === undefined
      ? {}
      : { policySet: { ...policySet, previous: previous.digest } }),
  };
}

/** The API server leaves `name` empty on creates; the object has it unless it is to be generated. */
function nameOf(object: AdmissionRequest['object']): string {
  const name = isJsonObject(object) ? valueAt(object, ['metadata', 'name']) : undefined;
  return typeof name === 'string' ? name : '';
}
