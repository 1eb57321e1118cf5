import { applyPatch } from '../json/apply.ts';
import type { Json, JsonObject } from '../json/json.ts';
import { formatPath } from '../json/path.ts';
import { valueAt } from '../json/pointer.ts';
import { BUILT_IN_PLACE, BUILT_IN_POLICY, OBJECT_SCHEMA_RULE } from '../policy/built-in.ts';
import type { Decision, Finding } from '../policy/decision.ts';
import { ANYTHING, type CrdSchema, findCrdSchema, METADATA_SCHEMA } from './crd-schema.ts';
import { type SchemaProblem, schemaProblems, type WrittenAt } from './schema-problems.ts';

/** An object as its author wrote it. */
export interface WrittenObject {
  readonly kind: string;
  readonly version: string;
  readonly object: JsonObject;
  readonly writtenAt: WrittenAt;
}

/**
 * A decision with what the API server says about the object: denied for what its schema refuses, as the webhook would leave it, and warned
 * about fields that it does not know. The webhook never sees such objects, so the engine says nothing about them.
 */
export function withSchemaFindings(decision: Decision, written: WrittenObject): Decision {
  const { object, writtenAt } = written;
  const problemsOf = (value: JsonObject) =>
    schemaProblems(schemaOf(written), value, [], writtenAt).filter(
      (problem) => !isEncrypted(valueAt(value, problem.tokens)),
    );
  const before = problemsOf(object);
  const after =
    decision.patch.length === 0 ? before : problemsOf(applyPatch(object, decision.patch) as JsonObject);
  const invalid = after.filter(({ kind }) => kind !== 'unknown').map(invalidField);
  const unknown = before.filter(({ kind }) => kind === 'unknown').map(unknownField);
  if (invalid.length + unknown.length === 0) return decision;
  // What is said of a value of the wrong type comes of the same mistake.
  const paths = new Set(invalid.map(({ path }) => path));
  const mistyped = new Set(
    after.filter(({ kind }) => kind === 'type').map(({ tokens }) => formatPath(tokens)),
  );
  const others = decision.findings.filter(
    ({ reason, path }) => !mistyped.has(path) && !(reason === 'InvalidObject' && paths.has(path)),
  );
  const denying = others.filter(({ enforcement }) => enforcement === 'Deny');
  const milder = others.filter(({ enforcement }) => enforcement !== 'Deny');
  return {
    ...decision,
    allowed: decision.allowed && invalid.length === 0,
    findings: [...invalid, ...denying, ...unknown, ...milder],
  };
}

/** What SOPS has put in the place of a value: Flux decrypts before it applies. */
function isEncrypted(value: Json | undefined): boolean {
  return typeof value === 'string' && value.startsWith('ENC[');
}

/** The status goes its own way, and SOPS takes its own field out before Flux applies. The engine says where there is no spec. */
function schemaOf({ kind, version }: WrittenObject): CrdSchema {
  const spec = findCrdSchema(kind, version) ?? ANYTHING;
  const text: CrdSchema = { type: 'string' };
  return {
    type: 'object',
    properties: {
      apiVersion: text,
      kind: text,
      metadata: METADATA_SCHEMA,
      spec,
      status: ANYTHING,
      sops: ANYTHING,
    },
  };
}

const BUILT_IN = { policy: BUILT_IN_POLICY, rule: OBJECT_SCHEMA_RULE, place: BUILT_IN_PLACE } as const;

function invalidField({ tokens, message, meant }: SchemaProblem): Finding {
  const quotes = meant?.startsWith('"') === true ? 'in quotes' : 'without quotes';
  return {
    ...BUILT_IN,
    reason: 'InvalidObject',
    enforcement: 'Deny',
    path: formatPath(tokens),
    message,
    ...(meant === undefined ? {} : { wouldPass: `${meant} (${quotes})` }),
  };
}

function unknownField({ tokens, message, hint }: SchemaProblem): Finding {
  const said = hint === undefined ? message : `${message}; ${hint}`;
  return {
    ...BUILT_IN,
    reason: 'UnknownField',
    enforcement: 'Warn',
    path: formatPath(tokens),
    message: said,
  };
}
