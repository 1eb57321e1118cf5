import { endsLine, findLineEnd, isSilent, readBlockKey, skipSpaces, startsItem } from './block-key.ts';

/** Where one chart's block lies in the bytes of an index: from the line of its key to the line of the next one. */
export interface ChartBlock {
  readonly start: number;
  readonly end: number;
}

/** The places in a canonical index.yaml that matter for looking up a chart. */
export interface IndexLayout {
  /** Text of the top-level `apiVersion`, undefined when there is none. */
  readonly apiVersion: string | undefined;
  readonly blocks: ReadonlyMap<string, ChartBlock>;
}

/** Public indexes hold up to a few thousand charts; the map of 100,000 names takes some 15 MB. */
const MAX_CHARTS = 100_000;

const RETURN = 0x0d;
const NEWLINE = 0x0a;

/**
 * Finds the block of each chart by one linear look at the lines: no node is built, so that 33 MB take some tens of milliseconds.
 *
 * It decides by indentation alone, which in YAML ends every multi-line scalar and flow collection. Undefined when
 * the layout is not the canonical one: a flow map at the root or under `entries`, anchors, tags or escapes in keys, several
 * documents, keys that occur twice, odd indentation. The blocks themselves are not looked into.
 */
export function scanIndex(bytes: Uint8Array): IndexLayout | undefined {
  if (hasLoneReturn(bytes)) return undefined;
  const scan = new IndexScan(bytes);
  return scan.run();
}

class IndexScan {
  readonly #bytes: Uint8Array;
  readonly #blocks = new Map<string, ChartBlock>();
  readonly #topKeys = new Set<string>();
  #apiVersion: string | undefined;
  #inEntries = false;
  #childIndent: number | undefined;
  #chart: { readonly name: string; readonly start: number } | undefined;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  run(): IndexLayout | undefined {
    const bytes = this.#bytes;
    let start = startsWithBom(bytes) ? 3 : 0;
    while (start < bytes.length) {
      const end = findLineEnd(bytes, start, bytes.length);
      const text = skipSpaces(bytes, start, end);
      if (!this.#skippable(start, text, end) && !this.#readLine(start, text, end)) return undefined;
      start = end + 1;
    }
    this.#closeChart(bytes.length);
    return this.#blocks.size > MAX_CHARTS
      ? undefined
      : { apiVersion: this.#apiVersion, blocks: this.#blocks };
  }

  /** Blank lines, comments, and whatever lies deeper than the keys looked for. */
  #skippable(start: number, text: number, end: number): boolean {
    // Before the first key nothing says what the root is: a flow map that is indented may hold lines that look like keys.
    const root = this.#topKeys.size === 0 ? undefined : 0;
    const deeperThan = this.#inEntries ? this.#childIndent : root;
    return (deeperThan !== undefined && text - start > deeperThan) || isSilent(this.#bytes, text, end);
  }

  #readLine(start: number, text: number, end: number): boolean {
    const indent = text - start;
    if (indent === 0) return this.#readTopLine(start, end);
    if (!this.#inEntries) return false;
    this.#childIndent ??= indent;
    if (indent !== this.#childIndent) return false;
    if (startsItem(this.#bytes, text, end)) return this.#chart !== undefined;
    const found = readBlockKey(this.#bytes, text, end);
    this.#closeChart(start);
    if (found === undefined || this.#blocks.has(found.key)) return false;
    this.#chart = { name: found.key, start };
    return true;
  }

  #readTopLine(start: number, end: number): boolean {
    if (startsItem(this.#bytes, start, end)) return this.#topKeys.size > 0 && !this.#inEntries;
    if (this.#topKeys.size === 0 && isDocumentStart(this.#bytes, start, end)) return true;
    const found = readBlockKey(this.#bytes, start, end);
    if (found === undefined || this.#topKeys.has(found.key)) return false;
    this.#closeChart(start);
    this.#topKeys.add(found.key);
    this.#inEntries = found.key === 'entries';
    this.#childIndent = undefined;
    if (found.key === 'entries') return this.#openEntries(found.valueFrom, end);
    if (found.key === 'apiVersion') {
      const value = readSimpleValue(decode(this.#bytes, found.valueFrom, end));
      if (value === undefined) return false;
      this.#apiVersion = value;
    }
    return true;
  }

  #openEntries(valueFrom: number, end: number): boolean {
    if (endsLine(this.#bytes, valueFrom, end)) return true;
    this.#inEntries = false;
    return /^\s+\{\s*\}\s*(?:\s#[^\n]*)?$/.test(decode(this.#bytes, valueFrom, end));
  }

  #closeChart(end: number): void {
    if (this.#chart !== undefined) this.#blocks.set(this.#chart.name, { start: this.#chart.start, end });
    this.#chart = undefined;
  }
}

/** A one-line plain or quoted value without escapes; undefined for anything that needs a parser. */
function readSimpleValue(text: string): string | undefined {
  const match = /^\s+(?:([A-Za-z0-9][\w./+-]*)|"([^"\\]+)"|'([^']+)')\s*(?:\s#[^\n]*)?$/.exec(text);
  return match?.[1] ?? match?.[2] ?? match?.[3];
}

function isDocumentStart(bytes: Uint8Array, start: number, end: number): boolean {
  return /^---\s*(?:\s#[^\n]*)?$/.test(decode(bytes, start, Math.min(end, start + 256)));
}

function startsWithBom(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

/** A carriage return alone is a line break to YAML, but not to this scan. */
function hasLoneReturn(bytes: Uint8Array): boolean {
  for (let at = bytes.indexOf(RETURN); at !== -1; at = bytes.indexOf(RETURN, at + 1)) {
    if (bytes[at + 1] !== NEWLINE) return true;
  }
  return false;
}

function decode(bytes: Uint8Array, start: number, end: number): string {
  return new TextDecoder().decode(bytes.subarray(start, end));
}
