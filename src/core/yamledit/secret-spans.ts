import { isMap, isPair, isScalar, type Node, parseAllDocuments, visit } from 'yaml';
import { namesSecret } from '../audit/redact.ts';

/** From a start up to an end, which is not part of it, in UTF-16 units. */
export type Span = readonly [start: number, end: number];

/**
 * Where the secrets of a YAML text stand: the data of a Secret, and whatever lies below a key that names one. For text that is shown
 * to people; a text that cannot be parsed is one span.
 */
export function secretSpans(text: string): readonly Span[] {
  const parsed = parseAllDocuments(text, { prettyErrors: false, logLevel: 'silent', merge: false });
  const documents = Array.isArray(parsed) ? parsed : [];
  const spans: Span[] = [];
  for (const document of documents) {
    if (document.errors.length > 0) return [[0, text.length]];
    visit(document, {
      Pair(_key, pair, path) {
        const name = isScalar(pair.key) ? String(pair.key.value) : '';
        const data = (name === 'data' || name === 'stringData') && isSecretObject(path.at(-1));
        if (data || namesSecret(name)) spans.push(...scalarsIn(pair.value as Node | null));
      },
    });
  }
  return spans;
}

function isSecretObject(parent: unknown): boolean {
  return isMap(parent) && parent.get('kind') === 'Secret';
}

function scalarsIn(node: Node | null): readonly Span[] {
  if (node === null) return [];
  const spans: Span[] = [];
  visit(node, {
    Scalar(key, { range, value }, path) {
      const isKey = key === 'key' && isPair(path.at(-1));
      const plain = value === null || typeof value === 'boolean';
      if (range !== undefined && range !== null && !isKey && !plain) spans.push([range[0], range[1]]);
    },
  });
  return spans;
}
