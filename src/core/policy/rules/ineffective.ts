import type { JsonObject } from '../../json/json.ts';
import { valueAt } from '../../json/pointer.ts';
import type { Controller } from '../../release/field-defaults.ts';
import { CONTROLLER_SCHEMA } from '../controller-option.ts';
import { type Combination, findIneffective } from '../ineffective-combination.ts';
import { INEFFECTIVE_IN_RELEASES } from '../ineffective-in-releases.ts';
import { INEFFECTIVE_IN_SOURCES } from '../ineffective-in-sources.ts';
import { KINDS_WITH_FIELDS } from '../judged-fields.ts';
import type { RuleBody } from '../rule.ts';
import type { RuleDefinition } from '../rule-definition.ts';
import { sourceOf } from '../source-of.ts';

/** All combinations, in the order of the reference. */
export const INEFFECTIVE_COMBINATIONS: readonly Combination[] = [
  ...INEFFECTIVE_IN_RELEASES,
  ...INEFFECTIVE_IN_SOURCES,
];

/** Rule `ineffective`; what it is for and what it says stands in its definition. */
export const ineffective: RuleDefinition = {
  field: 'ineffective',
  summary: 'fields that the API accepts and the controller ignores',
  why: `The API server checks each field by itself, so it stores combinations of which one half has no effect: \`createNamespace\` without a
target namespace, a version for a chart from git, health checks of a release that does not wait. Nobody reports them; the author believes
that they hold.

They break nothing, so unless the policy or the rule says an enforcement, it only warns.`,
  when: ['admission'],
  enforcement: 'Warn',
  reads: [
    'the fields named below, with the defaults of the controller',
    'for `verify` the HelmRepository behind sourceRef',
  ],
  verdicts: `Each of these is a finding at the field that has no effect, and the proposal is to leave it out:

${INEFFECTIVE_COMBINATIONS.map(({ id, text }) => `- \`${id}\`: ${text}.`).join('\n')}

What depends on a source that is not known passes. A cycle in \`dependsOn\` is judged by \`dependencies\`, two releases with one place in Helm's
storage by \`uniqueRelease\`.`,
  reasons: { FieldIneffective: 'the field has no effect in this combination' },
  options: [
    { path: 'except', text: 'the combinations that are not judged' },
    {
      path: 'controller',
      text: '`helmgate` (when absent) or `flux`: which controller releases here; `recreate` and `force` depend on it',
    },
  ],
  example: `
- id: without-effect
  enforcement: Warn
  ineffective: {except: [timeout], controller: flux}
`,
  schema: {
    type: 'object',
    additionalProperties: false,
    description: 'Fields that the API accepts and the controller ignores; {} judges all combinations.',
    properties: {
      except: {
        type: 'array',
        minItems: 1,
        uniqueItems: true,
        items: { enum: INEFFECTIVE_COMBINATIONS.map(({ id }) => id) },
        description: 'Combinations that are not judged.',
      },
      controller: CONTROLLER_SCHEMA,
    },
  },
  compile(written, at, context) {
    const { except, controller } = written as JsonObject;
    const left = INEFFECTIVE_COMBINATIONS.filter(
      ({ id }) => !((except ?? []) as readonly string[]).includes(id),
    );
    if (left.length > 0) return ineffectiveRule(left, (controller ?? 'helmgate') as Controller);
    context.error([...at, 'except'], 'every combination is excepted: the rule judges nothing');
    return undefined;
  },
};

/** Makes the rule of the combinations that it judges. */
export function ineffectiveRule(combinations: readonly Combination[], controller: Controller): RuleBody {
  const byKind = new Map<string, readonly Combination[]>(
    KINDS_WITH_FIELDS.map((kind) => [kind, combinations.filter(({ kinds }) => kinds.includes(kind))]),
  );
  const needsSource = combinations.some(({ id }) => id === 'verify');
  return {
    kinds: KINDS_WITH_FIELDS.filter((kind) => (byKind.get(kind) ?? []).length > 0),
    reads: [],
    writes: [],
    ...(needsSource ? { unknown: 'Allow' } : {}),
    sources({ kind, object, namespace }) {
      const verify = kind === 'HelmRelease' ? ['spec', 'chart', 'spec', 'verify'] : ['spec', 'verify'];
      if (!needsSource || valueAt(object, verify) === undefined) return [];
      const source = sourceOf(kind, object, namespace);
      return source?.kind === 'HelmRepository' ? [source] : [];
    },
    judge(input) {
      if (input.phase !== 'admission') return { findings: [], warnings: [] };
      const own = byKind.get(input.subject.kind) ?? [];
      const findings = own.flatMap((combination) => findIneffective(combination, input, controller));
      return { findings, warnings: [] };
    },
  };
}
