import type { JsonObject } from '../../json/json.ts';
import type { Controller } from '../../release/field-defaults.ts';
import { CONTROLLER_SCHEMA, CONTROLLER_TEXT } from '../controller-option.ts';
import { CONDITION_SCHEMA, compileFieldCondition, type FieldCondition } from '../field-condition.ts';
import { judgeTriggers, TRIGGER_NAMES, type Trigger } from '../forbidden-triggers.ts';
import { judgeForbidden } from '../judge-condition.ts';
import {
  judgedFields,
  judgedFieldsSchema,
  KINDS_WITH_FIELDS,
  type KindWithFields,
} from '../judged-fields.ts';
import type { EditInput, Judgement, RuleBody } from '../rule.ts';
import type { RuleContext, RuleDefinition } from '../rule-definition.ts';
import { editOf } from '../subject.ts';
import { judgeSuspension, parseSuspensionLimit, type SuspensionLimit } from '../suspended-too-long.ts';
import { UNKNOWN_SCHEMA, UNKNOWN_TEXT, type UnknownVerdict } from '../unknown-fact.ts';

/** What is no field in a configuration. */
const OPTIONS = ['controller', 'suspendedLongerThan', 'triggers', 'unknown'];

/** Rule `forbid`; what it is for and what it says stands in its definition. */
export const forbid: RuleDefinition = {
  field: 'forbid',
  summary: 'fields that must not be there or not have certain values, long suspensions, and triggers',
  why: `Some fields reach further than their author should: \`kubeConfig\` leaves the cluster, \`postRenderers\` change what was reviewed, \`insecure\`
gives up on TLS, \`passCredentials\` hands a password to whatever host an index names.

A suspended release is neither upgraded nor repaired, and when it is deleted nothing is uninstalled; one that was meant to be suspended for an
afternoon and is so for a year is nobody's any more.

The annotations \`requestedAt\`, \`forceAt\` and \`resetAt\` are actions and no configuration: they run a release again outside of git. Forbid them here
and let \`match.exclude.subjects\` name those who may.`,
  when: ['admission'],
  aboutEdits: '`triggers`, and `suspendedLongerThan` where an object leaves the policy',
  reads: [
    'the fields that it is configured for, as written, and their effective values where it asks for a value',
    'spec.suspend and metadata.managedFields, of an update those of the stored object',
    'the annotations reconcile.fluxcd.io/requestedAt, forceAt and resetAt, now and before',
  ],
  verdicts: `\`present\` finds a field that somebody wrote; \`null\`, \`""\`, \`[]\`, \`{}\` and an object of nothing but these count as absent. \`equals\`, \`oneOf\`
and \`matches\` find the value that the controller works with, also where it is a default. A pattern (RE2) is for the whole text; a text of
more than 4,096 characters counts as a match.

\`suspendedLongerThan\` finds an object that was suspended before and still is; the request that resumes it passes, and so does one that suspends it.
The time is that of the managedFields entry which owns \`spec.suspend\`. It moves when the same manager changes anything else, so that a
suspension may look shorter than it is, never longer. Where nobody owns the field, the time is unknown and \`unknown\` says what that means.

\`triggers\` finds a request that sets or changes one of the annotations; taking one away, and leaving it as it is, pass.`,
  reasons: {
    FieldForbidden: 'the field is there, or has a forbidden value',
    SuspendedTooLong: 'the object has been suspended for longer than that',
    TriggerForbidden: 'the request sets or changes an annotation that asks for an action',
    FactUnknown: 'since when the object is suspended is not known',
  },
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
    {
      path: 'suspendedLongerThan',
      text: 'the longest time that an object of any kind may be suspended, `168h`',
    },
    { path: 'triggers', text: 'any of `requestedAt`, `forceAt` and `resetAt`' },
    { path: 'unknown', text: `for \`suspendedLongerThan\`: ${UNKNOWN_TEXT}` },
    { path: 'controller', text: CONTROLLER_TEXT },
  ],
  example: `
- id: tenants
  forbid:
    spec.kubeConfig: {present: true}
    spec.upgrade.crds: {equals: CreateReplace}
    HelmRepository:
      spec.insecure: {equals: true}
      spec.passCredentials: {equals: true}
    suspendedLongerThan: 168h
    triggers: [forceAt, resetAt]
`,
  schema: judgedFieldsSchema('What fields of HelmRelease, or of a kind, must not be.', CONDITION_SCHEMA, {
    controller: CONTROLLER_SCHEMA,
    suspendedLongerThan: {
      type: 'string',
      minLength: 1,
      maxLength: 32,
      description: 'The longest time that an object may be suspended, such as 168h.',
    },
    triggers: {
      type: 'array',
      minItems: 1,
      uniqueItems: true,
      items: { enum: [...TRIGGER_NAMES] },
      description: 'Annotations reconcile.fluxcd.io/... that a request must not set or change.',
    },
    unknown: UNKNOWN_SCHEMA,
  }),
  compile(written, at, context) {
    const options = written as JsonObject;
    const fields = judgedFields(options, at, context, OPTIONS);
    const suspension = compileSuspension(options, at, context);
    if (fields === undefined || suspension === 'invalid') return undefined;
    const triggers = (options['triggers'] ?? []) as readonly Trigger[];
    if (fields.length === 0 && suspension === undefined && triggers.length === 0) {
      context.error(at, 'nothing is forbidden');
      return undefined;
    }
    const conditions: FieldCondition[] = [];
    for (const field of fields) {
      const condition = compileFieldCondition(field, context);
      if (condition === undefined) continue;
      if (
        condition.asks.for === 'presence' &&
        field.found?.inside === false &&
        field.found.field.schemaDefault !== undefined
      )
        context.error(
          field.at,
          `${field.path} is filled in by the API's own schema, so it is always there`,
          'forbid its values',
        );
      else conditions.push(condition);
    }
    if (conditions.length < fields.length) return undefined;
    const controller = (options['controller'] ?? 'helmgate') as Controller;
    return forbidRule({
      conditions,
      controller,
      triggers,
      ...(suspension === undefined ? {} : { suspension }),
    });
  },
};

function compileSuspension(
  options: JsonObject,
  at: readonly string[],
  { error }: RuleContext,
): SuspensionLimit | 'invalid' | undefined {
  const { suspendedLongerThan: text, unknown } = options;
  if (text === undefined) {
    if (unknown !== undefined)
      error([...at, 'unknown'], 'unknown is about suspendedLongerThan, which is not set');
    return unknown === undefined ? undefined : 'invalid';
  }
  const limitMs = parseSuspensionLimit(text as string);
  if (limitMs !== undefined) return { limitMs, unknown: (unknown ?? 'Deny') as UnknownVerdict };
  error(
    [...at, 'suspendedLongerThan'],
    `${JSON.stringify(text)} is no duration above zero`,
    'write days as hours: 168h',
  );
  return 'invalid';
}

export interface ForbidOptions {
  readonly conditions: readonly FieldCondition[];
  readonly controller: Controller;
  readonly suspension?: SuspensionLimit;
  readonly triggers: readonly Trigger[];
}

/** A suspension that has lasted too long is not ended by leaving the policy. */
function judgeEdit(
  suspension: SuspensionLimit | undefined,
  triggers: readonly Trigger[],
  input: EditInput,
): Judgement {
  const leaves = input.about === 'before' && suspension !== undefined;
  const { findings, warnings } = leaves ? judgeSuspension(suspension, input) : NOTHING;
  return { findings: [...findings, ...judgeTriggers(triggers, input)], warnings };
}

const NOTHING: Judgement = { findings: [], warnings: [] };

/** Makes the rule of its options. */
export function forbidRule({ conditions, controller, suspension, triggers }: ForbidOptions): RuleBody {
  const byKind = Map.groupBy(conditions, ({ field }) => field.kind);
  const all = suspension !== undefined || triggers.length > 0;
  return {
    kinds: all ? KINDS_WITH_FIELDS : [...byKind.keys()],
    reads: conditions.map(({ field }) => field.tokens).filter(([root]) => root === 'metadata'),
    writes: [],
    ...(suspension === undefined ? {} : { unknown: suspension.unknown }),
    judge(input) {
      if (input.phase !== 'admission') return { findings: [], warnings: [] };
      const own = byKind.get(input.subject.kind as KindWithFields) ?? [];
      const suspended = suspension === undefined ? undefined : judgeSuspension(suspension, input);
      return {
        findings: [
          ...own.flatMap((condition) => judgeForbidden(condition, input, controller) ?? []),
          ...(suspended?.findings ?? []),
          ...(editOf(input.subject) === undefined ? judgeTriggers(triggers, input) : []),
        ],
        warnings: suspended?.warnings ?? [],
      };
    },
    ...(all ? { judgeEdit: (input) => judgeEdit(suspension, triggers, input) } : {}),
  };
}
