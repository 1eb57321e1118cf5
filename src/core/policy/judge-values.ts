import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';
import { formatPath } from '../json/path.ts';
import { parsePointer, valueAt } from '../json/pointer.ts';
import { stringifyJson } from '../json/stringify.ts';
import { composeValues } from '../release/values.ts';
import type { CompiledSchema, SchemaViolation } from './compile-json-schema.ts';
import type { Edit } from './decision.ts';
import type { Fact } from './facts.ts';
import { findPlainSecrets, type SecretScan } from './plain-secrets.ts';
import type { FindingDraft, Judgement, RuleInput } from './rule.ts';
import { shortText } from './short-text.ts';
import { judgeUnknown, type UnknownVerdict } from './unknown-fact.ts';
import { findPlaces, type ValuePath } from './value-path.ts';
import type { WorkMeter } from './work-meter.ts';

export interface ValuesOptions {
  readonly schema?: {
    /** For the values in full. */
    readonly whole: CompiledSchema;
    /** For what is in the object, when more is merged below it later. */
    readonly part: CompiledSchema;
  };
  readonly forbidden: readonly ValuePath[];
  /** Where plain secrets may stand; absent when nobody looks for them. */
  readonly secretsExcept?: readonly ValuePath[];
  readonly unknown: UnknownVerdict;
}

/** Findings of each sort that one judgement tells; more is not read. */
const MAX_FINDINGS = 20;
const VALUES = ['spec', 'values'];

/** Judges the values of a release: those in the object at admission, the merged ones at release time. */
export function judgeValues(options: ValuesOptions, input: RuleInput): Judgement {
  const written = valueAt(input.object, VALUES);
  const inline: JsonObject = isJsonObject(written) ? written : {};
  const secrets =
    options.secretsExcept === undefined ? [] : judgeSecrets(inline, options.secretsExcept, input.work);
  const asksValues = options.schema !== undefined || options.forbidden.length > 0;
  if (!asksValues) return { findings: secrets, warnings: [] };
  const merged: Fact<Json> =
    input.phase === 'admission' ? { known: true, value: inline } : input.facts.values;
  if (!merged.known) {
    const unknown = judgeUnknown(options.unknown, 'what the values merge to', merged.why, VALUES.join('.'));
    return { ...unknown, findings: [...unknown.findings, ...secrets] };
  }
  const forbidden = options.forbidden.flatMap((path) =>
    judgeForbidden(path, merged.value, inline, input.work),
  );
  const invalid = judgeSchema(options, merged.value, inline, input);
  return { findings: [...invalid, ...firstOf(forbidden, forbidden.length), ...secrets], warnings: [] };
}

function judgeSchema(
  { schema }: ValuesOptions,
  values: Json,
  inline: JsonObject,
  { object, phase, work }: RuleInput,
): readonly FindingDraft[] {
  if (schema === undefined) return [];
  const more = phase === 'admission' ? moreValues(object) : 'none';
  // Flux lets some targetPaths win over what is written in the object, so that nothing in it is certain.
  if (more === 'anywhere') return [];
  const judged = isJsonObject(values) ? readingOf(values).composed : {};
  const violations = violationsOf(more === 'below' ? schema.part : schema.whole, judged, work);
  const shown = violations
    .slice(0, MAX_FINDINGS)
    .map((violation) => violationFinding(violation, judged, inline));
  return firstOf(shown, violations.length);
}

function violationsOf(
  schema: CompiledSchema,
  values: Json,
  work: WorkMeter | undefined,
): readonly SchemaViolation[] {
  try {
    return schema.violations(values, work?.left);
  } finally {
    work?.add(schema.steps());
  }
}

/** What all rules ask of the same values. */
interface ValuesReading {
  /** As helm gets them when nothing is merged below them. */
  readonly composed: JsonObject;
  /** Scans for secrets, by the paths left out. */
  readonly scans: Map<string, SecretScan>;
}

/** Values never change, and every rule of a set is given the same ones. */
const readings = new WeakMap<JsonObject, ValuesReading>();

function readingOf(values: JsonObject): ValuesReading {
  const known = readings.get(values);
  if (known !== undefined) return known;
  const composed = composeValues({ values }, '', () => undefined);
  const reading: ValuesReading = { composed: composed.ok ? composed.values : values, scans: new Map() };
  readings.set(values, reading);
  return reading;
}

/** As many findings as one judgement tells, and that there are more. */
function firstOf(findings: readonly FindingDraft[], count: number): readonly FindingDraft[] {
  if (count <= MAX_FINDINGS) return findings;
  const last: FindingDraft = {
    reason: 'ValuesInvalid',
    path: 'spec.values',
    message: 'and more in the values',
  };
  return [...findings.slice(0, MAX_FINDINGS), last];
}

/** What `valuesFrom` will add: nothing, values that lie below what the object has, or some that may win over it. */
function moreValues(object: JsonObject): 'none' | 'below' | 'anywhere' {
  const from = valueAt(object, ['spec', 'valuesFrom']);
  if (!Array.isArray(from) || from.length === 0) return 'none';
  const aims = from.some((reference: Json) => (valueAt(reference, ['targetPath']) ?? '') !== '');
  return aims ? 'anywhere' : 'below';
}

function judgeForbidden(
  path: ValuePath,
  values: Json,
  inline: JsonObject,
  work: WorkMeter | undefined,
): readonly FindingDraft[] {
  return findPlaces(values, path, MAX_FINDINGS + 1, work).map((tokens) => ({
    reason: 'ValuesInvalid',
    path: fieldPath(tokens, values, inline),
    message: shortText(`${nameOf(tokens)} may not be set`),
    wouldPass: 'leaving it out',
    ...repairs(tokens, inline, [undefined]),
  }));
}

/** Steps of looking at one value for a secret, its name and its text: 1 us. */
const STEPS_PER_SCANNED_VALUE = 100;

function judgeSecrets(
  inline: JsonObject,
  except: readonly ValuePath[],
  work: WorkMeter | undefined,
): readonly FindingDraft[] {
  const { scans } = readingOf(inline);
  const key = JSON.stringify(except.map(({ text }) => text));
  const scan = scans.get(key) ?? findPlainSecrets(inline, except, MAX_FINDINGS);
  scans.set(key, scan);
  const { secrets, complete, visited } = scan;
  work?.charge(visited * STEPS_PER_SCANNED_VALUE);
  const findings = secrets.map(
    ({ tokens, why }): FindingDraft => ({
      reason: 'PlainSecret',
      path: fieldPath(tokens, inline, inline),
      message: shortText(
        `${nameOf(tokens)} ${why === 'named' ? 'is named like a secret' : `looks like ${why}`}: it must not be in the object`,
      ),
      wouldPass: 'the value in a Secret that spec.valuesFrom names',
      ...repairs(tokens, inline, [undefined]),
    }),
  );
  if (complete) return findings;
  return [...findings, { reason: 'PlainSecret', path: 'spec.values', message: 'and more in the values' }];
}

function violationFinding(violation: SchemaViolation, judged: Json, inline: JsonObject): FindingDraft {
  const { keyword, params, schema } = violation;
  const word = (name: string) => (typeof params[name] === 'string' ? [params[name]] : []);
  const place = parsePointer(violation.instancePath) ?? [];
  const tokens = [...place, ...word('missingProperty'), ...word('additionalProperty')];
  const { message, values = [], wouldPass } = describe(keyword, params, schema as Json, violation.message);
  const passes =
    wouldPass ??
    values.map((value) => (value === undefined ? 'leaving it out' : stringifyJson(value))).join(' or ');
  return {
    reason: 'ValuesInvalid',
    path: fieldPath(tokens, judged, inline),
    message: shortText(`${nameOf(tokens)} ${message}`),
    ...(passes === '' ? {} : { wouldPass: shortText(passes) }),
    ...repairs(tokens, inline, values),
  };
}

interface Description {
  readonly message: string;
  /** Values that would pass there; undefined stands for leaving the key out. */
  readonly values?: readonly (Json | undefined)[];
  readonly wouldPass?: string;
}

/** Alternatives that are proposed; of a longer list the first. */
const MAX_PROPOSALS = 3;

/** In words, without the value: it may be a secret. */
function describe(
  keyword: string,
  params: SchemaViolation['params'],
  schema: Json,
  fallback = 'is not valid',
): Description {
  switch (keyword) {
    case 'required':
    case 'dependencies':
      return { message: 'is missing' };
    case 'additionalProperties':
    case 'false schema':
      return { message: 'may not be set', values: [undefined] };
    case 'enum': {
      const allowed = schema as readonly Json[];
      const wouldPass = shortText(allowed.map((value) => stringifyJson(value)).join(', '));
      return { message: 'is none of the values allowed', values: allowed.slice(0, MAX_PROPOSALS), wouldPass };
    }
    case 'const':
      return { message: 'is not the value allowed', values: [schema] };
    case 'minimum':
    case 'maximum':
      return { message: fallback, values: [params['limit'] as Json] };
    case 'uniqueItems':
      return { message: 'must hold no item twice' };
    default:
      return { message: fallback };
  }
}

/** For people: from the root of the values. */
function nameOf(tokens: readonly string[]): string {
  return formatPath(['values', ...tokens]);
}

/** Where it stands in the object, or should; a value that only the merged values have comes from `valuesFrom`. */
function fieldPath(tokens: readonly string[], values: Json, inline: JsonObject): string {
  const isElsewhere = valueAt(inline, tokens) === undefined && valueAt(values, tokens) !== undefined;
  return isElsewhere ? 'spec.valuesFrom' : shortText(formatPath([...VALUES, ...tokens]));
}

/** Edits of one value in the object; none where the way leads through a list, or past the object. */
function repairs(
  tokens: readonly string[],
  inline: JsonObject,
  values: readonly (Json | undefined)[],
): Pick<FindingDraft, 'repairs'> {
  if (values.length === 0 || tokens.length === 0) return {};
  for (let length = 0; length < tokens.length; length += 1) {
    if (!isJsonObject(valueAt(inline, tokens.slice(0, length)))) return {};
  }
  const at = [...VALUES, ...tokens];
  const edit = (value: Json | undefined): Edit =>
    value === undefined ? { tokens: at } : { tokens: at, value };
  return { repairs: values.map((value) => [edit(value)]) };
}
