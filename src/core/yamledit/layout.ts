import { type Document, isMap, isPair, isScalar, isSeq, type Node, visit, type YAMLMap } from 'yaml';
import { parseJson } from '../json/parse.ts';
import { columnOf, dashOf } from './extent.ts';

/** How an author lays out a file, for text that is to look like the rest. */
export interface Layout {
  /** Columns by which a block mapping stands below its key. */
  readonly step: number;
  /** Columns by which the dash of a list stands below its key: 0 or more. */
  readonly itemOffset: number;
  /** The quotes that are used where some are needed. */
  readonly quote: '"' | "'";
  /** The file is JSON: keys and texts are quoted. */
  readonly json: boolean;
  /** What one level is indented by in JSON over several lines; undefined for JSON on one line, and for YAML. */
  readonly jsonIndent?: string;
  /** JSON without a blank behind its colons and commas. */
  readonly jsonTight?: boolean;
}

const DEFAULT_STEP = 2;

/** Finds out how the documents of a text are laid out; what is not to be seen is two spaces and double quotes. */
export function layoutOf(text: string, documents: readonly Document.Parsed[]): Layout {
  const steps = new Map<number, number>();
  const offsets = new Map<number, number>();
  const quotes = new Map<'"' | "'", number>();
  for (const document of documents) {
    visit(document as Document, {
      Map(_key, node) {
        for (const [step, isList] of stepsOf(text, node)) count(isList ? offsets : steps, step);
      },
      Scalar(_key, { type }) {
        if (type === 'QUOTE_SINGLE') count(quotes, "'");
        if (type === 'QUOTE_DOUBLE') count(quotes, '"');
      },
    });
  }
  const json = parseJson(text).ok;
  const jsonIndent = json ? /^\s*[{[][ \t]*\r?\n([ \t]+)/.exec(text)?.[1] : undefined;
  return {
    step: mostCommon(steps) ?? DEFAULT_STEP,
    itemOffset: mostCommon(offsets) ?? DEFAULT_STEP,
    quote: mostCommon(quotes) ?? '"',
    json,
    ...(json && !/[:,]\s/.test(text) ? { jsonTight: true } : {}),
    ...(jsonIndent === undefined ? {} : { jsonIndent }),
  };
}

/** By how much the block collections in a block mapping stand below their keys. */
export function stepsOf(text: string, map: YAMLMap): readonly (readonly [step: number, isList: boolean])[] {
  const indent = indentOf(map);
  if (indent === undefined) return [];
  return map.items.flatMap((pair): (readonly [number, boolean])[] => {
    const value = isPair(pair) ? (pair.value as Node | null) : null;
    const own = isMap(value) ? indentOf(value) : undefined;
    if (own !== undefined) return [[own - indent, false]];
    const dash = isSeq(value) ? dashOf(value, 0) : undefined;
    return dash === undefined ? [] : [[columnOf(text, dash) - indent, true]];
  });
}

/** The column of the keys of a block mapping; undefined for flow mappings. */
export function indentOf(map: YAMLMap): number | undefined {
  return map.srcToken?.type === 'block-map' ? map.srcToken.indent : undefined;
}

/** How texts are quoted where a scalar stands. */
export function styleOfScalar(
  node: Node | null | undefined,
): 'PLAIN' | 'QUOTE_SINGLE' | 'QUOTE_DOUBLE' | undefined {
  const type = isScalar(node) ? node.type : undefined;
  return type === 'PLAIN' || type === 'QUOTE_SINGLE' || type === 'QUOTE_DOUBLE' ? type : undefined;
}

function count<T>(counts: Map<T, number>, value: T): void {
  counts.set(value, (counts.get(value) ?? 0) + 1);
}

function mostCommon<T>(counts: ReadonlyMap<T, number>): T | undefined {
  let best: T | undefined;
  for (const [value, times] of counts) {
    if (best === undefined || times > (counts.get(best) ?? 0)) best = value;
  }
  return best;
}
