import { canonicalJson } from '../json/canonical.ts';
import { isEqualJson } from '../json/equal.ts';
import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';

/**
 * Whether a value fits a JSON Schema (draft 7), decided by walking the schema; undefined where it uses a keyword that is not known here.
 *
 * Compiling the schema of policy files to code takes ten times as long as everything else that a check of one manifest does, and
 * almost all policy files are right: the compiled validator is only needed to say what is wrong with one. It and this answer
 * alike, which a test holds them to. Patterns are those of our own schemas.
 */
export function fitsSchema(schema: JsonObject, value: Json): boolean | undefined {
  let fits: boolean | undefined = true;
  for (const [keyword, wanted] of Object.entries(schema)) {
    if (wanted === undefined || ANNOTATIONS.has(keyword)) continue;
    const answer = check(keyword, wanted, value, schema);
    if (answer === undefined) return undefined;
    fits &&= answer;
  }
  return fits;
}

const ANNOTATIONS: ReadonlySet<string> = new Set(['$schema', 'title', 'description', 'then', 'else']);

/** Keywords that only speak about one type are true for values of another one. */
function check(keyword: string, wanted: Json, value: Json, schema: JsonObject): boolean | undefined {
  switch (keyword) {
    case 'type':
      return isList(wanted) ? wanted.some((type) => isType(value, type)) : isType(value, wanted);
    case 'const':
      return isEqualJson(value, wanted);
    case 'enum':
      return isList(wanted) && wanted.some((each) => isEqualJson(value, each));
    case 'if':
      return checkBranch(wanted, value, schema);
    case 'minLength':
    case 'maxLength':
    case 'pattern':
      return typeof value === 'string' ? checkText(keyword, wanted, value) : true;
    case 'minimum':
      return typeof value === 'number' ? value >= Number(wanted) : true;
    case 'maximum':
      return typeof value === 'number' ? value <= Number(wanted) : true;
    case 'minItems':
    case 'maxItems':
    case 'uniqueItems':
    case 'items':
      return isList(value) ? checkList(keyword, wanted, value) : true;
    case 'required':
    case 'minProperties':
    case 'maxProperties':
    case 'properties':
    case 'patternProperties':
    case 'additionalProperties':
      return isJsonObject(value) ? checkObject(keyword, wanted, value, schema) : true;
    default:
      return undefined;
  }
}

function isType(value: Json, type: Json): boolean {
  switch (type) {
    case 'object':
      return isJsonObject(value);
    case 'array':
      return Array.isArray(value);
    case 'null':
      return value === null;
    case 'integer':
      return Number.isInteger(value);
    case 'number':
      return Number.isFinite(value);
    default:
      return typeof value === type;
  }
}

function checkBranch(condition: Json, value: Json, schema: JsonObject): boolean | undefined {
  const answer = fitsAny(condition, value);
  if (answer === undefined) return undefined;
  const branch = schema[answer ? 'then' : 'else'];
  return branch === undefined ? true : fitsAny(branch, value);
}

function checkText(keyword: string, wanted: Json, text: string): boolean {
  if (keyword === 'pattern') return typeof wanted === 'string' && patternOf(wanted).test(text);
  // Length counts code points (RFC 8259, section 1; JSON Schema validation 6.3).
  const { length } = Array.from(text);
  return keyword === 'minLength' ? length >= Number(wanted) : length <= Number(wanted);
}

function checkList(keyword: string, wanted: Json, list: readonly Json[]): boolean | undefined {
  if (keyword === 'minItems') return list.length >= Number(wanted);
  if (keyword === 'maxItems') return list.length <= Number(wanted);
  if (keyword === 'uniqueItems')
    return wanted !== true || new Set(list.map((item) => canonicalJson(item))).size === list.length;
  return isList(wanted) ? undefined : all(list, (item) => fitsAny(wanted, item));
}

function checkObject(
  keyword: string,
  wanted: Json,
  object: JsonObject,
  schema: JsonObject,
): boolean | undefined {
  const keys = Object.keys(object).filter((key) => object[key] !== undefined);
  if (keyword === 'required')
    return isList(wanted) && wanted.every((key) => typeof key === 'string' && keys.includes(key));
  if (keyword === 'minProperties') return keys.length >= Number(wanted);
  if (keyword === 'maxProperties') return keys.length <= Number(wanted);
  const { properties = {}, patternProperties = {} } = schema;
  if (!isJsonObject(properties) || !isJsonObject(patternProperties)) return undefined;
  const patterns = Object.entries(patternProperties);
  return all(keys, (key) => {
    const member = object[key] ?? null;
    const own = Object.hasOwn(properties, key) ? properties[key] : undefined;
    const fitting = patterns.filter(([pattern]) => patternOf(pattern).test(key));
    if (keyword === 'properties') return own === undefined ? true : fitsAny(own, member);
    if (keyword === 'patternProperties') return all(fitting, ([, each]) => fitsAny(each ?? true, member));
    return own !== undefined || fitting.length > 0 ? true : fitsAny(wanted, member);
  });
}

function fitsAny(schema: Json, value: Json): boolean | undefined {
  if (typeof schema === 'boolean') return schema;
  return isJsonObject(schema) ? fitsSchema(schema, value) : undefined;
}

/** True when all are; undefined as soon as one is not known. */
function all<T>(items: readonly T[], fits: (item: T) => boolean | undefined): boolean | undefined {
  let answer = true;
  for (const item of items) {
    const each = fits(item);
    if (each === undefined) return undefined;
    answer &&= each;
  }
  return answer;
}

const patterns = new Map<string, RegExp>();

function patternOf(source: string): RegExp {
  let pattern = patterns.get(source);
  if (pattern === undefined) {
    pattern = new RegExp(source, 'u');
    patterns.set(source, pattern);
  }
  return pattern;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
