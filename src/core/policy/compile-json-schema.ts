import { Ajv, type ErrorObject, type FuncKeywordDefinition, type Options } from 'ajv';
import { canonicalJson } from '../json/canonical.ts';
import type { Json } from '../json/json.ts';
import { asFloat } from '../release/values.ts';
import { METER_KEYWORD } from './json-schema-keywords.ts';
import { MeteredPattern } from './metered-pattern.ts';
import { MAX_EVALUATION_STEPS, WorkLimitError, WorkMeter } from './work-meter.ts';

/**
 * Steps of judging one value by one schema, apart from patterns: 300,000 of these fill an evaluation's budget, three for each value. What
 * is wrong takes 300 bytes each, so this bounds the memory as well.
 */
const STEPS_PER_SCHEMA = 333;
/** Values in values: an object of 1.4 MB, what etcd takes, holds 50,000 when each has 28 characters, key included. */
export const MAX_JUDGED_VALUES = 100_000;

/** One thing that is wrong with a value; `schema` is what stands under the keyword. */
export type SchemaViolation = Pick<
  ErrorObject,
  'instancePath' | 'keyword' | 'params' | 'message' | 'schemaPath' | 'schema'
>;

export interface CompiledSchema {
  /**
   * What is wrong with the value; empty when it fits. Throws `WorkLimitError` when judging takes more than `limit` steps, which is all
   * that an evaluation may take unless said otherwise.
   */
  violations(value: Json, limit?: number): readonly SchemaViolation[];
  /** Steps that the last judgement took. */
  readonly steps: () => number;
}

const OPTIONS: Options = {
  allErrors: true,
  strict: false,
  meta: false,
  validateSchema: false,
  addUsedSchema: false,
  logger: false,
  // Errors bring what stands under their keyword.
  verbose: true,
  // A key like `constructor` is there only when the values have it.
  ownProperties: true,
  // minContains and maxContains, which draft 7 lacks.
  next: true,
  strictNumbers: true,
};

/** Compiles a schema without references, as `inlineReferences` and `partialSchema` make it. */
export function compileJsonSchema(schema: Json): CompiledSchema {
  const meter = new WorkMeter(
    MAX_EVALUATION_STEPS,
    'the values take more work to judge by the schema than is allowed',
  );
  const regExp = Object.assign((pattern: string) => new MeteredPattern(pattern, meter), {
    // Only read when code is written to a file.
    code: 're2js',
  });
  // ajv's optimizer takes longer than all else, and V8 has one of its own.
  const ajv = new Ajv({ ...OPTIONS, code: { regExp, optimize: false } });
  for (const [keyword, definition] of Object.entries(comparisons(meter))) {
    ajv.removeKeyword(keyword);
    ajv.addKeyword({ keyword, errors: false, ...definition });
  }
  ajv.addKeyword({
    keyword: METER_KEYWORD,
    errors: false,
    validate: () => {
      meter.charge(STEPS_PER_SCHEMA);
      return true;
    },
  });
  const validate = ajv.compile(asFloat(schema) as boolean | Record<string, unknown>);
  return {
    steps: () => meter.steps,
    violations(value, limit = MAX_EVALUATION_STEPS) {
      meter.reset(limit);
      if (sizeOf(value) > MAX_JUDGED_VALUES) {
        throw new WorkLimitError(`there are more than ${MAX_JUDGED_VALUES} values, too many for a schema`);
      }
      return validate(value) ? [] : withoutAlternatives(validate.errors ?? []);
    },
  };
}

/**
 * Keywords that compare values, by canonical JSON, each character of which is a step. ajv's own comparison of objects trips over keys such
 * as `valueOf` and `constructor`, and its `uniqueItems` compares each item with each other one.
 */
function comparisons(meter: WorkMeter): Readonly<Record<string, Omit<FuncKeywordDefinition, 'keyword'>>> {
  const textOf = (value: Json): string => {
    const text = canonicalJson(value);
    meter.charge(text.length);
    return text;
  };
  const isOneOf = (choices: readonly Json[]): ((value: Json) => boolean) => {
    const texts = new Set(choices.map((choice) => canonicalJson(choice)));
    const anyObject = choices.some((choice) => typeof choice === 'object' && choice !== null);
    return (value) => (anyObject || typeof value !== 'object' || value === null) && texts.has(textOf(value));
  };
  return {
    enum: { compile: isOneOf },
    const: { compile: (choice: Json) => isOneOf([choice]) },
    uniqueItems: {
      type: 'array',
      compile: (wanted: boolean) => (items: readonly Json[]) =>
        !wanted || new Set(items.map(textOf)).size === items.length,
    },
  };
}

/** What is wrong with each alternative says less than that none of them fits; that `then` does not fit, less than why. */
function withoutAlternatives(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const choices = new Map<string, Set<string>>();
  for (const { keyword, schemaPath, instancePath } of errors) {
    if (keyword !== 'anyOf' && keyword !== 'oneOf') continue;
    const places = choices.get(schemaPath);
    if (places === undefined) choices.set(schemaPath, new Set([instancePath]));
    else places.add(instancePath);
  }
  const told = choices.size === 0 ? errors : errors.filter((error) => !isOfAlternative(error, choices));
  const plain = told.filter(({ keyword }) => keyword !== 'if');
  return plain.length === 0 ? told : plain;
}

function isOfAlternative(
  { schemaPath, instancePath }: ErrorObject,
  choices: ReadonlyMap<string, ReadonlySet<string>>,
): boolean {
  return beginnings(schemaPath).some((choice) => {
    const places = choices.get(choice);
    return (
      places !== undefined &&
      (places.has(instancePath) || beginnings(instancePath).some((place) => places.has(place)))
    );
  });
}

/** The paths above a path. */
function beginnings(path: string): readonly string[] {
  const above: string[] = [];
  for (let slash = path.lastIndexOf('/'); slash >= 0; slash = path.lastIndexOf('/', slash - 1)) {
    above.push(path.slice(0, slash));
    if (slash === 0) break;
  }
  return above;
}

/** Values never change, and many schemas are asked about the same ones. */
const sizes = new WeakMap<object, number>();

/** Values in a value, counted once; one more than may be judged stands for all larger ones. */
function sizeOf(value: Json): number {
  if (typeof value !== 'object' || value === null) return 1;
  const known = sizes.get(value);
  if (known !== undefined) return known;
  const size = countValues(value, MAX_JUDGED_VALUES + 1);
  sizes.set(value, size);
  return size;
}

/** Values in a value, itself included; `limit` when there are as many or more. */
export function countValues(value: Json, limit: number): number {
  const pending: (Json | undefined)[] = [value];
  let count = 0;
  while (pending.length > 0 && count < limit) {
    const next = pending.pop();
    count += 1;
    if (typeof next !== 'object' || next === null) continue;
    for (const child of Object.values(next) as readonly (Json | undefined)[]) {
      if (pending.length < limit) pending.push(child);
      else return limit;
    }
  }
  return Math.min(count, limit);
}
