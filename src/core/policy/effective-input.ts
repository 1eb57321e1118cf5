import { isEqualJson } from '../json/equal.ts';
import type { JsonObject } from '../json/json.ts';
import { parsePointer, valueAt } from '../json/pointer.ts';
import { type EffectiveObject, effectiveObject, originAt } from '../release/effective.ts';
import type { Controller } from '../release/field-defaults.ts';
import type { RuleInput } from './rule.ts';

/** The subject's object after the mutations so far, or another one in its place, as its controller sees it. */
export function effectiveInput(
  { subject, object, origins }: Pick<RuleInput, 'subject' | 'object' | 'origins'>,
  controller: Controller = 'helmgate',
  other: JsonObject = object,
): EffectiveObject {
  const { kind, version, namespace, name } = subject;
  const input = { kind, version, namespace, name, object: other, controller };
  return effectiveObject(
    origins === undefined || origins.size === 0 ? input : { ...input, changed: origins },
  );
}

/** How a value came to stand at a pointer, as the beginning of a sentence about it: empty for what the author wrote. */
export function originText(
  { subject, object, origins }: RuleInput,
  effective: EffectiveObject,
  pointer: string,
): string {
  const origin = originAt(effective, pointer);
  if (origin === 'controller') return 'defaulted by the controller to ';
  if (origin === 'api') return 'defaulted by the API to ';
  if (origin === 'policy') return `set by ${origins?.get(pointer) ?? 'a policy'} to `;
  const tokens = parsePointer(pointer) ?? [];
  const written = isEqualJson(valueAt(subject.object, tokens), valueAt(object, tokens));
  return written ? '' : 'set by a policy to ';
}
