import type { StoredInput } from '../audit/judged-input.ts';
import type { PolicySetReference, Verdict } from '../audit/record.ts';
import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';
import type { Operation, UserInfo } from '../policy/subject.ts';

/** A row of the audit log about a decision that was made of an object; what else is in a log is none of these. */
export interface JudgedRow {
  readonly uid: string;
  readonly time: string;
  /** At which question: one of the webhook's two endpoints, or the loop's. */
  readonly endpoint: 'mutate' | 'validate' | 'release';
  readonly operation: Operation;
  /** Empty on rows of the loop, which judges what is stored. */
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly user?: UserInfo;
  readonly dryRun: boolean;
  readonly verdict: Verdict;
  /** As they were written: redacted, and cut where the row was too long. */
  readonly findings: readonly JsonObject[];
  /** Pointers that the patch touched; on rows of the mutating endpoint. */
  readonly patchPaths: readonly string[];
  readonly policySet?: PolicySetReference;
  /** Absent when nothing was kept. */
  readonly stored?: StoredInput;
}

/** Reads a row; undefined for rows about something else, and for what is no row at all. */
export function readJudgedRow(row: Json): JudgedRow | undefined {
  if (!isJsonObject(row)) return undefined;
  const { phase, endpoint } = row;
  const at = phase === 'release' ? 'release' : endpoint;
  if ((phase !== 'admission' && phase !== 'release') || !isEndpoint(at)) return undefined;
  const user = readUser(row['user']);
  const stored = readStored(row['stored']);
  const policySet = readPolicySet(row['policySet']);
  return {
    uid: text(row['uid']),
    time: text(row['time']),
    endpoint: at,
    operation: (phase === 'release' ? 'UPDATE' : text(row['operation'])) as Operation,
    apiVersion: text(row['apiVersion']),
    kind: text(row['kind']),
    namespace: text(row['namespace']),
    name: text(row['name']),
    dryRun: row['dryRun'] === true,
    verdict: text(row['verdict']) as Verdict,
    findings: list(row['findings']).filter(isJsonObject),
    patchPaths: list(row['patchPaths']).filter((path) => typeof path === 'string'),
    ...(user === undefined ? {} : { user }),
    ...(policySet === undefined ? {} : { policySet }),
    ...(stored === undefined ? {} : { stored }),
  };
}

function isEndpoint(at: Json | undefined): at is JudgedRow['endpoint'] {
  return at === 'mutate' || at === 'validate' || at === 'release';
}

function readUser(user: Json | undefined): UserInfo | undefined {
  if (!isJsonObject(user)) return undefined;
  const groups = list(user['groups']).filter((group) => typeof group === 'string');
  const { uid } = user;
  return { username: text(user['username']), groups, ...(typeof uid === 'string' ? { uid } : {}) };
}

function readStored(stored: Json | undefined): StoredInput | undefined {
  if (!isJsonObject(stored)) return undefined;
  const { segment, now, object, facts, oldObject } = stored;
  if (![segment, now, object, facts].every((part) => typeof part === 'string')) return undefined;
  return {
    segment: text(segment),
    now: text(now),
    object: text(object),
    facts: text(facts),
    ...(typeof oldObject === 'string' ? { oldObject } : {}),
  };
}

function readPolicySet(set: Json | undefined): PolicySetReference | undefined {
  if (!isJsonObject(set)) return undefined;
  const { digest, commit, previous } = set;
  return {
    digest: text(digest),
    ...(typeof commit === 'string' ? { commit } : {}),
    ...(typeof previous === 'string' ? { previous } : {}),
  };
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
