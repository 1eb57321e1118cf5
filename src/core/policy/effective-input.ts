import { isEqualJson } from '../json/equal.ts';
import type { JsonObject } from '../json/json.ts';
import { parsePointer, valueAt } from '../json/pointer.ts';
import { type EffectiveObject, effectiveObject, originAt } from '../release/effective.ts';
import type { Controller } from '../release/field-defaults.ts';
import type { RuleInput } from './rule.ts';

/** The subject's object after the mutations so far, or another one in its place, as its controller sees it. */
export function effectiveInput(
  { subject, object }: Pick<RuleInput, 'subject' | 'object'>,
  controller: Controller = 'helmgate',
  other: JsonObject = object,
): EffectiveObject {
  const { kind, version, namespace, name } = subject;
  return effectiveObject({ kind, version, namespace, name, object: other, controller });
}

/** How a value came to stand at a pointer, as the beginning of a sentence about it: empty for what the author wrote. */
export function originText(
  { subject, object }: RuleInput,
  effective: EffectiveObject,
  pointer: string,
): string {
  const origin = originAt(effective, pointer);
  if (origin === 'controller') return 'defaulted by the controller to ';
  if (origin === 'api') return 'defaulted by the API to ';
  const tokens = parsePointer(pointer) ?? [];
  const written = isEqualJson(valueAt(subject.object, tokens), valueAt(object, tokens));
  return written && origin === 'written' ? '' : 'set by a policy to ';
}
