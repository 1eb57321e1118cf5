import type { Place } from '../../core/policy/yaml-file.ts';
import type { Manifest } from './manifest.ts';

/** Where a field of an object stands; the place of its nearest parent when it is absent. The path is as findings write it. */
export function placeOfPath(path: string, { document, tokens }: Manifest): Place {
  const parts = [...path.matchAll(/\[("(?:[^"\\]|\\.)*")\]|[^.[\]]+/g)].map(([all, quoted]) =>
    quoted === undefined ? all : readQuoted(quoted),
  );
  const { line, column } = document.placeOf([...tokens, ...parts]);
  return { line, column };
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
