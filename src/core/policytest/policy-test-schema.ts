/** JSON Schema of PolicyTest documents, for `helmgate test` and for editors. */
import type { JsonObject } from '../json/json.ts';

/** A fact as a whole may be one of these words: then it is unknown for that reason. */
export const UNKNOWN_REASONS = ['NotFound', 'Forbidden', 'Unavailable', 'Unsupported'] as const;

/** Cases of one document; a file with more is better split by topic. */
const MAX_CASES = 1000;
const RFC_3339 = '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?(Z|[+-]\\d{2}:\\d{2})$';

const TEXT = { type: 'string', minLength: 1, maxLength: 4096 };
const TIME = { type: 'string', pattern: RFC_3339, description: 'A time as in 2026-06-01T00:00:00Z.' };
const OBJECT = { type: 'object' };
const RELATIVE_PATH = {
  type: 'string',
  minLength: 1,
  maxLength: 1024,
  pattern: '^[^/\\\\\\u0000][^\\\\\\u0000]*$',
  description: 'A path relative to this file.',
};

const LABELS = { type: 'object', additionalProperties: { type: 'string', maxLength: 63 } };
const UNKNOWN = { enum: [...UNKNOWN_REASONS] };
/** The known shape, or the reason why the fact is unknown. */
const fact = (known: JsonObject, description: string): JsonObject => ({
  description,
  if: { type: 'string' },
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema; nobody awaits a schema
  then: UNKNOWN,
  else: known,
});
const record = (required: readonly string[], properties: JsonObject): JsonObject => ({
  type: 'object',
  required: [...required],
  additionalProperties: false,
  properties,
});
const MANIFESTS = { type: 'array', maxItems: 1000, items: OBJECT };

const FACTS = {
  type: 'object',
  additionalProperties: false,
  description:
    'What is known about the world. Members that are not written have the defaults of docs/policy-tests.md.',
  properties: {
    namespaceLabels: {
      type: 'object',
      maxProperties: 1000,
      description: 'Labels by namespace; a namespace that is not listed has none.',
      additionalProperties: fact(LABELS, 'Labels of one namespace.'),
    },
    sources: fact(MANIFESTS, 'Manifests of source objects; what is not among them does not exist.'),
    releases: fact(MANIFESTS, 'Manifests of the other HelmReleases.'),
    dependents: fact(MANIFESTS, 'Manifests of the HelmReleases that use the source that is judged.'),
    chart: fact(
      record(['name', 'version'], {
        name: TEXT,
        version: TEXT,
        appVersion: TEXT,
        created: TIME,
        deprecated: { type: 'boolean' },
        kubeVersion: TEXT,
        digest: TEXT,
      }),
      'The chart that the range resolved to.',
    ),
    values: fact(OBJECT, 'The merged values.'),
    rendered: fact(
      record(['objects'], {
        objects: MANIFESTS,
        hooks: MANIFESTS,
        operation: { enum: ['CREATE', 'UPDATE', 'DELETE'], description: 'In phase request.' },
      }),
      'The objects that helm rendered; in phase request, the object of one API write.',
    ),
    signature: fact(
      record(['verdict', 'provider'], {
        verdict: { enum: ['Valid', 'Invalid', 'Missing'] },
        provider: { enum: ['cosign', 'notation', 'prov'] },
        signer: TEXT,
      }),
      "What the check of the chart's signature gave.",
    ),
    promotions: fact(
      {
        type: 'array',
        maxItems: 1000,
        items: record(['namespace', 'chart', 'version', 'readySince'], {
          namespace: TEXT,
          namespaceLabels: LABELS,
          labels: LABELS,
          chart: TEXT,
          version: TEXT,
          readySince: TIME,
        }),
      },
      'Where versions have been Ready.',
    ),
    kubeVersion: {
      type: 'string',
      maxLength: 100,
      pattern: `^(v?\\d.*|${UNKNOWN_REASONS.join('|')})$`,
      description: 'Version of the API server, such as v1.36.3, or why it is unknown.',
    },
  },
};

const FINDING = {
  type: 'object',
  minProperties: 1,
  additionalProperties: false,
  description: 'Only the members that are written are compared.',
  properties: {
    policy: TEXT,
    rule: TEXT,
    reason: TEXT,
    enforcement: { enum: ['Deny', 'Warn', 'Audit'] },
    path: TEXT,
    found: { description: 'The whole value.' },
    message: { ...TEXT, description: 'A part of the message.' },
    wouldPass: { ...TEXT, description: 'A part of the proposal.' },
    hold: record([], { until: TIME }),
  },
};

const EXPECT = {
  type: 'object',
  minProperties: 1,
  additionalProperties: false,
  properties: {
    verdict: { enum: ['Allow', 'Deny', 'Hold'] },
    findings: {
      type: 'array',
      maxItems: 1000,
      items: FINDING,
      description: 'Exactly these, in any order; [] for none.',
    },
    warnings: {
      type: 'array',
      maxItems: 100,
      items: TEXT,
      description: 'Each must be a part of one warning; [] when there must be none.',
    },
    object: {
      type: 'object',
      minProperties: 1,
      maxProperties: 1000,
      description:
        'Dotted paths or JSON pointers, and the values there after the mutations; null for absent.',
    },
  },
};

const CASE = {
  type: 'object',
  required: ['name', 'expect'],
  additionalProperties: false,
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 300, description: 'A sentence: what is proved.' },
    phase: { enum: ['admission', 'release', 'request'], description: 'admission when absent.' },
    operation: {
      enum: ['CREATE', 'UPDATE', 'DELETE'],
      description: 'UPDATE when there is an old object or the phase is not admission, else CREATE.',
    },
    now: TIME,
    dryRun: { type: 'boolean' },
    user: record(['username'], {
      username: TEXT,
      uid: TEXT,
      groups: { type: 'array', maxItems: 1000, items: TEXT },
    }),
    object: OBJECT,
    objectFile: RELATIVE_PATH,
    oldObject: OBJECT,
    oldObjectFile: RELATIVE_PATH,
    facts: FACTS,
    expect: EXPECT,
  },
};

/** Schema of one PolicyTest document. */
export const POLICY_TEST_SCHEMA: JsonObject = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Helmgate policy test',
  type: 'object',
  required: ['apiVersion', 'kind', 'metadata', 'spec'],
  additionalProperties: false,
  properties: {
    apiVersion: { const: 'helmgate.dev/v1alpha1' },
    kind: { const: 'PolicyTest' },
    metadata: {
      type: 'object',
      required: ['name'],
      additionalProperties: false,
      properties: {
        name: TEXT,
        labels: { type: 'object', additionalProperties: { type: 'string' } },
        annotations: { type: 'object', additionalProperties: { type: 'string' } },
      },
    },
    spec: {
      type: 'object',
      required: ['cases'],
      additionalProperties: false,
      properties: {
        policies: {
          type: 'array',
          minItems: 1,
          maxItems: 100,
          items: RELATIVE_PATH,
          description: 'Policy files or folders.',
        },
        inline: {
          type: 'array',
          minItems: 1,
          maxItems: 1000,
          items: OBJECT,
          description: 'Whole Policy and Exception documents.',
        },
        now: TIME,
        facts: FACTS,
        cases: { type: 'array', minItems: 1, maxItems: MAX_CASES, items: CASE },
      },
    },
  },
};
