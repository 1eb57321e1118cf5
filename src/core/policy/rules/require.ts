import type { JsonObject } from '../../json/json.ts';
import { formatPath } from '../../json/path.ts';
import type { Controller } from '../../release/field-defaults.ts';
import { CONTROLLER_SCHEMA, CONTROLLER_TEXT } from '../controller-option.ts';
import { CONDITION_SCHEMA, compileFieldCondition, type FieldCondition } from '../field-condition.ts';
import { judgeRequired } from '../judge-condition.ts';
import { judgedFields, judgedFieldsSchema, type KindWithFields } from '../judged-fields.ts';
import type { RuleBody } from '../rule.ts';
import type { RuleDefinition } from '../rule-definition.ts';

/** Rule `require`; what it is for and what it says stands in its definition. */
export const require: RuleDefinition = {
  field: 'require',
  summary: 'fields that must be there, or have certain values',
  why: `A release without \`serviceAccountName\` is installed with the rights of the controller, which in most clusters are those of an
administrator. A field that every release needs is better asked for by name than found missing afterwards.

Where one value suits everybody, \`defaults\` is the friendlier rule: it writes the field. \`require\` is for what the author has to choose.`,
  when: ['admission'],
  reads: [
    'the fields that it is configured for, as written',
    'their effective values where it asks for a value',
  ],
  verdicts: `\`present\` asks for a field that somebody wrote: the author, a policy's default, or the API's schema. What the controller takes for
an absent field is not written. \`null\`, \`""\`, \`[]\`, \`{}\` and an object of nothing but these count as absent.

\`equals\`, \`oneOf\` and \`matches\` ask for the value that the controller works with, whoever gave it: \`spec.driftDetection.mode:
{oneOf: [enabled, warn]}\` finds a release that says nothing, since that means \`disabled\`, and \`spec.install.crds: {equals: Create}\` passes it.

All fields of a rule are asked for. What the controller was started with is not seen: a default service account does not stand in for
\`serviceAccountName\`. A pattern (RE2) is for the whole text; a text of more than 4,096 characters matches none.`,
  reasons: { FieldRequired: 'the field is absent, or has another value' },
  options: [
    {
      path: '<path>',
      text: 'a field of HelmRelease: a dotted path, or a JSON Pointer for keys with dots; also `metadata.labels.<key>` and `metadata.annotations.<key>`',
    },
    { path: '<kind>.<path>', text: 'a field of another kind, below its name' },
    { path: '<path>.present', text: '`true`: the field is written' },
    { path: '<path>.equals', text: 'it has this value' },
    { path: '<path>.oneOf', text: 'it has one of these values' },
    { path: '<path>.matches', text: 'its text matches this pattern' },
    { path: 'controller', text: CONTROLLER_TEXT },
  ],
  example: `
- id: tenants
  require:
    spec.serviceAccountName: {present: true}
    spec.driftDetection.mode: {oneOf: [enabled, warn]}
    /metadata/labels/app.kubernetes.io~1part-of: {matches: "[a-z-]+"}
    HelmRepository: {spec.secretRef.name: {present: true}}
`,
  schema: judgedFieldsSchema('What fields of HelmRelease, or of a kind, must be.', CONDITION_SCHEMA, {
    controller: CONTROLLER_SCHEMA,
  }),
  compile(written, at, context) {
    const options = written as JsonObject;
    const fields = judgedFields(options, at, context, ['controller']);
    if (fields === undefined) return undefined;
    if (fields.length === 0) {
      context.error(at, 'no field is required');
      return undefined;
    }
    const conditions: FieldCondition[] = [];
    for (const field of fields) {
      const condition = compileFieldCondition(field, context);
      if (condition !== undefined) conditions.push(condition);
      if (
        condition?.asks.for === 'presence' &&
        field.found?.inside === false &&
        field.found.field.schemaDefault !== undefined
      ) {
        context.warn(
          field.at,
          `${formatPath(field.tokens)} is filled in by the API's own schema, so it is missing only offline`,
        );
      }
    }
    return conditions.length === fields.length
      ? requireRule(conditions, (options['controller'] ?? 'helmgate') as Controller)
      : undefined;
  },
};

/** Makes the rule of its conditions. */
export function requireRule(conditions: readonly FieldCondition[], controller: Controller): RuleBody {
  const byKind = Map.groupBy(conditions, ({ field }) => field.kind);
  return {
    kinds: [...byKind.keys()],
    reads: conditions.map(({ field }) => field.tokens).filter(([root]) => root === 'metadata'),
    writes: [],
    judge(input) {
      const own = byKind.get(input.subject.kind as KindWithFields) ?? [];
      if (input.phase !== 'admission') return { findings: [], warnings: [] };
      return {
        findings: own.flatMap((condition) => judgeRequired(condition, input, controller) ?? []),
        warnings: [],
      };
    },
  };
}
