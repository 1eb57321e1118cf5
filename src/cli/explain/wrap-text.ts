/** Columns that a terminal surely has. */
const WIDTH = 100;

/** Paragraphs broken into lines of words, each paragraph by itself; its first line begins with `first`, the others with `next`. */
export function wrapText(text: string, first = '', next: string = first): string {
  return text
    .trim()
    .split(/\n\s*\n/)
    .map((paragraph) => wrapParagraph(paragraph.split(/\s+/), first, next))
    .join('\n\n');
}

function wrapParagraph(words: readonly string[], first: string, next: string): string {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of words) {
    if (!empty && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = next;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line].join('\n');
}
