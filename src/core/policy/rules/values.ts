import type { Json } from '../../json/json.ts';
import { checkJsonSchema } from '../check-json-schema.ts';
import { compileJsonSchema } from '../compile-json-schema.ts';
import { inlineReferences } from '../inline-references.ts';
import { judgeValues, type ValuesOptions } from '../judge-values.ts';
import { partialSchema } from '../partial-schema.ts';
import type { RuleBody } from '../rule.ts';
import type { RuleContext, RuleDefinition } from '../rule-definition.ts';
import { UNKNOWN_SCHEMA, UNKNOWN_TEXT, type UnknownVerdict } from '../unknown-fact.ts';
import { parseValuePath, VALUE_PATHS_SCHEMA, type ValuePath } from '../value-path.ts';

/** Rule `values`; what it is for and what it says stands in its definition. */
export const values: RuleDefinition = {
  field: 'values',
  summary: 'a JSON Schema for the final values; no plain secrets, no forbidden keys',
  why: `A chart's own schema says what its templates can bear; what a platform wants (at least two replicas, no host network, a team's
label) is another matter. And a password in \`spec.values\` is in git, in the object, in each backup and in front of everybody who may read
HelmReleases.`,
  when: ['admission', 'release'],
  reads: ['spec.values', 'spec.valuesFrom', 'at release time the merged values'],
  verdicts: `\`schema\` and \`forbidden\` judge the values that helm is given, without the chart's own defaults: at release time all of them. At
admission only \`spec.values\` is there. Without \`valuesFrom\` that is all, and judged in full; with it, what is certain is judged: values in the
object win over those merged below them, so what is wrong with a scalar or a list stays wrong, while a key that is missing may still come. With
a \`targetPath\`, which Flux lets win in some places, \`schema\` waits for the release. When the merged values are not known then, \`unknown\` says
what happens.

The schema is JSON Schema of draft 7 or 2020-12, read when the file is loaded, with patterns of RE2. What could not be judged in bounded time
or would not be judged at all is an error there: references out of the schema or back into themselves, \`format\`, \`unevaluatedProperties\`,
unknown keywords. Numbers are doubles, as in Flux. Values that take more work than a judgement may cost, or of which there are more than
100,000, deny with PolicyError.

\`secrets: Deny\` looks through \`spec.values\` only, since a Secret in \`valuesFrom\` is where secrets belong. It finds texts below keys that name a
secret (\`password\`, \`apiKey\`, \`secretKey\`, \`db_pass\`, \`{name: DB_PASSWORD, value: ...}\`, \`password: {value: ...}\`, but not \`passwordKey\`,
\`existingSecret\` or \`tokenTTL\`). Under any key it finds private keys, AWS keys, JSON Web Tokens, vendors' API tokens, credentials in URLs, headers and
connection strings, random-looking tokens, and lines of a text such as \`password: hunter2\`, \`DB_PASSWORD=hunter2\` and \`--password=hunter2\`. Empty values and placeholders such as
\`\${PASSWORD}\` pass. It guards against mistakes, not against somebody who hides one. No finding shows the value.`,
  reasons: {
    ValuesInvalid: 'the values do not fit the schema, or set what is forbidden',
    PlainSecret: 'a value in the object looks like a secret',
    FactUnknown: 'the merged values are not known at release time',
  },
  options: [
    { path: 'schema', text: 'a JSON Schema for the values' },
    { path: 'forbidden', text: 'paths that may not be set; `*` stands for one key or index' },
    { path: 'secrets', text: '`Deny`: no plain secrets in `spec.values`' },
    { path: 'except', text: 'paths at and below which values are not taken for secrets' },
    { path: 'unknown', text: UNKNOWN_TEXT },
  ],
  example: `
- id: values
  values:
    schema:
      properties:
        replicaCount: {type: integer, minimum: 2}
        hostNetwork: {const: false}
    forbidden: [image.tag]
    secrets: Deny
    except: [auth.sessionToken]
`,
  schema: {
    type: 'object',
    minProperties: 1,
    additionalProperties: false,
    description: 'What the values must be.',
    properties: {
      schema: { type: 'object', description: 'A JSON Schema, draft 7 or 2020-12.' },
      forbidden: { ...VALUE_PATHS_SCHEMA, description: 'Paths that may not be set.' },
      secrets: { enum: ['Deny'], description: 'No plain secrets in spec.values.' },
      except: { ...VALUE_PATHS_SCHEMA, description: 'Where values are not taken for secrets.' },
      unknown: UNKNOWN_SCHEMA,
    },
  },
  compile(written, at, context) {
    const { schema, forbidden = [], secrets, except, unknown = 'Deny' } = written as unknown as WrittenValues;
    if (schema === undefined && forbidden.length === 0 && secrets === undefined) {
      context.error(at, 'a rule about values needs schema, forbidden or secrets');
      return undefined;
    }
    if (except !== undefined && secrets === undefined) {
      context.error([...at, 'except'], 'except has no effect without secrets', 'add secrets: Deny');
      return undefined;
    }
    const compiled = schema === undefined ? 'none' : compileSchema(schema, [...at, 'schema'], context);
    const paths = compilePaths(forbidden, [...at, 'forbidden'], context);
    const allowed = compilePaths(except ?? [], [...at, 'except'], context);
    if (compiled === undefined || paths === undefined || allowed === undefined) return undefined;
    return valuesRule({
      ...(compiled === 'none' ? {} : { schema: compiled }),
      forbidden: paths,
      ...(secrets === undefined ? {} : { secretsExcept: allowed }),
      unknown,
    });
  },
};

interface WrittenValues {
  readonly schema?: Json;
  readonly forbidden?: readonly string[];
  readonly secrets?: 'Deny';
  readonly except?: readonly string[];
  readonly unknown?: UnknownVerdict;
}

function compileSchema(
  schema: Json,
  at: readonly string[],
  context: RuleContext,
): ValuesOptions['schema'] | undefined {
  const plain = checkJsonSchema(schema, at, context) ? inlineReferences(schema, at, context) : undefined;
  if (plain === undefined) return undefined;
  try {
    return { whole: compileJsonSchema(plain), part: compileJsonSchema(partialSchema(plain)) };
  } catch (cause) {
    // What the checks let through and ajv does not: one schema must not keep the whole set from being told what is wrong.
    context.error(
      at,
      `the schema cannot be compiled: ${cause instanceof Error ? cause.message : String(cause)}`,
    );
    return undefined;
  }
}

function compilePaths(
  texts: readonly string[],
  at: readonly string[],
  context: RuleContext,
): readonly ValuePath[] | undefined {
  const paths = texts.flatMap((text, index) => {
    const path = parseValuePath(text);
    if (path === undefined)
      context.error([...at, String(index)], `${JSON.stringify(text)} is no path in values`);
    return path ?? [];
  });
  return paths.length === texts.length ? paths : undefined;
}

/** Makes the rule of its options. */
export function valuesRule(options: ValuesOptions): RuleBody {
  return {
    kinds: ['HelmRelease'],
    reads: [],
    writes: [],
    unknown: options.unknown,
    judge: (input) =>
      input.phase === 'request' ? { findings: [], warnings: [] } : judgeValues(options, input),
  };
}
