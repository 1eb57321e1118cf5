/** A piece of a text and where it begins, in UTF-16 units from 0. */
export interface TextPart {
  readonly offset: number;
  readonly text: string;
}

/**
 * A YAML text cut in front of each line that begins a document (`---`), which ends whatever stands before it, open quotes and brackets
 * included. A text with directives (`%YAML`) stays whole: they belong to the document behind the line.
 */
export function splitDocuments(text: string): readonly TextPart[] {
  if (/(?:^|\n)%/.test(text)) return [{ offset: 0, text }];
  const starts = [0];
  for (const { index } of text.matchAll(/\n---(?=[ \t\r\n]|$)/g)) starts.push(index + 1);
  return starts.map((offset, index) => ({ offset, text: text.slice(offset, starts[index + 1]) }));
}
