import { isAlias, isNode, isScalar, type Node, type Pair, visit, type YAMLMap } from 'yaml';
import type { JsonObject } from '../json/json.ts';
import { keyText } from '../policy/yaml-key.ts';
import type { Comment } from './comments.ts';
import { EditRefusal } from './edit-refusal.ts';
import { lineBreakAt } from './extent.ts';
import type { Layout } from './layout.ts';
import type { Splice } from './splice.ts';

/** A text that is being edited: what is known about it, and the edits so far. */
export interface Draft {
  readonly text: string;
  readonly layout: Layout;
  readonly comments: readonly Comment[];
  /** Anchors that some alias refers to. */
  readonly shared: ReadonlySet<string>;
  readonly splices: Splice[];
  readonly planners: readonly MapPlanner[];
}

/**
 * Plans what it knows to write better than the general way, and returns what is left to do as the mapping before and after;
 * undefined when it has nothing to say.
 */
export type MapPlanner = (
  draft: Draft,
  map: YAMLMap,
  from: JsonObject,
  to: JsonObject,
) => { readonly from: JsonObject; readonly to: JsonObject } | undefined;

/** A pair whose key is a node, which every key of a parsed document is. */
export type NodePair = Pair<Node, Node | null>;

export function pairsOf(map: YAMLMap): readonly NodePair[] {
  return map.items as unknown as readonly NodePair[];
}

/** The index of the pair with a key; -1 when there is none. */
export function indexOfKey(map: YAMLMap, key: string): number {
  return pairsOf(map).findIndex((pair) => isScalar(pair.key) && keyText(pair.key.value) === key);
}

/** Refuses to change a value that stands at several places: an alias, or what an alias refers to. */
export function assertOwn({ shared }: Draft, node: Node | null): void {
  if (isAlias(node))
    throw new EditRefusal(
      node.range?.[0] ?? 0,
      `the alias *${node.source} stands where a change is needed`,
      'write the value out here',
    );
  const anchor = isNode(node) && !isAlias(node) ? node.anchor : undefined;
  if (node !== null && anchor !== undefined && shared.has(anchor))
    throw new EditRefusal(
      node.range?.[0] ?? 0,
      `a change is needed within the anchor &${anchor}, which is used elsewhere too`,
      'write the value out where it is used',
    );
}

/** Refuses to take a node away that holds something which is used elsewhere. */
export function assertRemovable(draft: Draft, node: Node | null): void {
  if (node === null) return;
  visit(node, {
    Node(_key, inner) {
      if (!isAlias(inner)) assertOwn(draft, inner);
    },
  });
}

export function splice({ splices }: Draft, start: number, end: number, text: string): void {
  splices.push({ start, end, text });
}

/** The comments that begin in a stretch of the text. */
export function commentsIn({ comments }: Draft, start: number, end: number): readonly Comment[] {
  return comments.filter(({ offset }) => offset >= start && offset < end);
}

/** Inserts whole lines where a line begins or the text ends; a missing line break at the end of the text stays missing. */
export function insertLines(draft: Draft, at: number, lines: readonly string[]): void {
  const { text } = draft;
  const lineBreak = lineBreakAt(text, at);
  const open = at > 0 && text[at - 1] !== '\n';
  splice(draft, at, at, open ? lineBreak + lines.join(lineBreak) : lines.join(lineBreak) + lineBreak);
}

/** Replaces whole lines; without new ones they go, and a text that had no line break at its end gets none. */
export function replaceLines(draft: Draft, start: number, end: number, lines: readonly string[]): void {
  const { text } = draft;
  const lineBreak = lineBreakAt(text, start);
  const open = end === text.length && !text.endsWith('\n');
  if (!open) splice(draft, start, end, lines.map((line) => line + lineBreak).join(''));
  else if (lines.length > 0) splice(draft, start, end, lines.join(lineBreak));
  else splice(draft, Math.max(0, start - lineBreak.length), end, '');
}

/** Runs of neighbouring indexes, in order. */
export function runsOf(indexes: ReadonlySet<number>): readonly (readonly [first: number, last: number])[] {
  const runs: [number, number][] = [];
  for (const index of [...indexes].sort((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run !== undefined && run[1] === index - 1) run[1] = index;
    else runs.push([index, index]);
  }
  return runs;
}
