import { canonicalJson } from '../json/canonical.ts';
import { isJsonObject } from '../json/json.ts';
import { parseJson } from '../json/parse.ts';
import { CHAIN_START, type ChainHead, hashLine } from './row.ts';

/** Why a chain is broken at a row. */
export type ChainFault =
  /** The line is no JSON object, or has no hash at its end. */
  | 'NotARow'
  /** The line is not the canonical text of its own contents. */
  | 'NotCanonical'
  /** The hash does not match: the row was changed. */
  | 'HashMismatch'
  /** The row before this one was removed, exchanged or changed together with its hash. */
  | 'PrevMismatch'
  /** The sequence number does not follow: rows are missing or were added. */
  | 'SeqMismatch';

export interface ChainBreak {
  /** Line in the file, from 1. */
  readonly line: number;
  /** Sequence number that the row should have. */
  readonly expectedSeq: number;
  readonly fault: ChainFault;
  /** One line without the row's contents. */
  readonly message: string;
}

/** What was read so far; `broken` stays the first fault found. */
export interface ChainState {
  readonly lines: number;
  readonly head: ChainHead;
  readonly broken?: ChainBreak;
}

/** Before the first line; a log that continues another file starts from that one's last head. */
export function startChain(head: ChainHead = CHAIN_START): ChainState {
  return { lines: 0, head };
}

const HASH_MEMBER = /,"hash":"([0-9a-f]{64})"\}$/;

/** Reads one more line (without its newline). After the first fault the state only counts. */
export function chainStep(state: ChainState, line: string): ChainState {
  const lines = state.lines + 1;
  if (state.broken !== undefined) return { ...state, lines };
  const expectedSeq = state.head.seq + 1;
  const broken = (fault: ChainFault, message: string): ChainState => ({
    ...state,
    lines,
    broken: { line: lines, expectedSeq, fault, message },
  });

  const row = splitRow(line);
  if (row === undefined) return broken('NotARow', 'the line does not end with the hash of a row');
  const { hash, body } = row;
  if (hashLine(body) !== hash) {
    return broken(
      'HashMismatch',
      `the row was changed: it does not have the hash ${hash.slice(0, 12)}... it states`,
    );
  }
  const parsed = parseJson(body);
  if (!parsed.ok || !isJsonObject(parsed.value)) return broken('NotARow', 'the line is not a JSON object');
  if (canonicalJson(parsed.value) !== body) {
    return broken('NotCanonical', 'the line is not the canonical text of its contents');
  }
  if (parsed.value['seq'] !== expectedSeq) {
    return broken(
      'SeqMismatch',
      `the row should be number ${expectedSeq}: rows are missing, doubled or moved`,
    );
  }
  if (parsed.value['prev'] !== state.head.hash) {
    return broken(
      'PrevMismatch',
      `the row follows another one than row ${state.head.seq} that stands before it`,
    );
  }
  return { lines, head: { seq: expectedSeq, hash } };
}

/** Verifies a whole chain: the state after its last line. */
export function verifyChain(lines: Iterable<string>, head: ChainHead = CHAIN_START): ChainState {
  let state = startChain(head);
  for (const line of lines) state = chainStep(state, line);
  return state;
}

/** The head that a row leaves behind when it is sound by itself; undefined otherwise. */
export function headOfRow(line: string): ChainHead | undefined {
  const { hash, body } = splitRow(line) ?? {};
  if (hash === undefined || body === undefined || hashLine(body) !== hash) return undefined;
  const parsed = parseJson(body);
  const seq = parsed.ok && isJsonObject(parsed.value) ? parsed.value['seq'] : undefined;
  return typeof seq === 'number' && Number.isSafeInteger(seq) && seq > 0 ? { seq, hash } : undefined;
}

/** A line's hash, and the text that it covers. */
function splitRow(line: string): { readonly hash: string; readonly body: string } | undefined {
  const match = HASH_MEMBER.exec(line);
  const hash = match?.[1];
  return match === null || hash === undefined ? undefined : { hash, body: `${line.slice(0, match.index)}}` };
}
