/** A list of namespaces that a reference or a release may lead to. */
import { compileNamePattern, matchesName, type NamePattern } from './name-pattern.ts';

/** Stands in a list for the namespace of the object itself, and for no namespace of that name. */
export const OWN_NAMESPACE = 'own';

export interface AllowedNamespaces {
  readonly own: boolean;
  readonly names: readonly NamePattern[];
}

/** Compiles a list of names, patterns and `own`; an empty one allows nothing. */
export function compileAllowedNamespaces(written: readonly string[]): AllowedNamespaces {
  return {
    own: written.includes(OWN_NAMESPACE),
    names: written.filter((text) => text !== OWN_NAMESPACE).map(compileNamePattern),
  };
}

/** Whether an object in namespace `own` may lead to `namespace`. */
export function allowsNamespace(allowed: AllowedNamespaces, namespace: string, own: string): boolean {
  if (allowed.own && namespace === own) return true;
  return allowed.names.some((pattern) => matchesName(pattern, namespace));
}

/** The list for people: `team (its own), shared-*`. */
export function formatAllowedNamespaces({ own, names }: AllowedNamespaces, ownNamespace: string): string {
  return [...(own ? [`${ownNamespace} (its own)`] : []), ...names.map(({ text }) => text)].join(', ');
}

/** Proposals for one field: three are as many as people compare. */
const MAX_PROPOSALS = 3;

/** Namespaces that the list names in full, to be proposed. */
export function fullNames({ names }: AllowedNamespaces): readonly string[] {
  const whole = names.filter(({ parts }) => parts.length === 1).map(({ text }) => text);
  return whole.slice(0, MAX_PROPOSALS);
}
