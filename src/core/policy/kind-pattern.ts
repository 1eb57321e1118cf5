import type { JsonObject } from '../json/json.ts';
import { didYouMean } from './did-you-mean.ts';
import { builtInKindsNamed, builtInScope, type GroupKind, isBuiltInGroup } from './object-kind.ts';
import type { RuleContext } from './rule-definition.ts';

/** Kinds of a list: exact ones, and whole groups. */
export interface KindSet {
  readonly kinds: ReadonlySet<GroupKind>;
  readonly groups: ReadonlySet<string>;
  /** As written, for people. */
  readonly text: string;
}

/** JSON Schema of a list of kinds. */
export const KINDS_SCHEMA: JsonObject = {
  type: 'array',
  maxItems: 500,
  items: {
    type: 'string',
    maxLength: 317,
    pattern: '^(\\*\\.[a-z0-9.-]+|[A-Z][A-Za-z0-9]*(\\.[a-z0-9.-]+)?)$',
    description: 'Deployment.apps, *.cert-manager.io, or Secret for a kind of the core group.',
  },
};

/**
 * Compiles a list of kinds that fits the schema. A kind without a group is one of the core group; `Deployment` is an error that proposes
 * `Deployment.apps`.
 */
export function compileKinds(
  written: readonly string[],
  at: readonly string[],
  context: RuleContext,
): KindSet | undefined {
  const known = written.filter((text, index) => isKnown(text, [...at, String(index)], context));
  if (known.length < written.length) return undefined;
  return {
    kinds: new Set(written.filter((text) => !text.startsWith('*.'))),
    groups: new Set(written.filter((text) => text.startsWith('*.')).map((text) => text.slice(2))),
    text: written.length === 0 ? 'none' : written.join(', '),
  };
}

/** Whether a kind is in the list. */
export function hasKind({ kinds, groups }: KindSet, kind: GroupKind): boolean {
  const dot = kind.indexOf('.');
  return kinds.has(kind) || (dot !== -1 && groups.has(kind.slice(dot + 1)));
}

function isKnown(text: string, at: readonly string[], context: RuleContext): boolean {
  const dot = text.indexOf('.');
  if (dot === -1) {
    if (builtInScope(text) !== undefined) return true;
    const [other] = builtInKindsNamed(text);
    const hint = other === undefined ? 'write it with its group, Kind.group' : `write ${other}`;
    context.error(at, `there is no kind ${text} in the core group`, hint);
    return false;
  }
  const name = text.slice(0, dot);
  const group = text.slice(dot + 1);
  // A newer Kubernetes may have it: a warning only.
  if (name !== '*' && isBuiltInGroup(group) && builtInScope(text) === undefined) {
    const similar = didYouMean(text, builtInKindsNamed(name));
    context.warn(
      at,
      `there is no kind ${text} that is known here${similar === undefined ? '' : `: ${similar}`}`,
    );
  }
  return true;
}
