import type { JsonObject } from '../../json/json.ts';
import { effectiveInput } from '../effective-input.ts';
import { compileFieldBound, type FieldBound } from '../field-bound.ts';
import { judgeFieldBound } from '../judge-bound.ts';
import { judgedFields, judgedFieldsSchema, type KindWithFields } from '../judged-fields.ts';
import type { RuleBody } from '../rule.ts';
import type { RuleDefinition } from '../rule-definition.ts';

/** Rule `bounds`; what it is for and what it says stands in its definition. */
export const bounds: RuleDefinition = {
  field: 'bounds',
  summary: 'durations and counts lie between a lower and an upper limit',
  why: `An interval of a second loads the API server and the registry for everybody; one of a month hides that a release has drifted. A
release whose failed upgrades are retried for ever never shows that it is stuck, and one that is never retried is stuck at the first hiccup of the
network.

What counts is what the controller works with, not what stands in the file: most of these fields are absent in most files. An absent
\`spec.upgrade.remediation.retries\` is 0, so a lower limit of 1 finds it.`,
  when: ['admission'],
  reads: [
    'the effective value of each field that it is configured for',
    'for retries also the strategy beside them',
  ],
  verdicts: `A value within its limits passes, limits included, and so does a field that has neither a value nor a default. Durations are
compared as durations: \`60s\` is \`1m\`. A value of another type is found as well.

A negative number of retries, \`maxHistory: 0\` and the strategy \`RetryOnFailure\` mean "no limit". That lies above every maximum; without a
maximum it passes. \`unlimited\` says otherwise: \`false\` refuses it where there is no maximum, \`true\` admits it beside one.

The proposal is the limit that is nearest.`,
  reasons: {
    ValueOutOfBounds: 'the value is below the minimum, above the maximum, has no limit, or is no such value',
  },
  options: [
    { path: '<path>', text: 'a field of HelmRelease: a dotted path, or a JSON Pointer' },
    { path: '<kind>.<path>', text: 'a field of another kind, below its name' },
    { path: '<path>.min', text: 'the lowest value that passes: a duration or a whole number' },
    { path: '<path>.max', text: 'the highest' },
    {
      path: '<path>.unlimited',
      text: 'for counts: whether "no limit" passes; when absent, if there is no `max`',
    },
  ],
  example: `
- id: bounds
  bounds:
    spec.interval: {min: 1m, max: 24h}
    spec.upgrade.remediation.retries: {min: 1, max: 10, unlimited: false}
    HelmRepository: {spec.interval: {min: 5m}}
`,
  schema: judgedFieldsSchema('Limits by field of HelmRelease, or by kind and field.', {
    type: 'object',
    minProperties: 1,
    additionalProperties: false,
    properties: {
      // The type of both depends on the field.
      min: { description: 'The lowest value that passes: a duration such as 30s, or a whole number.' },
      max: { description: 'The highest value that passes.' },
      unlimited: { type: 'boolean', description: 'Whether a count may have no limit.' },
    },
  }),
  compile(written, at, context) {
    const fields = judgedFields(written as JsonObject, at, context);
    if (fields === undefined) return undefined;
    const compiled = fields.map((field) => compileFieldBound(field, context));
    const readable = compiled.filter((bound) => bound !== undefined);
    return readable.length === compiled.length ? boundsRule(readable) : undefined;
  },
};

/** Makes the rule of its limits. */
export function boundsRule(limits: readonly FieldBound[]): RuleBody {
  const byKind = Map.groupBy(limits, ({ field }) => field.kind);
  return {
    kinds: [...byKind.keys()],
    reads: [],
    writes: [],
    judge(input) {
      const own = byKind.get(input.subject.kind as KindWithFields) ?? [];
      if (input.phase !== 'admission' || own.length === 0) return { findings: [], warnings: [] };
      const effective = effectiveInput(input);
      return {
        findings: own.flatMap((bound) => judgeFieldBound(bound, input, effective) ?? []),
        warnings: [],
      };
    },
  };
}
