import assert from 'node:assert/strict';
import { Ajv, type ValidateFunction } from 'ajv';
import fc from 'fast-check';
import type { Json, JsonObject } from '../../../../src/core/json/json.ts';
import { applyEdits } from '../../../../src/core/policy/apply-edits.ts';
import { fieldPaths, findField } from '../../../../src/core/policy/known-fields.ts';
import type { FindingDraft, Judgement, RuleBody, RuleInput } from '../../../../src/core/policy/rule.ts';
import type { RuleDefinition } from '../../../../src/core/policy/rule-definition.ts';
import { setEdit } from '../../../../src/core/policy/set-edit.ts';
import { factsWith, helmRelease, subjectOf } from '../policy-fixture.ts';
import { judgeBoth } from './judge-rule.ts';

/** What a compiler said about a rule's configuration: `place: message (hint)`. */
export interface CompiledUnderTest {
  readonly body: RuleBody | undefined;
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

/** Compiles what stands under a rule's field; a configuration that does not fit the schema is one error for each misfit. */
export function compileRule(definition: RuleDefinition, written: Json): CompiledUnderTest {
  const errors: string[] = [];
  const warnings: string[] = [];
  const fits = validators.get(definition) ?? compileSchema(definition);
  if (!fits(written)) {
    errors.push(...(fits.errors ?? []).map(({ instancePath, message }) => `${instancePath}: ${message}`));
    return { body: undefined, errors, warnings };
  }
  const body = definition.compile(written, [], {
    placeOf: () => ({ file: 'p.yaml', line: 1, column: 1 }),
    error: (tokens, message, hint) =>
      errors.push(`${tokens.join(' ')}: ${message}${hint === undefined ? '' : ` (${hint})`}`),
    warn: (tokens, message) => warnings.push(`${tokens.join(' ')}: ${message}`),
  });
  return { body, errors, warnings };
}

const validators = new WeakMap<RuleDefinition, ValidateFunction>();

function compileSchema(definition: RuleDefinition): ValidateFunction {
  const fits = new Ajv({ allErrors: true, strict: true, strictRequired: false }).compile(definition.schema);
  validators.set(definition, fits);
  return fits;
}

/** The rule of a configuration that compiles. */
export function ruleOf(definition: RuleDefinition, written: Json): RuleBody {
  const { body, errors } = compileRule(definition, written);
  assert.deepEqual(errors, []);
  assert.ok(body);
  return body;
}

/** What a rule says about an object; as a create at admission, with nothing known, unless told otherwise. */
export function judge(body: RuleBody, object: JsonObject, more: Partial<RuleInput> = {}): Judgement {
  const subject = subjectOf(object);
  const input = { subject, object, facts: factsWith(), phase: 'admission', mutates: true, ...more } as const;
  return judgeBoth(body, input);
}

/** `path: message`, and what would pass. */
export function said(findings: readonly FindingDraft[]): readonly string[] {
  return findings.map(
    ({ path, message, wouldPass }) =>
      `${path}: ${message}${wouldPass === undefined ? '' : ` -> ${wouldPass}`}`,
  );
}

/** Each alternative that a finding proposes makes that finding vanish. */
export function assertRepairsCure(
  body: RuleBody,
  object: JsonObject,
  more: (object: JsonObject) => Partial<RuleInput> = () => ({}),
): void {
  for (const finding of judge(body, object, more(object)).findings) {
    for (const edits of finding.repairs ?? []) {
      const cured = applyEdits(object, edits);
      assert.ok(cured, `${finding.path}: the edits cannot be made`);
      const left = judge(body, cured, more(cured)).findings.filter(
        ({ reason, path, message }) =>
          reason === finding.reason && path === finding.path && message === finding.message,
      );
      assert.deepEqual(left, [], `${finding.path}: ${JSON.stringify(edits)}`);
    }
  }
}

const API_VERSIONS: Readonly<Record<string, readonly string[]>> = {
  HelmRelease: ['v2', 'v2beta1', 'v2beta2'],
  HelmRepository: ['v1', 'v1beta2'],
  HelmChart: ['v1', 'v1beta2'],
  OCIRepository: ['v1', 'v1beta2'],
};

/** Values that fit some field, and values that fit none. */
const anyValue: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(true, false, null, 0, -1, 1, 3, 50, 2 ** 60, 1.5, '', {}, []),
  fc.constantFrom(
    '30s',
    '5m',
    '24h',
    '1d',
    '400h',
    'RetryOnFailure',
    'oci',
    'Revision',
    'disabled',
    'legacy',
    'x',
  ),
  fc.jsonValue({ maxDepth: 2 }).map((value) => value as Json),
);

/** Objects of a kind with any values at the places of its fields, of their groups, and around them. */
export function anyObject(kind: string): fc.Arbitrary<JsonObject> {
  const paths = fieldPaths(kind).map((path) => path.split('.'));
  const groups = paths.flatMap((tokens) => tokens.slice(2).map((_token, at) => tokens.slice(0, at + 2)));
  const place = fc.constantFrom(
    ...paths,
    ...paths,
    ...groups,
    ['metadata', 'labels'],
    ['metadata', 'annotations'],
  );
  const fitting = (tokens: readonly string[]): fc.Arbitrary<Json> => {
    const type = findField(kind, tokens)?.field.type;
    return typeof type === 'object' ? fc.oneof(anyValue, fc.constantFrom<Json>(...type)) : anyValue;
  };
  const entry = place.chain((tokens) => fitting(tokens).map((value) => ({ tokens, value })));
  return fc
    .tuple(fc.constantFrom(...(API_VERSIONS[kind] ?? [])), fc.array(entry, { maxLength: 12 }))
    .map(([version, entries]) => {
      const group = kind === 'HelmRelease' ? 'helm' : 'source';
      let object: JsonObject = {
        ...helmRelease(),
        kind,
        apiVersion: `${group}.toolkit.fluxcd.io/${version}`,
      };
      for (const { tokens, value } of entries) {
        const edit = setEdit(object, tokens, value);
        if (edit !== undefined) object = applyEdits(object, [edit]) ?? object;
      }
      return object;
    });
}
