import { type ChainState, chainStep, startChain } from '../../core/audit/verify-chain.ts';
import type { ReadLine } from '../../io/auditlog/read-rows.ts';

export interface Verified extends ChainState {
  /** A last line without its newline: it is being written, or a crash tore it; it was not judged. */
  readonly torn: boolean;
}

/** Verifies the chain over the lines of a log. */
export async function verifyLines(lines: AsyncIterable<ReadLine>): Promise<Verified> {
  let state = startChain();
  for await (const { text, complete } of lines) {
    if (!complete) return { ...state, torn: true };
    state = chainStep(state, text);
  }
  return { ...state, torn: false };
}

/** What a chain cannot show by itself; said with each good result, so that nobody takes it for more. */
export const UNPROTECTED =
  'A chain shows changed, added and missing rows, not a cut-off end or a log recomputed from the start: compare the last hash with one kept elsewhere.';

export function verifiedText(path: string, { lines, head, broken, torn }: Verified): string {
  if (broken !== undefined) {
    return `${path}: BROKEN at line ${broken.line}, row ${broken.expectedSeq}: ${broken.message} (${broken.fault})`;
  }
  const tail = torn
    ? '\nThe last line is incomplete: it is being written, or a crash tore it. It was not judged.'
    : '';
  return `${path}: ${lines} rows, the chain is whole. Last row ${head.seq}, hash ${head.hash}${tail}\n${UNPROTECTED}`;
}

export function verifiedJson(path: string, { lines, head, broken, torn }: Verified): object {
  return {
    file: path,
    ok: broken === undefined,
    lines,
    head,
    torn,
    ...(broken === undefined ? {} : { broken }),
  };
}
