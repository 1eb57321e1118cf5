import schemas from './schemas.json' with { type: 'json' };

/** A structural schema (apiextensions.k8s.io/v1), as far as the chart's definitions use it. */
export interface CrdSchema {
  /** Any, where it is absent. */
  readonly type?: 'object' | 'array' | 'string' | 'boolean' | 'integer';
  readonly properties?: Readonly<Record<string, CrdSchema>>;
  readonly required?: readonly string[];
  readonly items?: CrdSchema;
  readonly additionalProperties?: CrdSchema;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly default?: unknown;
  readonly 'x-kubernetes-preserve-unknown-fields'?: true;
  readonly 'x-kubernetes-validations'?: readonly CrdRule[];
}

/** A CEL expression about `self`, and what is said where it is false. */
export interface CrdRule {
  readonly rule: string;
  readonly message: string;
}

/** The schema of the spec of a kind in a version, as the API server has it; undefined for kinds and versions that no definition here is of. */
export function findCrdSchema(kind: string, version: string): CrdSchema | undefined {
  const versions = Object.hasOwn(SCHEMAS, kind) ? SCHEMAS[kind] : undefined;
  return versions !== undefined && Object.hasOwn(versions, version) ? versions[version] : undefined;
}

const text = (more: Partial<CrdSchema> = {}): CrdSchema => ({ type: 'string', ...more });
const SUBDOMAIN = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$';
const LABEL = '^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$';
export const ANYTHING: CrdSchema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
const TEXTS: CrdSchema = { type: 'object', additionalProperties: text() };

/** The patterns that people know by other words. */
export const PATTERN_TEXTS: ReadonlyMap<string, string> = new Map([
  [SUBDOMAIN, 'must be lower case letters, digits, - and ., and begin and end with a letter or digit'],
  [LABEL, 'must be lower case letters, digits and -, and begin and end with a letter or digit'],
  ['^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$', 'must be a duration such as 30s, 5m or 1h30m'],
  ['^([0-9]+(\\.[0-9]+)?(ms|s|m))+$', 'must be a duration without hours, such as 30s, 5m or 90m'],
]);

/** The metadata of all kinds: what an author may write there, and what the API server writes, which `kubectl get -o yaml` prints. */
export const METADATA_SCHEMA: CrdSchema = {
  type: 'object',
  'x-kubernetes-validations': [
    { rule: 'has(self.name) || has(self.generateName)', message: 'either name or generateName must be set' },
  ],
  properties: {
    name: text({ minLength: 1, maxLength: 253, pattern: SUBDOMAIN }),
    generateName: text(),
    namespace: text({ maxLength: 63, pattern: LABEL }),
    labels: TEXTS,
    annotations: TEXTS,
    finalizers: { type: 'array', items: text() },
    ownerReferences: { type: 'array', items: ANYTHING },
    managedFields: { type: 'array', items: ANYTHING },
    creationTimestamp: text(),
    deletionTimestamp: text(),
    deletionGracePeriodSeconds: { type: 'integer' },
    generation: { type: 'integer' },
    resourceVersion: text(),
    selfLink: text(),
    uid: text(),
  },
};

const SCHEMAS = schemas as unknown as Readonly<Record<string, Readonly<Record<string, CrdSchema>>>>;
