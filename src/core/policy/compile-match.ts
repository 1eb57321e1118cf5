import type { JsonObject } from '../json/json.ts';
import type { LabelSelector } from './label-selector.ts';
import type { CompiledMatch, NamespaceMatch, SubjectMatch } from './match.ts';
import { compileNamePattern } from './name-pattern.ts';

interface WrittenNamespaces {
  readonly names?: readonly string[];
  readonly labels?: LabelSelector;
}

/** `spec.match` as the schema lets it through. */
interface WrittenMatch {
  readonly kinds?: readonly string[];
  readonly names?: readonly string[];
  readonly namespaces?: WrittenNamespaces;
  readonly labels?: LabelSelector;
  readonly exclude?: {
    readonly names?: readonly string[];
    readonly namespaces?: WrittenNamespaces;
    readonly labels?: LabelSelector;
    readonly subjects?: readonly SubjectMatch[];
  };
}

/** Compiles a match that passed the schema; an absent one matches everything. */
export function compileMatch(written: JsonObject | undefined): CompiledMatch {
  const match = (written ?? {}) as WrittenMatch;
  const exclude = match.exclude ?? {};
  return {
    ...(match.kinds === undefined ? {} : { kinds: new Set(match.kinds) }),
    ...names(match.names),
    ...namespaces(match.namespaces),
    ...(match.labels === undefined ? {} : { labels: match.labels }),
    exclude: {
      ...names(exclude.names),
      ...namespaces(exclude.namespaces),
      ...(exclude.labels === undefined ? {} : { labels: exclude.labels }),
      ...(exclude.subjects === undefined ? {} : { subjects: exclude.subjects }),
    },
  };
}

function names(written: readonly string[] | undefined): Pick<NamespaceMatch, 'names'> {
  return written === undefined ? {} : { names: written.map(compileNamePattern) };
}

function namespaces(written: WrittenNamespaces | undefined): { readonly namespaces?: NamespaceMatch } {
  if (written === undefined) return {};
  return {
    namespaces: {
      ...names(written.names),
      ...(written.labels === undefined ? {} : { labels: written.labels }),
    },
  };
}
