/** From two values of a node to the edits of its text: only what differs is touched. */
import { isMap, isSeq, type Node, type YAMLMap, type YAMLSeq } from 'yaml';
import { isEqualJson } from '../json/equal.ts';
import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';
import { assertOwn, type Draft, indexOfKey, pairsOf } from './draft.ts';
import { editBlockMap, editBlockSeq } from './edit-block.ts';
import { editFlow, replaceFlow } from './edit-flow.ts';
import { EditRefusal } from './edit-refusal.ts';
import { nodeOf, replaceValue, type Slot } from './replace-value.ts';

/** Plans the edits that make a node, whose value is `from`, have the value `to`. The slot is where the node stands; a document's root has none. */
export function planChange(
  draft: Draft,
  node: Node | null,
  slot: Slot | undefined,
  from: Json,
  to: Json,
): void {
  if (isEqualJson(from, to)) return;
  assertOwn(draft, node);
  if (isMap(node) && isJsonObject(from) && isJsonObject(to)) planMap(draft, node, slot, from, to);
  else if (isSeq(node) && isList(from) && isList(to)) planSeq(draft, node, slot, from, to);
  else replaceAt(draft, node, slot, to);
}

function planMap(
  draft: Draft,
  map: YAMLMap,
  slot: Slot | undefined,
  before: JsonObject,
  after: JsonObject,
): void {
  let [from, to] = [before, after];
  for (const planner of draft.planners) {
    const rest = planner(draft, map, from, to);
    if (rest !== undefined) [from, to] = [rest.from, rest.to];
  }
  const removed = new Set<number>();
  for (const key of Object.keys(from)) {
    const index = indexOfKey(map, key);
    const pair = pairsOf(map)[index];
    const [was, is] = [from[key], Object.hasOwn(to, key) ? to[key] : undefined];
    if (pair === undefined || was === undefined) continue;
    if (is === undefined) removed.add(index);
    else planChange(draft, pair.value, { map, pair }, was, is);
  }
  const added = Object.entries(to).filter(
    (entry): entry is [string, Json] => entry[1] !== undefined && !Object.hasOwn(from, entry[0]),
  );
  if (removed.size === 0 && added.length === 0) return;
  if (removed.size === map.items.length) {
    if (map.flow === true) replaceFlow(draft, map, to);
    else replaceAt(draft, map, slot, to);
  } else if (map.flow === true) {
    const members = added.map(([key, value]) => ({ key, value }));
    editFlow(draft, map, removed, map.items.length, members);
  } else editBlockMap(draft, map, removed, added);
}

/** What two lists have in common at both ends stays; of the rest, as many items as both have are changed one by one. */
function planSeq(
  draft: Draft,
  seq: YAMLSeq,
  slot: Slot | undefined,
  from: readonly Json[],
  to: readonly Json[],
): void {
  const [first, last] = commonEnds(from, to);
  const paired = Math.min(from.length, to.length) - first - last;
  const removed = new Set<number>();
  for (let index = first + paired; index < from.length - last; index += 1) removed.add(index);
  const added = to.slice(first + paired, to.length - last);
  if (removed.size === from.length) {
    if (seq.flow === true) replaceFlow(draft, seq, to);
    else replaceAt(draft, seq, slot, to);
    return;
  }
  for (let index = first; index < first + paired; index += 1) {
    const item: Slot = { seq, index };
    planChange(draft, nodeOf(item), item, from[index] ?? null, to[index] ?? null);
  }
  const at = first + paired;
  if (seq.flow === true)
    editFlow(
      draft,
      seq,
      removed,
      at,
      added.map((value) => ({ value })),
    );
  else editBlockSeq(draft, seq, removed, at, added);
}

/** How many items two lists have in common at their beginnings, and behind those at their ends. */
function commonEnds(from: readonly Json[], to: readonly Json[]): readonly [first: number, last: number] {
  const shorter = Math.min(from.length, to.length);
  let first = 0;
  while (first < shorter && isEqualJson(from[first], to[first])) first += 1;
  let last = 0;
  while (last < shorter - first && isEqualJson(from.at(-1 - last), to.at(-1 - last))) last += 1;
  return [first, last];
}

function replaceAt(draft: Draft, node: Node | null, slot: Slot | undefined, to: Json): void {
  if (slot !== undefined) replaceValue(draft, slot, to);
  else {
    const offset = node?.range?.[0] ?? 0;
    throw new EditRefusal(offset, 'the whole document would have to be written anew', 'write it by hand');
  }
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
