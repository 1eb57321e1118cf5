import type { AuditRecord } from '../../core/audit/record.ts';
import type { Json, JsonObject } from '../../core/json/json.ts';
import type { RuleResult, UsedException } from '../../core/policy/decision.ts';

export type Endpoint = 'mutate' | 'validate';

/** What judging one request came to. */
export interface Judgement {
  /** The AdmissionReview to answer with. */
  readonly review: JsonObject;
  /** The audit row; `time` and `durationMs` are overwritten by the endpoint. */
  readonly record: AuditRecord;
  readonly ruleResults: readonly RuleResult[];
  /** The exceptions that the decision needed; absent when none was. */
  readonly exceptions?: readonly UsedException[];
}

/** What the endpoint tells a judge while it works. */
export interface JudgeContext {
  /** Aborts when the answer is due. */
  readonly signal: AbortSignal;
  /** Says what is being done now; the denial of a request that ran out of time names the last thing said. */
  note(doing: string): void;
}

/**
 * The judging functions behind the endpoint. `decode` and `refuse` are pure; `judge` gathers facts first. A judge that
 * rejects, or is not done in time, becomes a denial by `refuse`.
 */
export interface Judging<Request> {
  /** Reads an AdmissionReview; the message of a failure is answered with HTTP 400. */
  decode(
    body: Json,
  ): { readonly ok: true; readonly request: Request } | { readonly ok: false; readonly message: string };
  judge(request: Request, endpoint: Endpoint, context: JudgeContext): Promise<Judgement>;
  /** A structured denial that blames nobody's object: `code` is 500, 503 or 504; its row has the verdict Error. */
  refuse(request: Request, endpoint: Endpoint, code: number, message: string): Judgement;
}
