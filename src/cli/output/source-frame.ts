import { frameOf } from '../../core/policy/located-error.ts';
import { maskSecrets } from './mask-secrets.ts';

interface Source {
  readonly file: string;
  readonly text: string;
}

/** Where each line of a text begins; a run asks again and again for the lines of few files. */
const lineStarts = new WeakMap<Source, readonly number[]>();

/**
 * The line at a place with a caret below, without the secrets in it. Lines and columns count from 1. With `hide` nothing is shown from
 * the place on, for findings that are about a secret.
 */
export function sourceFrame(
  source: Source,
  place: { readonly line: number; readonly column: number },
  value: 'show' | 'hide' = 'show',
): string {
  const starts = lineStarts.get(source) ?? startsOf(source.text);
  lineStarts.set(source, starts);
  const start = starts[place.line - 1] ?? source.text.length;
  const line = source.text.slice(start, starts[place.line] ?? source.text.length).replace(/\r?\n$/, '');
  const hidden = Math.max(0, line.length - place.column + 1);
  const shown = value === 'show' ? line : line.slice(0, place.column - 1) + '*'.repeat(hidden);
  return frameOf('\n'.repeat(place.line - 1) + maskSecrets(shown), place);
}

function startsOf(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}
