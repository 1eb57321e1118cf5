import { isAlias, isMap, isNode, isPair, isScalar, isSeq, type Node, Scalar, visit } from 'yaml';
import { resolveGoYamlScalar } from '../json/go-yaml-resolve.ts';
import type { Json } from '../json/json.ts';
import type { LineIndex } from './line-index.ts';
import type { Place, YamlDocument, YamlSource } from './yaml-file.ts';
import { keyText } from './yaml-key.ts';

/** What a document holds. */
export interface DocumentContent {
  readonly value: Json;
  /** Where its root begins, in the part of the text that it was read from. */
  readonly start: number;
  readonly root: () => Node | null;
}

/** A document that tells the places of its values; its part of the text begins at `offset`. */
export function yamlDocument(
  source: YamlSource,
  { value, start, root }: DocumentContent,
  offset: number,
  lines: LineIndex,
): YamlDocument {
  return {
    source,
    value,
    placeOf(tokens, at = 'value'): Place {
      const found = tokens.length === 0 ? start : offsetOf(root(), tokens, at);
      return lines.placeOf(offset + found);
    },
    readAlsoAs() {
      const found: { place: Place; written: string; meaning: string }[] = [];
      visit(root(), {
        Scalar(_key, { type, source: written = '', value: read, range }) {
          if (type !== Scalar.PLAIN) return;
          const other = resolveGoYamlScalar(written).value;
          if (typeof read !== 'string' || read === other) return;
          found.push({ place: lines.placeOf(offset + (range?.[0] ?? 0)), written, meaning: String(other) });
        },
      });
      return found;
    },
    writtenAt(tokens): string | undefined {
      const node = tokens.reduce<Node | null>((at, token) => childOf(at, token)?.value ?? null, root());
      return isScalar(node) && node.type === Scalar.PLAIN ? node.source : undefined;
    },
  };
}

/** Where the value at the tokens begins, or its key. What is absent is placed at the key of its parent, if that is a block mapping. */
function offsetOf(root: Node | null, tokens: readonly string[], at: 'value' | 'key'): number {
  let node = root;
  let start = startOf(root);
  let blockKey: number | undefined;
  for (const [index, token] of tokens.entries()) {
    const child = childOf(node, token);
    if (child === undefined) return blockKey ?? start;
    const { keyStart, value } = child;
    const last = index === tokens.length - 1;
    start = (last && at === 'key') || value === null ? keyStart : startOf(value);
    blockKey = isMap(node) && isMap(value) && value.flow !== true ? keyStart : undefined;
    node = value;
  }
  return start;
}

function childOf(
  node: Node | null,
  token: string,
): { readonly keyStart: number; readonly value: Node | null } | undefined {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && keyText(key.value) === token);
    if (pair === undefined || !isPair(pair) || !isNode(pair.key)) return undefined;
    return { keyStart: startOf(pair.key), value: isNode(pair.value) ? pair.value : null };
  }
  if (isAlias(node)) return undefined;
  const item = isSeq(node) ? node.items[Number(token)] : undefined;
  return isNode(item) ? { keyStart: startOf(item), value: item } : undefined;
}

function startOf(node: Node | null): number {
  return node?.range?.[0] ?? 0;
}
