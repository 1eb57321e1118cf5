import type { JsonObject } from '../json/json.ts';
import type { LabelSelector } from './label-selector.ts';
import type { CompiledMatch, NamespaceMatch, SubjectMatch } from './match.ts';
import { compileNamePattern } from './name-pattern.ts';
import type { Operation } from './subject.ts';

/** Namespaces as the schema lets them through. */
export interface WrittenNamespaces {
  readonly names?: readonly string[];
  readonly labels?: LabelSelector;
}

/** `match` as the schema lets it through. */
interface WrittenMatch {
  readonly kinds?: readonly string[];
  readonly names?: readonly string[];
  readonly namespaces?: WrittenNamespaces;
  readonly labels?: LabelSelector;
  readonly kubeConfig?: boolean;
  readonly operations?: readonly Operation[];
  readonly subjects?: readonly SubjectMatch[];
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
  const { kinds, kubeConfig, operations, exclude = {} } = match;
  return {
    ...(kinds === undefined ? {} : { kinds: new Set(kinds) }),
    ...common(match),
    ...(kubeConfig === undefined ? {} : { kubeConfig }),
    ...(operations === undefined ? {} : { operations: new Set(operations) }),
    exclude: common(exclude),
  };
}

/** Compiles namespaces that passed the schema. */
export function compileNamespaces({ names: written, labels }: WrittenNamespaces): NamespaceMatch {
  return { ...names(written), ...(labels === undefined ? {} : { labels }) };
}

function common({ names: written, namespaces, labels, subjects }: WrittenMatch): CompiledMatch['exclude'] {
  return {
    ...names(written),
    ...(namespaces === undefined ? {} : { namespaces: compileNamespaces(namespaces) }),
    ...(labels === undefined ? {} : { labels }),
    ...(subjects === undefined ? {} : { subjects }),
  };
}

function names(written: readonly string[] | undefined): Pick<NamespaceMatch, 'names'> {
  return written === undefined ? {} : { names: written.map(compileNamePattern) };
}
