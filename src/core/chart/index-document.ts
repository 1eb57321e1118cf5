import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';
import { parseJson } from '../json/parse.ts';
import { reduceChartBlock } from './block-reduce.ts';
import { parseBoundedYaml, type YamlBounds } from './bounded-yaml.ts';
import { type ChartIndexEntry, ENTRY_KEYS, readIndexEntries } from './index-entry.ts';
import { type IndexLayout, scanIndex } from './index-scan.ts';
import { decodeUtf8 } from './utf8.ts';

/** The versions of one chart, or why its part of the index cannot be read. */
export type EntriesRead =
  | { readonly ok: true; readonly entries: readonly ChartIndexEntry[] }
  | { readonly ok: false; readonly message: string };

/** An index that was looked over once; each chart is parsed when it is asked for. */
export interface IndexDocument {
  entries(chart: string): EntriesRead;
}

export type IndexOpened =
  | { readonly ok: true; readonly document: IndexDocument }
  | { readonly ok: false; readonly message: string };

/**
 * Bounds of a text that has to be parsed as it stands, because its layout is not canonical. The parser blocks the process:
 * up to a second for this many lexemes, whatever they are.
 */
const WHOLE: YamlBounds = { maxChars: 1024 * 1024, maxDepth: 32, maxNodes: 200_000, maxLexemes: 400_000 };

/**
 * Bounds of one chart's reduced block. A version takes some 310 characters and 60 lexemes, and 6,000 versions 0.7 s; the
 * largest public charts have some 1,500.
 */
const REDUCED: YamlBounds = {
  maxChars: 2 * 1024 * 1024,
  maxDepth: 8,
  maxNodes: 200_000,
  maxLexemes: 400_000,
};

const OPEN_BRACE = 0x7b;

/**
 * Opens an index.yaml, or the same as JSON, as Flux's index loader accepts it: not empty, with an `apiVersion`.
 * The bytes are kept and must not change afterwards.
 */
export function openIndex(bytes: Uint8Array): IndexOpened {
  if (bytes.length === 0) return { ok: false, message: 'empty index.yaml file' };
  const layout = scanIndex(bytes);
  if (layout !== undefined) return openLayout(bytes, layout);
  const whole = parseWhole(bytes);
  if (!whole.ok) return whole;
  const charts = isJsonObject(whole.value['entries']) ? whole.value['entries'] : {};
  // What the parser built is dropped here: only short rows are kept.
  const rows = new Map(Object.keys(charts).map((chart) => [chart, readIndexEntries(charts[chart])]));
  return {
    ok: true,
    document: { entries: (chart) => ({ ok: true, entries: rows.get(chart) ?? [] }) },
  };
}

function openLayout(bytes: Uint8Array, layout: IndexLayout): IndexOpened {
  if (layout.apiVersion === undefined) return { ok: false, message: 'no API version specified' };
  return {
    ok: true,
    document: {
      entries(chart) {
        const block = layout.blocks.get(chart);
        if (block === undefined) return { ok: true, entries: [] };
        const reduced = reduceChartBlock(bytes, block, ENTRY_KEYS);
        if (reduced === '') return { ok: true, entries: [] };
        const text = reduced ?? decodeUtf8(bytes.subarray(block.start, block.end));
        if (text === undefined) return { ok: false, message: `chart ${chart}: not UTF-8` };
        const parsed = parseBoundedYaml(text, reduced === undefined ? WHOLE : REDUCED);
        if (!parsed.ok) return { ok: false, message: `chart ${chart}: ${parsed.message}` };
        if (reduced !== undefined) return { ok: true, entries: readIndexEntries(parsed.value) };
        return { ok: true, entries: isJsonObject(parsed.value) ? readIndexEntries(parsed.value[chart]) : [] };
      },
    },
  };
}

type WholeRead =
  | { readonly ok: true; readonly value: JsonObject }
  | { readonly ok: false; readonly message: string };

function parseWhole(bytes: Uint8Array): WholeRead {
  const text = decodeUtf8(bytes);
  if (text === undefined) return { ok: false, message: 'not UTF-8' };
  const json = startsWithBrace(bytes) ? parseJson(text) : undefined;
  if (json?.ok === true) return checkWhole(json.value);
  const parsed = parseBoundedYaml(text, WHOLE);
  if (parsed.ok) return checkWhole(parsed.value);
  return {
    ok: false,
    message: `${parsed.message} (read as a whole, because its layout is not the one that \`helm repo index\` writes)`,
  };
}

function checkWhole(value: Json): WholeRead {
  if (!isJsonObject(value)) return { ok: false, message: 'not a map of apiVersion and entries' };
  const version = value['apiVersion'];
  if (version === undefined || version === null || version === '') {
    return { ok: false, message: 'no API version specified' };
  }
  return { ok: true, value };
}

function startsWithBrace(bytes: Uint8Array): boolean {
  let at = 0;
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at += 1;
  return bytes[at] === OPEN_BRACE;
}
