/** A fenced block: its language ('' when none is written), its lines, and the line of the document that its first one is. */
export interface Block {
  readonly language: string;
  readonly line: number;
  readonly lines: readonly string[];
}

export interface Link {
  readonly target: string;
  readonly line: number;
}

/** The fenced blocks of a Markdown text, indented ones (in lists) with their indentation taken off. */
export function readBlocks(text: string): readonly Block[] {
  const blocks: Block[] = [];
  let open: { readonly language: string; readonly line: number; readonly indent: number } | undefined;
  let lines: string[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const [, indent = '', language = ''] = /^(\s*)```(\S*)\s*$/.exec(line) ?? [];
    const isFence = line.trimStart().startsWith('```');
    if (open === undefined) {
      if (isFence) open = { language, line: index + 2, indent: indent.length };
    } else if (isFence) {
      blocks.push({ language: open.language, line: open.line, lines });
      [open, lines] = [undefined, []];
    } else lines.push(line.slice(Math.min(open.indent, line.length)));
  }
  if (open !== undefined) throw new Error(`line ${open.line}: the block is not closed`);
  return blocks;
}

/** The text with its fenced blocks blanked, so that line numbers stay. */
export function proseOf(text: string): string {
  let inside = false;
  return text
    .split('\n')
    .map((line) => {
      const isFence = line.trimStart().startsWith('```');
      const blank = inside || isFence;
      if (isFence) inside = !inside;
      return blank ? '' : line;
    })
    .join('\n');
}

/** The links of the prose. */
export function readLinks(text: string): readonly Link[] {
  return proseOf(text)
    .split('\n')
    .flatMap((line, index) =>
      [...line.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => ({ target, line: index + 1 })),
    );
}

/** The anchors that a viewer makes of the headings: lower case, words joined by `-`, other marks dropped. */
export function anchorsOf(text: string): ReadonlySet<string> {
  const headings = [...proseOf(text).matchAll(/^#{1,6}\s+(.*)$/gm)].map(([, title = '']) => title);
  return new Set(
    headings.map((title) =>
      title
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(/\s/g, '-'),
    ),
  );
}
