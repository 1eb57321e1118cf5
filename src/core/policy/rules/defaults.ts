import type { Json, JsonObject } from '../../json/json.ts';
import { isJsonObject } from '../../json/json.ts';
import { formatPath } from '../../json/path.ts';
import { formatPointer } from '../../json/pointer.ts';
import { choiceFor, type FieldChoice, isChosen } from '../../release/field-choices.ts';
import { expandDefaults } from '../expand-defaults.ts';
import { existsInVersion, findField, type KnownField } from '../known-fields.ts';
import type { Change, DefaultLeaf, FindingDraft, JudgedKind, RuleBody, RuleInput } from '../rule.ts';
import type { RuleDefinition } from '../rule-definition.ts';
import { shortText } from '../short-text.ts';

/** Rule `defaults`; what it is for and what it says stands in its definition. */
export const defaults: RuleDefinition = {
  field: 'defaults',
  summary: 'fills fields that are absent',
  why: `Flux's own defaults leave a failed release failed (\`retries\` is 0), and a platform team wants every release to have what its own
documents promise, without each author writing it.`,
  when: ['admission'],
  reads: ['the fields that it is configured for'],
  verdicts: `None of its own under Deny: the field is filled, and the validating webhook's NotMutated guards it. Under Warn and Audit nothing is
changed, and NotMutated is reported for each field that it would fill. Absent means absent: \`0\`, \`-1\`, \`false\`, \`""\`, \`null\` and \`{}\`
are what somebody wrote, and a written \`{}\` or \`null\` parent keeps its leaves empty. What only the author can choose is never added: below
\`spec.chart\`, \`spec.chart.spec.verify\`, \`spec.kubeConfig\` and its references a default acts only where they are written, and for a
strategy's \`retryInterval\` only where its name is RetryOnFailure. Fields that the request's API version does not have are skipped with a
warning.`,
  reasons: { NotMutated: 'the field is absent and was not filled' },
  options: [
    { path: '<kind>', text: 'by kind: dotted path, or JSON Pointer for keys with dots, and the value' },
  ],
  example: `
- id: remediation
  defaults:
    HelmRelease:
      spec.install.remediation.retries: 3
      spec.upgrade.remediation: {retries: 5, strategy: rollback}
    HelmRepository: {spec.timeout: 30s}
`,
  schema: {
    type: 'object',
    minProperties: 1,
    additionalProperties: false,
    description: 'By kind: dotted path or JSON pointer to the value that an absent field gets.',
    properties: {
      HelmRelease: { type: 'object', minProperties: 1, maxProperties: 200 },
      HelmRepository: { type: 'object', minProperties: 1, maxProperties: 200 },
    },
  },
  compile(written, at, context) {
    const leaves = expandDefaults(written as JsonObject, at, context);
    return leaves.length === 0 ? undefined : defaultsRule(leaves);
  },
};

/** Makes the rule of its leaves, one per field, as `compile` expanded them. */
export function defaultsRule(leaves: readonly DefaultLeaf[]): RuleBody {
  const byKind = Map.groupBy(leaves.map(withField), (leaf) => leaf.kind);
  return {
    kinds: [...byKind.keys()] as readonly JudgedKind[],
    reads: [],
    writes: leaves.map(({ kind, tokens }) => ({ kind, tokens })),
    defaults: leaves,
    mutate(input) {
      const { changes, warnings } = absentLeaves(byKind.get(input.subject.kind) ?? [], input);
      return { changes, warnings };
    },
    judge(input) {
      if (input.mutates || input.phase !== 'admission') return { findings: [], warnings: [] };
      const { changes } = absentLeaves(byKind.get(input.subject.kind) ?? [], input);
      return { findings: changes.map(wouldFill), warnings: [] };
    },
  };
}

interface CheckedLeaf extends DefaultLeaf {
  readonly field: KnownField | undefined;
  /** Without it the field stays absent. */
  readonly choice: FieldChoice | undefined;
  /** What is said each time that the field is absent. */
  readonly change: Change;
}

function withField(leaf: DefaultLeaf): CheckedLeaf {
  const { kind, tokens, value } = leaf;
  const change: Change = { kind: 'default', tokens, pointer: formatPointer(tokens), value };
  return { ...leaf, field: findField(kind, tokens)?.field, choice: choiceFor(kind, tokens), change };
}

function absentLeaves(
  leaves: readonly CheckedLeaf[],
  { subject, object }: RuleInput,
): { readonly changes: readonly Change[]; readonly warnings: readonly string[] } {
  const changes: Change[] = [];
  const warnings: string[] = [];
  const hasKeys = rememberKeys();
  for (const leaf of leaves) {
    if (!isFillable(object, leaf.tokens, hasKeys)) continue;
    if (!isChosen(object, leaf.choice)) continue;
    if (leaf.field !== undefined && !existsInVersion(leaf.field, subject.version)) {
      warnings.push(
        shortText(
          `${formatPath(leaf.tokens)} gets no default: ${subject.version} does not have it, use ${leaf.field.since}`,
        ),
      );
    } else {
      changes.push(leaf.change);
    }
  }
  return { changes, warnings };
}

/** Whether the field is absent and none of its parents was written as {} or null, or as something that has no fields. */
function isFillable(
  object: JsonObject,
  tokens: readonly string[],
  hasKeys: (parent: JsonObject) => boolean,
): boolean {
  let parent: Json | undefined = object;
  for (const token of tokens) {
    if (!isJsonObject(parent)) return false;
    // One that holds the field is not empty, so only the others are looked through.
    const value: Json | undefined = Object.hasOwn(parent, token) ? parent[token] : undefined;
    if (value === undefined) return hasKeys(parent);
    parent = value;
  }
  return false;
}

/** Many leaves may share a parent of many keys, each of which is looked through once. */
function rememberKeys(): (parent: JsonObject) => boolean {
  const known = new Map<JsonObject, boolean>();
  return (parent) => {
    const answer = known.get(parent) ?? Object.keys(parent).length > 0;
    known.set(parent, answer);
    return answer;
  };
}

function wouldFill({ tokens, value }: Change): FindingDraft {
  const path = formatPath(tokens);
  const text = JSON.stringify(value, (_key, item: Json) =>
    typeof item === 'bigint' ? item.toString() : item,
  );
  return {
    reason: 'NotMutated',
    path,
    message: shortText(`${path} is absent; this rule would set it to ${text}`),
    wouldPass: shortText(`${path}: ${text}`),
  };
}
