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

/** Judges the rows of a log again. Rows of the mutating endpoint are followed by one of the validating endpoint, which counts. */
export async function replayLog(
  set: PolicySet,
  summarizer: Summarizer,
  options: ReplayLogOptions,
  { signal, stderr }: CliContext,
): Promise<void> {
  const reader = new ObjectReader(judgedFolder(options.audit));
  const remembered = new Map<string, Change>();
  const isTerminal = 'isTTY' in stderr && stderr.isTTY === true;
  let rows = 0;
  for await (const { text, complete } of readRows(options.audit, { signal })) {
    if (!complete) break;
    rows += 1;
    if (isTerminal && rows % PROGRESS_ROWS === 0) stderr.write(`\r${rows} rows`);
    const row = parseRow(text, options);
    if (row === undefined) continue;
    if (row.verdict === 'Error') {
      summarizer.leaveOut('it ended in an error');
      continue;
    }
    const key = inputKey(row);
    const change =
      (key === undefined ? undefined : remembered.get(key)) ??
      (await changeOf(row, set, reader, options.now));
    if (key !== undefined && remembered.size < MAX_REMEMBERED) remembered.set(key, change);
    summarizer.add(row, change);
  }
  if (isTerminal) stderr.write('\r');
}

function parseRow(text: string, { namespace, since }: ReplayLogOptions): JudgedRow | undefined {
  // Most rows are filtered before they are parsed: rows of the mutating endpoint are half of a log.
  if (text.includes('"endpoint":"mutate"') || text.includes('"phase":"action"')) return undefined;
  const parsed = parseJson(text);
  if (!parsed.ok || !isJsonObject(parsed.value)) return undefined;
  const row = readJudgedRow(parsed.value);
  if (row === undefined || row.endpoint === 'mutate') return undefined;
  if (namespace !== undefined && row.namespace !== namespace) return undefined;
  return since !== undefined && row.time < since ? undefined : row;
}

async function changeOf(row: JudgedRow, set: PolicySet, reader: ObjectReader, now: string): Promise<Change> {
  const kept = await findKept(row, reader);
  if (kept === undefined) return { kind: 'Unknown', why: 'what was judged was not kept' };
  return compareDecisions(row, judgeAgain(row, kept, { current: set }, now));
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
