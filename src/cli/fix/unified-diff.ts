import { type Span, secretSpans } from '../../core/yamledit/secret-spans.ts';
import { maskSecrets } from '../output/mask-secrets.ts';
import { diffLines, type LineChange } from './line-diff.ts';

/** Lines shown around each change, as `diff -u` does. */
const CONTEXT = 3;

const UNPRINTABLE =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** The change of one file as `diff -u` prints it, with `*` in the place of secrets. */
export function unifiedDiff(file: string, before: string, after: string): string {
  const [old, now] = [linesOf(before), linesOf(after)];
  const [shownOld, shownNow] = [maskedLines(before), maskedLines(after)];
  const hunks = groupChanges(diffLines(old, now));
  const name = file.startsWith('/') ? ['', ''] : ['a/', 'b/'];
  const out = [`--- ${name[0]}${file}`, `+++ ${name[1]}${file}`];
  for (const hunk of hunks) {
    const first = hunk[0];
    const last = hunk.at(-1);
    if (first === undefined || last === undefined) continue;
    const lead = Math.min(CONTEXT, first.before, first.after);
    const tail = Math.min(CONTEXT, old.length - last.before - last.removed);
    const counts = [
      last.before + last.removed + tail - (first.before - lead),
      last.after + last.added + tail - (first.after - lead),
    ] as const;
    const starts = [first.before - lead, first.after - lead] as const;
    out.push(`@@ -${range(starts[0], counts[0])} +${range(starts[1], counts[1])} @@`);
    let at = starts[0];
    for (const change of hunk) {
      for (; at < change.before; at += 1) out.push(...shown(' ', shownOld, old, at));
      for (; at < change.before + change.removed; at += 1) out.push(...shown('-', shownOld, old, at));
      for (let line = change.after; line < change.after + change.added; line += 1)
        out.push(...shown('+', shownNow, now, line));
    }
    for (const end = at + tail; at < end; at += 1) out.push(...shown(' ', shownOld, old, at));
  }
  return `${out.join('\n')}\n`;
}

/** Changes whose contexts touch are shown together. */
function groupChanges(changes: readonly LineChange[]): readonly (readonly LineChange[])[] {
  const groups: LineChange[][] = [];
  for (const change of changes) {
    const group = groups.at(-1);
    const last = group?.at(-1);
    if (
      group !== undefined &&
      last !== undefined &&
      change.before - last.before - last.removed <= 2 * CONTEXT
    )
      group.push(change);
    else groups.push([change]);
  }
  return groups;
}

/** A line without a line break is told apart, as the last one of a file that ends without. */
function linesOf(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function maskedLines(text: string): readonly string[] {
  return linesOf(masked(text, secretSpans(text))).map((line) =>
    maskSecrets(line.replace(/\n$/, '')).replaceAll(UNPRINTABLE, '\ufffd'),
  );
}

function masked(text: string, spans: readonly Span[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const [start, end] of spans.toSorted((a, b) => a[0] - b[0])) {
    if (start < at) continue;
    parts.push(text.slice(at, start), text.slice(start, end).replaceAll(/[^\n\r]/g, '*'));
    at = end;
  }
  return parts.join('') + text.slice(at);
}

function shown(
  mark: string,
  lines: readonly string[],
  raw: readonly string[],
  index: number,
): readonly string[] {
  const line = `${mark}${lines[index] ?? ''}`;
  return raw[index]?.endsWith('\n') === true ? [line] : [line, '\\ No newline at end of file'];
}

function range(start: number, count: number): string {
  return count === 1 ? String(start + 1) : `${count === 0 ? start : start + 1},${count}`;
}
