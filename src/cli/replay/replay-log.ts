import { isJsonObject } from '../../core/json/json.ts';
import { parseJson } from '../../core/json/parse.ts';
import { textAt } from '../../core/json/text-at.ts';
import type { PolicySet } from '../../core/policy/policy-set.ts';
import { type Change, compareDecisions } from '../../core/replay/compare.ts';
import { judgeAgain, type KeptInput } from '../../core/replay/judge-again.ts';
import { type JudgedRow, readJudgedRow } from '../../core/replay/judged-row.ts';
import type { Summarizer } from '../../core/replay/summary.ts';
import { judgedFolder } from '../../io/auditlog/object-store.ts';
import { ObjectReader } from '../../io/auditlog/read-objects.ts';
import { readRows } from '../../io/auditlog/read-rows.ts';
import type { CliContext } from '../context.ts';

export interface ReplayLogOptions {
  /** Path of the audit log. */
  readonly audit: string;
  readonly namespace?: string;
  /** RFC 3339. */
  readonly since?: string;
  readonly now: string;
}

/** Verdicts on equal input that are remembered: a repeated apply is judged once. */
const MAX_REMEMBERED = 20_000;
/** Rows between two signs of life on a terminal. */
const PROGRESS_ROWS = 20_000;

/** What was found in a log. */
export interface ReplayedLog {
  /** Lines that are rows of an audit log. */
  readonly rows: number;
  /** Rows about decisions, and those of them that were asked for. */
  readonly decisions: number;
  readonly wanted: number;
  /** Lines that are no rows, and the number of the first, from 1. */
  readonly foreign: number;
  readonly firstForeign: number;
}

/** How each row ends (core/audit/row.ts). */
const ROW_END = /,"hash":"[0-9a-f]{64}"\}$/;
const ROW_END_LENGTH = 75;

/** Judges the rows of a log again. Rows of the mutating endpoint are followed by one of the validating endpoint, which counts. */
export async function replayLog(
  set: PolicySet,
  summarizer: Summarizer,
  options: ReplayLogOptions,
  { signal, stderr }: CliContext,
): Promise<ReplayedLog> {
  const reader = new ObjectReader(judgedFolder(options.audit));
  const remembered = new Map<string, Change>();
  const isTerminal = 'isTTY' in stderr && stderr.isTTY === true;
  const found = { rows: 0, decisions: 0, wanted: 0, foreign: 0, firstForeign: 0 };
  for await (const { text, complete } of readRows(options.audit, { signal })) {
    if (!complete) break;
    if (!isRow(text)) {
      found.foreign += 1;
      if (found.foreign === 1) found.firstForeign = found.rows + 1;
      continue;
    }
    found.rows += 1;
    if (isTerminal && found.rows % PROGRESS_ROWS === 0) stderr.write(`\r${found.rows} rows`);
    const row = parseDecision(text);
    if (row === undefined) continue;
    found.decisions += 1;
    if (!isWanted(row, options)) continue;
    found.wanted += 1;
    if (row.verdict === 'Error') {
      summarizer.leaveOut('it ended in an error');
      continue;
    }
    const key = inputKey(row);
    const change =
      (key === undefined ? undefined : remembered.get(key)) ??
      (await changeOf(row, set, reader, options.now, summarizer));
    if (key !== undefined && remembered.size < MAX_REMEMBERED) remembered.set(key, change);
    summarizer.add(row, change);
  }
  if (isTerminal) stderr.write('\r');
  return found;
}

/** By its shape alone: `helmgate audit verify` is there to look closer. */
function isRow(text: string): boolean {
  return text.startsWith('{') && ROW_END.test(text.slice(-ROW_END_LENGTH));
}

function parseDecision(text: string): JudgedRow | undefined {
  // Most rows are filtered before they are parsed: rows of the mutating endpoint are half of a log.
  if (text.includes('"endpoint":"mutate"') || text.includes('"phase":"action"')) return undefined;
  const parsed = parseJson(text);
  if (!parsed.ok || !isJsonObject(parsed.value)) return undefined;
  const row = readJudgedRow(parsed.value);
  return row?.endpoint === 'mutate' ? undefined : row;
}

function isWanted(row: JudgedRow, { namespace, since }: ReplayLogOptions): boolean {
  return (
    (namespace === undefined || row.namespace === namespace) && (since === undefined || row.time >= since)
  );
}

async function changeOf(
  row: JudgedRow,
  set: PolicySet,
  reader: ObjectReader,
  now: string,
  { exceptionUses }: Pick<Summarizer, 'exceptionUses'>,
): Promise<Change> {
  const kept = await findKept(row, reader);
  if (kept === undefined) return { kind: 'Unknown', why: 'what was judged was not kept' };
  const again = judgeAgain(row, kept, { current: set }, now);
  if (again.kind === 'Decided') exceptionUses.add(again.decision, false);
  return compareDecisions(row, again);
}

/** The values behind a row; undefined when one is not there. */
export async function findKept(row: JudgedRow, reader: ObjectReader): Promise<KeptInput | undefined> {
  const { stored } = row;
  if (stored === undefined) return undefined;
  const object = await reader.find(stored.segment, stored.object);
  const facts = await reader.find(stored.segment, stored.facts);
  if (object === undefined || facts === undefined) return undefined;
  if (stored.oldObject === undefined) return { object, facts };
  const oldObject = await reader.find(stored.segment, stored.oldObject);
  return oldObject === undefined ? undefined : { object, facts, oldObject };
}

/** Equal for rows whose decision cannot differ; undefined for rows without their input. */
function inputKey(row: JudgedRow): string | undefined {
  const { stored, user } = row;
  if (stored === undefined) return undefined;
  const { object, oldObject = '', facts } = stored;
  const who = user === undefined ? '' : `${user.username}\n${user.groups.join(',')}`;
  const findings = row.findings
    .map((finding) => `${textAt(finding, ['policy']) ?? ''}/${textAt(finding, ['rule']) ?? ''}`)
    .join(',');
  const { endpoint, operation, kind, namespace, name, dryRun, verdict } = row;
  return [
    endpoint,
    operation,
    kind,
    namespace,
    name,
    String(dryRun),
    verdict,
    findings,
    object,
    oldObject,
    facts,
    who,
  ].join('\n');
}
