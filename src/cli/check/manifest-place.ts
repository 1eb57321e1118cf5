import type { Finding } from '../../core/policy/decision.ts';
import type { Place } from '../../core/policy/yaml-file.ts';
import type { Manifest } from './manifest.ts';

/** Where a field of an object stands; the place of its nearest parent when it is absent. The path is as findings write it. */
export function placeOfPath(path: string, { document, tokens }: Manifest): Place {
  const { line, column } = document.placeOf([...tokens, ...tokensOfPath(path)]);
  return { line, column };
}

/** Where what a finding is about stands: its key, where the field itself is what is wrong. */
export function placeOfFinding(
  { path, reason }: Pick<Finding, 'path' | 'reason'>,
  { document, tokens }: Manifest,
): Place {
  const part = reason === 'UnknownField' ? 'key' : 'value';
  const { line, column } = document.placeOf([...tokens, ...tokensOfPath(path)], part);
  return { line, column };
}

/** The tokens of a path as findings write it. */
export function tokensOfPath(path: string): readonly string[] {
  return [...path.matchAll(/\[("(?:[^"\\]|\\.)*")\]|[^.[\]]+/g)].map(([all, quoted]) =>
    quoted === undefined ? all : readQuoted(quoted),
  );
}

/** `HelmRelease team/flagger` */
export function nameOf({ kind, namespace, name }: Manifest): string {
  return `${kind} ${namespace}/${name}`;
}

function readQuoted(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
}
