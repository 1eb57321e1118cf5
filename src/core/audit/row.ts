import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

import { canonicalJson } from '../json/canonical.ts';
import type { Json } from '../json/json.ts';
import type { AuditRecord } from './record.ts';
import { redact } from './redact.ts';

/** The place in the chain that the next row follows. */
export interface ChainHead {
  /** Sequence number of the last row; 0 before the first. */
  readonly seq: number;
  /** Hex sha256 of the last row; {@link GENESIS_HASH} before the first. */
  readonly hash: string;
}

/** What the first row names as its predecessor. */
export const GENESIS_HASH: string = '0'.repeat(64);
export const CHAIN_START: ChainHead = { seq: 0, hash: GENESIS_HASH };

/**
 * Bytes of one row. Fifty findings of a kilobyte and two hundred groups of 64 bytes come to 63 KB; readers hold one row at
 * a time, and a batch of 600 concurrent rows stays under 40 MB.
 */
export const MAX_ROW_BYTES: number = 64 * 1024;

/** Lists of a record that are cut when a row would be too large, with the entries always kept. */
const CUTTABLE: readonly (readonly string[])[] = [
  ['findings'],
  ['patchPaths'],
  ['mutations'],
  ['leftOut'],
  ['warnings'],
  ['user', 'groups'],
  ['apiWrites'],
];

export interface ChainedRow {
  /** The row without its newline. */
  readonly line: string;
  readonly head: ChainHead;
}

/**
 * Makes the row that follows `head`: the record, redacted, plus `seq` and `prev`, as canonical JSON in one line, and at its end
 * the member `hash`: the sha256 of the line as it was before that member was added (`{...}` without `,"hash":"..."`).
 * A record whose row would pass 64 KiB has its longest lists cut; `truncated` counts what was left out of each.
 */
export function makeRow(record: AuditRecord, head: ChainHead): ChainedRow {
  const seq = head.seq + 1;
  const clean = redact(record as unknown as Json) as MutableRecord;
  const body = fit({ ...clean, seq, prev: head.hash });
  const hash = hashLine(body);
  return { line: `${body.slice(0, -1)},"hash":"${hash}"}`, head: { seq, hash } };
}

/** Hex sha256 of a row's text before its hash was added. */
export function hashLine(body: string): string {
  return bytesToHex(sha256(utf8ToBytes(body)));
}

type MutableRecord = { [key: string]: Json };

/** Room for the hash member. */
const HASH_MEMBER_BYTES = 80;

function fit(row: MutableRecord): string {
  const truncated: { [list: string]: number } = {};
  for (;;) {
    const left = Object.keys(truncated).length === 0 ? row : { ...row, truncated };
    const text = canonicalJson(left);
    if (utf8Length(text) + HASH_MEMBER_BYTES <= MAX_ROW_BYTES) return text;
    const longest = CUTTABLE.map((path) => ({ path, list: listAt(row, path) })).sort(
      (a, b) => canonicalJson(b.list).length - canonicalJson(a.list).length,
    )[0];
    if (longest === undefined || longest.list.length === 0)
      return canonicalJson(withoutDetails(row, truncated));
    const kept = longest.list.slice(0, Math.floor(longest.list.length / 2));
    const name = longest.path.join('.');
    truncated[name] = (truncated[name] ?? 0) + longest.list.length - kept.length;
    setList(row, longest.path, kept);
  }
}

/** The last resort, for a record that is large without its lists: free-form details go, the decision stays. */
function withoutDetails(row: MutableRecord, truncated: { readonly [list: string]: number }): Json {
  const { details: _details, command: _command, ...rest } = row;
  return { ...rest, truncated: { ...truncated, details: 1 } };
}

function listAt(row: MutableRecord, path: readonly string[]): readonly Json[] {
  let at: Json | undefined = row;
  for (const key of path) at = (at as MutableRecord | undefined)?.[key];
  return Array.isArray(at) ? (at as readonly Json[]) : [];
}

function setList(row: MutableRecord, path: readonly string[], list: readonly Json[]): void {
  const [first = '', second] = path;
  row[first] = second === undefined ? list : { ...(row[first] as MutableRecord), [second]: list };
}

/** UTF-8 takes three bytes for a UTF-16 unit at most, so that most rows need not be encoded to be measured. */
function utf8Length(text: string): number {
  const most = text.length * 3;
  return most + HASH_MEMBER_BYTES <= MAX_ROW_BYTES ? most : utf8ToBytes(text).length;
}
