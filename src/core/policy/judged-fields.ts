/**
 * The fields that a rule may judge: those that a policy may give a default, and some that nobody but the author can choose. The
 * configuration of such a rule goes by field: paths at its top are of HelmRelease, the others stand below the name of their kind.
 */
import { isJsonObject, type JsonObject } from '../json/json.ts';
import { formatPath, parsePath } from '../json/path.ts';
import { formatPointer } from '../json/pointer.ts';
import { didYouMean } from './did-you-mean.ts';
import { type FieldType, type FoundField, fieldPaths, findField, isFieldGroup } from './known-fields.ts';
import type { RuleContext } from './rule-definition.ts';

/** The kinds whose fields are known. */
export const KINDS_WITH_FIELDS = ['HelmRelease', 'HelmRepository', 'HelmChart', 'OCIRepository'] as const;
export type KindWithFields = (typeof KINDS_WITH_FIELDS)[number];

/** A field of one kind, and what a rule's configuration says about it. */
export interface JudgedField {
  readonly kind: KindWithFields;
  readonly tokens: readonly string[];
  /** For people, and as the path of findings. */
  readonly path: string;
  readonly pointer: string;
  /** Undefined for a group of fields. */
  readonly found?: FoundField;
  readonly written: JsonObject;
  /** Tokens of `written` in the policy document. */
  readonly at: readonly string[];
}

/** Fields of a HelmRelease that can have no default: what it installs. */
const REFERENCE_FIELDS: Readonly<Record<string, FieldType>> = {
  'spec.chart.spec.chart': 'string',
  'spec.chart.spec.sourceRef.apiVersion': 'string',
  'spec.chart.spec.sourceRef.kind': ['HelmRepository', 'GitRepository', 'Bucket'],
  'spec.chart.spec.sourceRef.name': 'string',
  'spec.chart.spec.sourceRef.namespace': 'string',
  'spec.chartRef.apiVersion': 'string',
  'spec.chartRef.kind': ['OCIRepository', 'HelmChart', 'ExternalArtifact'],
  'spec.chartRef.name': 'string',
  'spec.chartRef.namespace': 'string',
};

/** Fields that one rule may name for one kind; the API has 90 for a HelmRelease. */
const MAX_FIELDS = 200;

/** Paths by their beginning, so that no name of a kind and no option is taken for one. */
const PATH = /^(spec|metadata)\.|^\//;

/**
 * Schema of a configuration by field. A name that is neither a path, nor a kind, nor an option is let through as long as it holds an
 * object: `judgedFields` can say more about it than a schema.
 */
export function judgedFieldsSchema(
  description: string,
  condition: JsonObject,
  options: JsonObject = {},
): JsonObject {
  const fields = { type: 'object', minProperties: 1, maxProperties: MAX_FIELDS };
  const kind = {
    ...fields,
    patternProperties: { [PATH.source]: condition },
    additionalProperties: { type: 'object' },
  };
  return {
    ...fields,
    description,
    properties: { ...options, ...Object.fromEntries(KINDS_WITH_FIELDS.map((name) => [name, kind])) },
    patternProperties: { [PATH.source]: condition },
    additionalProperties: { type: 'object' },
  };
}

/**
 * The fields of a configuration that fits its schema; undefined after an error was reported. `options` are the names at the top
 * that are no fields.
 */
export function judgedFields(
  written: JsonObject,
  at: readonly string[],
  context: RuleContext,
  options: readonly string[] = [],
): readonly JudgedField[] | undefined {
  let failed = false;
  const error = (...said: Parameters<RuleContext['error']>): void => {
    failed = true;
    context.error(...said);
  };
  const fields = new Map<string, JudgedField>();
  const add = (kind: KindWithFields, path: string, condition: JsonObject, place: readonly string[]): void => {
    const field = readField(kind, path, condition, place, error);
    if (field === undefined) return;
    const key = `${kind} ${field.pointer}`;
    if (fields.has(key)) error(place, `${field.path} of ${kind} is named twice`);
    else fields.set(key, field);
  };
  for (const [name, member] of Object.entries(written)) {
    if (options.includes(name) || !isJsonObject(member)) continue;
    const place = [...at, name];
    const kind = KINDS_WITH_FIELDS.find((judged) => judged === name);
    if (kind !== undefined) {
      for (const [path, condition] of Object.entries(member))
        if (isJsonObject(condition)) add(kind, path, condition, [...place, path]);
    } else if (PATH.test(name)) {
      add('HelmRelease', name, member, place);
    } else {
      const known = [...KINDS_WITH_FIELDS, ...options, ...fieldPaths('HelmRelease')];
      error(
        place,
        `${JSON.stringify(name)} is neither a path such as spec.timeout nor a kind`,
        didYouMean(name, known),
      );
    }
  }
  return failed ? undefined : [...fields.values()];
}

function readField(
  kind: KindWithFields,
  written: string,
  condition: JsonObject,
  at: readonly string[],
  error: RuleContext['error'],
): JudgedField | undefined {
  const tokens = parsePath(written);
  if (tokens === undefined) {
    error(at, `${JSON.stringify(written)} is neither a dotted path nor a JSON pointer`);
    return undefined;
  }
  const path = formatPath(tokens);
  const field = { kind, tokens, path, pointer: formatPointer(tokens), written: condition, at };
  const found = findJudgedField(kind, tokens);
  if (found !== undefined) return { ...field, found };
  if (isGroup(kind, tokens)) return field;
  if (tokens[0] === 'metadata')
    error(at, `${path} cannot be judged: of metadata only labels and annotations, by their keys`);
  else error(at, `${kind} has no field ${path}`, didYouMean(path, withGroups(judgedPaths(kind))));
  return undefined;
}

const MAP_OF_TEXTS: FoundField = { field: { type: 'strings' }, inside: true };

function findJudgedField(kind: KindWithFields, tokens: readonly string[]): FoundField | undefined {
  const [root, map] = tokens;
  if (root === 'metadata') {
    return tokens.length === 3 && (map === 'labels' || map === 'annotations') ? MAP_OF_TEXTS : undefined;
  }
  const type = kind === 'HelmRelease' ? REFERENCE_FIELDS[tokens.join('.')] : undefined;
  if (type !== undefined && tokens.every((token) => !token.includes('.'))) {
    return { field: { type }, inside: false };
  }
  return findField(kind, tokens);
}

function isGroup(kind: KindWithFields, tokens: readonly string[]): boolean {
  const prefix = `${tokens.join('.')}.`;
  return (
    tokens.length > 1 &&
    (isFieldGroup(kind, tokens) || judgedPaths(kind).some((path) => path.startsWith(prefix)))
  );
}

/** Dotted paths of all fields of a kind that a rule may judge. */
export function judgedPaths(kind: string): readonly string[] {
  return [...fieldPaths(kind), ...(kind === 'HelmRelease' ? Object.keys(REFERENCE_FIELDS) : [])];
}

/** The paths, and those of the groups that they lie in. */
function withGroups(paths: readonly string[]): readonly string[] {
  const all = new Set(paths);
  for (const path of paths) {
    for (let end = path.indexOf('.', 5); end !== -1; end = path.indexOf('.', end + 1))
      all.add(path.slice(0, end));
  }
  return [...all];
}
