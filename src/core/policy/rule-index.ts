/** What is looked up for every object, made once for each set. */
import { formatPointer } from '../json/pointer.ts';
import { type CompiledException, longestFirst } from './exception.ts';
import { type CompiledMatch, fieldsReadBy } from './match.ts';
import type { PolicySet } from './policy-set.ts';
import type { CompiledRule, DefaultLeaf } from './rule.ts';
import type { Operation } from './subject.ts';

/** Rules that follow one another and share a match: a policy's. */
export interface RuleGroup {
  readonly match: CompiledMatch;
  readonly rules: readonly CompiledRule[];
  /** Those of the rules that judge edits as such. */
  readonly editRules: readonly CompiledRule[];
  /** Those about their policy, as `exceptionFinder` wants them. */
  readonly exceptions: readonly CompiledException[];
}

export interface RuleIndex {
  /** The rules that can say something about a kind, in the order of the files; without an operation, all of them. */
  groupsFor(kind: string, operation: Operation | undefined): readonly RuleGroup[];
  /** The defaults of all rules for a kind, by pointer. */
  defaultsFor(kind: string): ReadonlyMap<string, readonly DefaultLeaf[]>;
  /** Metadata paths by which some rule, match or exception decides, as tokens; `['metadata']` is all of it. */
  readonly metadataReads: readonly (readonly string[])[];
  /** Whether a verdict can change with time alone: by a stage of an enforcement or the end of an exception. */
  readonly timed: boolean;
}

const indexes = new WeakMap<PolicySet, RuleIndex>();

/** The index of a set; a set never changes, so it is made at the first call. */
export function ruleIndex(set: PolicySet): RuleIndex {
  const known = indexes.get(set);
  if (known !== undefined) return known;
  const index = makeIndex(set);
  indexes.set(set, index);
  return index;
}

function makeIndex(set: PolicySet): RuleIndex {
  const groups = new Map<string, readonly RuleGroup[]>();
  const defaults = new Map<string, ReadonlyMap<string, readonly DefaultLeaf[]>>();
  const exceptions = Map.groupBy(longestFirst(set.exceptions ?? []), ({ policy }) => policy);
  for (const [kind, rules] of set.rulesByKind) {
    groups.set(kind, groupsOf(rules, exceptions));
    for (const operation of ['CREATE', 'UPDATE'] as const)
      groups.set(
        `${kind}/${operation}`,
        groupsOf(
          rules.filter((rule) => isAsked(rule, operation)),
          exceptions,
        ),
      );
    const leaves = rules.flatMap(({ body }) => body.defaults ?? []).filter((leaf) => leaf.kind === kind);
    defaults.set(
      kind,
      Map.groupBy(leaves, ({ tokens }) => formatPointer(tokens)),
    );
  }
  const rules = [...new Set([...set.rulesByKind.values()].flat())];
  return {
    groupsFor: (kind, operation) => groups.get(operation === undefined ? kind : `${kind}/${operation}`) ?? [],
    defaultsFor: (kind) => defaults.get(kind) ?? NO_DEFAULTS,
    metadataReads: metadataReads(rules, set),
    timed:
      (set.exceptions ?? []).length > 0 || rules.some(({ enforcement }) => typeof enforcement !== 'string'),
  };
}

const NO_DEFAULTS: ReadonlyMap<string, readonly DefaultLeaf[]> = new Map();

/** A rule for other operations still keeps what it filled in. */
function isAsked({ match, body }: CompiledRule, operation: Operation): boolean {
  return match.operations === undefined || match.operations.has(operation) || body.defaults !== undefined;
}

function groupsOf(
  rules: readonly CompiledRule[],
  exceptions: ReadonlyMap<string, readonly CompiledException[]>,
): readonly RuleGroup[] {
  const groups: (Omit<RuleGroup, 'editRules'> & { readonly rules: CompiledRule[] })[] = [];
  for (const rule of rules) {
    const last = groups.at(-1);
    if (last?.match === rule.match) last.rules.push(rule);
    else groups.push({ match: rule.match, rules: [rule], exceptions: exceptions.get(rule.policy) ?? [] });
  }
  return groups.map((group) => ({
    ...group,
    editRules: group.rules.filter(({ body }) => body.judgeEdit !== undefined),
  }));
}

function metadataReads(rules: readonly CompiledRule[], set: PolicySet): readonly (readonly string[])[] {
  const matches = new Set([...rules, ...(set.exceptions ?? [])].map(({ match }) => match));
  const reads = [...rules.flatMap(({ body }) => body.reads), ...[...matches].flatMap(fieldsReadBy)];
  const byPointer = new Map(
    reads.filter(([head]) => head === 'metadata').map((tokens) => [formatPointer(tokens), tokens]),
  );
  return [...byPointer.values()];
}
