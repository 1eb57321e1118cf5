import assert from 'node:assert/strict';
import { Ajv, type ValidateFunction } from 'ajv';
import fc from 'fast-check';
import type { Json, JsonObject } from '../../../../src/core/json/json.ts';
import { applyEdits } from '../../../../src/core/policy/apply-edits.ts';
import type { Phase } from '../../../../src/core/policy/decision.ts';
import type { Facts } from '../../../../src/core/policy/facts.ts';
import type { Judgement, RuleBody, RuleInput } from '../../../../src/core/policy/rule.ts';
import type { RuleDefinition } from '../../../../src/core/policy/rule-definition.ts';
import { editOf } from '../../../../src/core/policy/subject.ts';
import { factsWith, subjectOf } from '../policy-fixture.ts';

/** Compiles one rule alone, holding its configuration to its own schema. */
export function compileRule(definition: RuleDefinition, written: Json): RuleBody {
  const validate = validatorOf(definition);
  assert.ok(validate(written), JSON.stringify(validate.errors));
  const body = definition.compile(written, [], {
    placeOf: () => ({ file: 'p.yaml', line: 1, column: 1 }),
    error: (_tokens, message) => assert.fail(message),
    warn: (_tokens, message) => assert.fail(message),
  });
  assert.ok(body !== undefined);
  return body;
}

const validators = new WeakMap<RuleDefinition, ValidateFunction>();

function validatorOf(definition: RuleDefinition): ValidateFunction {
  const known = validators.get(definition);
  if (known !== undefined) return known;
  const validator = new Ajv({ strict: true, strictRequired: false }).compile(definition.schema);
  validators.set(definition, validator);
  return validator;
}

export interface Question {
  readonly object: JsonObject;
  readonly oldObject?: JsonObject;
  readonly facts?: Partial<Facts>;
  readonly phase?: Phase;
}

/** What a rule says to an object and, as the engine asks it, to the edit that makes it. */
export function judgeBoth({ judge, judgeEdit }: RuleBody, input: RuleInput): Judgement {
  const edit = input.phase === 'admission' && editOf(input.subject) !== undefined;
  const told = [judge?.(input), edit ? judgeEdit?.({ ...input, about: 'both' }) : undefined];
  return {
    findings: told.flatMap((judgement) => judgement?.findings ?? []),
    warnings: told.flatMap((judgement) => judgement?.warnings ?? []),
  };
}

/** What a rule by itself says to an object. */
export function ask(
  body: RuleBody,
  { object, oldObject, facts = {}, phase = 'admission' }: Question,
): Judgement {
  const judgement = judgeBoth(body, {
    subject: subjectOf(object, oldObject),
    object,
    facts: factsWith('https://flagger.app', facts),
    phase,
    mutates: true,
  });
  for (const { message, wouldPass = '' } of judgement.findings) {
    for (const text of [message, wouldPass]) {
      assert.ok(Array.from(text).length <= 200, `too long: ${text}`);
      assert.doesNotMatch(text, /[\n\r\u0000-\u001f]/);
    }
  }
  return judgement;
}

/** The same finding again, on the same field. */
const isSame = (left: Judgement['findings'][number], right: Judgement['findings'][number]) =>
  left.reason === right.reason &&
  left.path === right.path &&
  JSON.stringify(left.found) === JSON.stringify(right.found);

/** Applies each alternative that a finding proposes: the finding must be gone. Returns how many were tried. */
export function assertRepairsCure(body: RuleBody, question: Question): number {
  let tried = 0;
  for (const finding of ask(body, question).findings) {
    for (const edits of finding.repairs ?? []) {
      const object = applyEdits(question.object, edits);
      assert.ok(object !== undefined, `cannot be applied: ${JSON.stringify(edits)}`);
      const { findings } = ask(body, { ...question, object });
      assert.ok(
        !findings.some((next) => isSame(next, finding)),
        `${finding.message}\nis not cured by ${JSON.stringify(edits)}`,
      );
      tried += 1;
    }
  }
  return tried;
}

/** Anything that JSON can be, with the keys that Kubernetes objects have. */
export const hostileJson: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<Json>(
      null,
      true,
      false,
      0,
      -1,
      1.5,
      2n ** 70n,
      '',
      'own',
      'team',
      '*',
      '__proto__',
      '../..',
      '\u0000\n',
    ),
    fc.string(),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.constantFrom(
        'name',
        'namespace',
        'kind',
        'spec',
        'chart',
        'secretRef',
        'optional',
        '__proto__',
        'key',
      ),
      tie('value'),
      { maxKeys: 4 },
    ),
  ),
})).value as fc.Arbitrary<Json>;

/** A HelmRelease whose fields may be anything. */
export const hostileRelease: fc.Arbitrary<JsonObject> = fc
  .record({
    version: fc.constantFrom('v2', 'v2beta1', 'v2beta2', 'v3', ''),
    metadata: fc.dictionary(
      fc.constantFrom('name', 'annotations', 'uid', 'creationTimestamp', 'generateName', 'labels'),
      hostileJson,
    ),
    spec: fc.oneof(
      fc.dictionary(
        fc.constantFrom(
          'chart',
          'chartRef',
          'dependsOn',
          'valuesFrom',
          'releaseName',
          'targetNamespace',
          'storageNamespace',
          'kubeConfig',
          'suspend',
          'install',
          'upgrade',
          'uninstall',
        ),
        hostileJson,
      ),
      hostileJson,
    ),
    status: hostileJson,
  })
  .map(({ version, metadata, spec, status }) => ({
    apiVersion: `helm.toolkit.fluxcd.io/${version}`,
    kind: 'HelmRelease',
    metadata: { ...metadata, namespace: 'team', name: 'flagger' },
    spec,
    status,
  }));
