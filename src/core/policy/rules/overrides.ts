import { isEqualJson } from '../../json/equal.ts';
import { isJsonObject, type Json, type JsonObject } from '../../json/json.ts';
import { formatPath } from '../../json/path.ts';
import { formatPointer, valueAt } from '../../json/pointer.ts';
import { stringifyJson } from '../../json/stringify.ts';
import { choiceFor, type FieldChoice, isChosen } from '../../release/field-choices.ts';
import { expandDefaults } from '../expand-defaults.ts';
import { existsInVersion, findField, type KnownField } from '../known-fields.ts';
import type { Change, DefaultLeaf, FindingDraft, JudgedKind, RuleBody, RuleInput } from '../rule.ts';
import type { RuleDefinition } from '../rule-definition.ts';
import { shortText } from '../short-text.ts';
import { shownValue } from '../shown-value.ts';

/** Rule `overrides`; what it is for and what it says stands in its definition. */
export const overrides: RuleDefinition = {
  field: 'overrides',
  summary: 'sets fields, whatever was written there',
  why: `Some fields are not the author's to choose: the account that a tenant's releases run as, or whether hooks may be skipped. A
default would yield to what is written; an override does not. It also means that git and the cluster differ where an author wrote something
else, so where a refusal serves as well, \`require\` or \`bounds\` tells the author instead.`,
  when: ['admission'],
  reads: ['the fields that it is configured for'],
  verdicts: `Under Deny the field is set before the object is judged, and the validating webhook's NotMutated guards it. Nothing that is
written keeps it off: not \`null\`, not \`{}\`, not a parent written so. What only the author can choose is never added: below
\`spec.chart\`, \`spec.chart.spec.verify\`, \`spec.kubeConfig\` and its references an override acts only where they are written, and on a
strategy's \`retryInterval\` that is absent only where its name is RetryOnFailure. A field that the request's API version does not have
cannot be set and is refused, and so is an object that would have no valid shape with it. Under Warn and Audit nothing is changed, and NotMutated is reported for each field that it would set. An override goes before
defaults, and what it replaced is not remembered: taken out of the policies, it leaves its value behind until the field is applied again.`,
  reasons: {
    NotMutated: 'the field is not as the rule sets it',
    InvalidObject: 'set so, the object would be invalid',
    MutationConflict: 'another rule sets the field to something else',
  },
  options: [
    { path: '<kind>', text: 'by kind: dotted path, or JSON Pointer for keys with dots, and the value' },
  ],
  example: `
- id: tenant-account
  overrides:
    HelmRelease:
      spec.serviceAccountName: helm-tenant
      spec.install.disableSchemaValidation: false
    HelmRepository: {spec.passCredentials: false}
`,
  schema: {
    type: 'object',
    minProperties: 1,
    additionalProperties: false,
    description: 'By kind: dotted path or JSON pointer to the value that the field always has.',
    properties: {
      HelmRelease: { type: 'object', minProperties: 1, maxProperties: 200 },
      HelmRepository: { type: 'object', minProperties: 1, maxProperties: 200 },
    },
  },
  compile(written, at, context) {
    const leaves = expandDefaults(written as JsonObject, at, context, 'override');
    return leaves.length === 0 ? undefined : overridesRule(leaves);
  },
};

/** Makes the rule of its leaves, one per field, as `compile` expanded them. */
export function overridesRule(leaves: readonly DefaultLeaf[]): RuleBody {
  const byKind = Map.groupBy(leaves.map(withField), (leaf) => leaf.kind);
  const differing = ({ subject, object }: RuleInput): readonly CheckedLeaf[] => {
    const leaves = byKind.get(subject.kind) ?? [];
    const differs = ({ tokens, value, choice }: CheckedLeaf) => {
      const written = valueAt(object, tokens);
      if (isEqualJson(written, value)) return false;
      return (written ?? null) !== null || isChosen(object, choice);
    };
    return leaves.some(differs) ? leaves.filter(differs) : [];
  };
  return {
    kinds: [...byKind.keys()] as readonly JudgedKind[],
    reads: [],
    writes: leaves.map(({ kind, tokens }) => ({ kind, tokens })),
    overrides: leaves,
    mutate(input) {
      const other = differing(input);
      if (other.length === 0) return { changes: [], warnings: [] };
      const settable = other.filter((leaf) => obstacle(leaf, input) === undefined);
      return { changes: settable.map(({ change }) => change), warnings: [] };
    },
    judge(input) {
      if (input.phase !== 'admission') return { findings: [], warnings: [] };
      return { findings: differing(input).map((leaf) => notSet(leaf, input)), warnings: [] };
    },
  };
}

interface CheckedLeaf extends DefaultLeaf {
  readonly field: KnownField | undefined;
  /** Without it the field is not added. */
  readonly choice: FieldChoice | undefined;
  /** What is said each time that the field is another. */
  readonly change: Change;
}

function withField(leaf: DefaultLeaf): CheckedLeaf {
  const { kind, tokens, value } = leaf;
  const change: Change = { kind: 'override', tokens, pointer: formatPointer(tokens), value };
  return { ...leaf, field: findField(kind, tokens)?.field, choice: choiceFor(kind, tokens), change };
}

/** Why the field cannot be set in this object; undefined when it can. */
function obstacle({ tokens, field }: CheckedLeaf, { subject, object }: RuleInput): string | undefined {
  if (field !== undefined && !existsInVersion(field, subject.version))
    return `${subject.version} does not have it, so write the object as ${field.since}`;
  for (let length = 1; length < tokens.length; length += 1) {
    const parent: Json | undefined = valueAt(object, tokens.slice(0, length));
    if (parent === undefined || parent === null) return undefined;
    if (!isJsonObject(parent)) return `${formatPath(tokens.slice(0, length))} is no object`;
  }
  return undefined;
}

function notSet(leaf: CheckedLeaf, input: RuleInput): FindingDraft {
  const { tokens, value } = leaf;
  const path = formatPath(tokens);
  const text = shortText(stringifyJson(value), 60);
  const found = shownValue(tokens, valueAt(input.object, tokens));
  const why = obstacle(leaf, input);
  const message = `${path} must be ${text}${why === undefined ? '' : `: ${why}`}`;
  return {
    reason: 'NotMutated',
    path,
    ...(found === undefined ? {} : { found }),
    message: shortText(message),
    wouldPass: shortText(`${path}: ${text}`),
    ...(why === undefined ? { repairs: [[{ tokens, value }]] } : {}),
  };
}
