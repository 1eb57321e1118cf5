import type { AdmissionRequest } from '../admission/admission-request.ts';
import { mutate, type Policies, validate } from '../admission/judge.ts';
import { concernsReleases, requiredNeeds } from '../admission/required-facts.ts';
import { requiredSources } from '../admission/required-sources.ts';
import { toSubject } from '../admission/to-subject.ts';
import { factsFromJson } from '../audit/facts-json.ts';
import type { StoredValue } from '../audit/judged-input.ts';
import { isJsonObject, type JsonObject } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';
import type { Decision } from '../policy/decision.ts';
import { type EffectiveField, effectiveFields } from '../policy/effective-fields.ts';
import { evaluate } from '../policy/evaluate.ts';
import { type Facts, sourceKey } from '../policy/facts.ts';
import type { Repair } from '../policy/find-repair.ts';
import type { PolicySet } from '../policy/policy-set.ts';
import { repairObject } from '../policy/repair-object.ts';
import type { Subject } from '../policy/subject.ts';
import { type AdmittedAgain, admitAgain } from './admit-again.ts';
import type { JudgedRow } from './judged-row.ts';

/** The values that a row refers to, as the store has them. */
export interface KeptInput {
  readonly object: StoredValue;
  readonly oldObject?: StoredValue;
  readonly facts: StoredValue;
}

/** What judging a row's input again came to, or why that can't be told. */
export type Again =
  | {
      readonly kind: 'Decided';
      readonly decision: Decision;
      /** What the mutating endpoint would change first; of what was stored, where that is judged again. */
      readonly mutated: AdmittedAgain['mutated'];
      /** Pointers of the object and the facts whose values were redacted: a rule that reads one may have said something else. */
      readonly redacted: readonly string[];
    }
  | { readonly kind: 'Unknown'; readonly why: string };

/**
 * Judges the input of a row with other policies, as the webhook would (mutating, then validating what comes out), or as the loop would.
 * `now` is RFC 3339.
 */
export function judgeAgain(row: JudgedRow, kept: KeptInput, policies: Policies, now: string): Again {
  const input = readInput(row, kept, policies, now);
  if ('why' in input) return { kind: 'Unknown', why: input.why };
  const { request, facts, redacted } = input;
  if (row.endpoint === 'release') return released(input, policies);
  return { kind: 'Decided', ...admitAgain(request, policies, facts), redacted };
}

/** Asks the same question again that the row answered, at the moment of the row. */
export function judgeSame(row: JudgedRow, kept: KeptInput, policies: Policies): Again {
  const input = readInput(row, kept, policies, row.stored?.now ?? row.time);
  if ('why' in input) return { kind: 'Unknown', why: input.why };
  if (row.endpoint === 'release') return released(input, policies);
  const { request, facts, redacted } = input;
  const decision = (row.endpoint === 'mutate' ? mutate : validate)(request, policies, facts);
  return { kind: 'Decided', decision, mutated: decision, redacted };
}

/** The smallest edit after which a row's object would have been admitted; undefined when it was, or when none was found. */
export function repairAgain(row: JudgedRow, kept: KeptInput, set: PolicySet): Repair | undefined {
  const input = readInput(row, kept, { current: set }, row.stored?.now ?? row.time);
  if ('why' in input || row.verdict !== 'Deny') return undefined;
  const phase = row.endpoint === 'release' ? 'release' : 'admission';
  return repairObject(set, toSubject(input.request), input.facts, { phase });
}

/** The fields of a row's object as its controller would see it, each with who gave its value; none where that can't be told. */
export function effectiveAgain(row: JudgedRow, kept: KeptInput, set: PolicySet): readonly EffectiveField[] {
  const input = readInput(row, kept, { current: set }, row.stored?.now ?? row.time);
  // What policies gave to an object is known when it is sent; in the loop it is stored like all else.
  if ('why' in input || row.endpoint === 'release') return [];
  return effectiveFields(set, toSubject(input.request), input.facts);
}

interface ReadInput {
  readonly request: AdmissionRequest & { readonly object: JsonObject };
  readonly facts: Facts;
  readonly redacted: readonly string[];
}

function readInput(
  row: JudgedRow,
  kept: KeptInput,
  policies: Policies,
  now: string,
): ReadInput | { readonly why: string } {
  const facts = factsFromJson(kept.facts.value, now);
  const { value: object } = kept.object;
  const oldObject = kept.oldObject?.value;
  if (facts === undefined || !isJsonObject(object) || (oldObject !== undefined && !isJsonObject(oldObject))) {
    return { why: 'what was kept cannot be read' };
  }
  const request = { ...requestOf(row, object, oldObject), object };
  const why = lackingFact(policies, toSubject(request), facts);
  if (why !== undefined) return { why };
  const redacted = [kept.object, kept.oldObject, kept.facts].flatMap((value) => value?.redacted ?? []);
  return { request, facts, redacted };
}

/** The loop judges what is stored: nobody asks, and nothing is mutated. */
function released({ request, facts, redacted }: ReadInput, { current }: Policies): Again {
  const { user: _user, oldObject: _oldObject, ...subject } = toSubject(request);
  const decision = evaluate(current, { ...subject, operation: 'UPDATE' }, facts, 'release');
  return { kind: 'Decided', decision, mutated: { mutations: [], patch: [] }, redacted };
}

function requestOf(row: JudgedRow, object: JsonObject, oldObject: JsonObject | undefined): AdmissionRequest {
  const written = valueAt(object, ['apiVersion']);
  const apiVersion = row.apiVersion === '' && typeof written === 'string' ? written : row.apiVersion;
  const slash = apiVersion.lastIndexOf('/');
  const [group, version] = [slash === -1 ? '' : apiVersion.slice(0, slash), apiVersion.slice(slash + 1)];
  return {
    uid: row.uid,
    kind: { group, version, kind: row.kind },
    resource: { group, version, resource: '' },
    operation: row.operation,
    namespace: row.namespace,
    name: row.name,
    object,
    ...(oldObject === undefined ? {} : { oldObject }),
    user: row.user ?? { username: '', groups: [] },
    dryRun: row.dryRun,
  };
}

/** Facts are gathered for the rules that were loaded then: what a new rule needs besides was never looked up. */
function lackingFact({ current }: Policies, subject: Subject, facts: Facts): string | undefined {
  const source = requiredSources(current, subject).find(
    ({ kind, namespace, name }) => !facts.sources.has(sourceKey(kind, namespace, name)),
  );
  if (source !== undefined) return `the ${source.kind} behind it was not looked up then`;
  const needs = new Set(requiredNeeds(current, subject));
  if (concernsReleases(current, subject)) needs.add('dependents');
  const need = [...needs].find((name) => facts[name] === undefined);
  return need === undefined ? undefined : `the fact ${need} was not gathered then`;
}
