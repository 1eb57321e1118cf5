import type { Condition } from '../api/helm-release.ts';

/** A condition before the time of its last change is known. */
export type ConditionText = Omit<Condition, 'lastTransitionTime'>;

/** metav1.Condition allows 32,768 characters in a message. */
const MAX_MESSAGE_LENGTH = 32_768;

export function findCondition(
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/**
 * Sets a condition of its type, in place or at the end. As `meta.SetStatusCondition` does it,
 * `lastTransitionTime` becomes `now` (RFC 3339, whole seconds) only when the status changes.
 */
export function setCondition(
  conditions: readonly Condition[] | undefined,
  text: ConditionText,
  now: string,
): readonly Condition[] {
  const list = conditions ?? [];
  const current = findCondition(list, text.type);
  const lastTransitionTime = current?.status === text.status ? current.lastTransitionTime : now;
  const condition: Condition = { ...text, message: cut(text.message), lastTransitionTime };
  return current === undefined
    ? [...list, condition]
    : list.map((other) => (other.type === text.type ? condition : other));
}

export function removeCondition(
  conditions: readonly Condition[] | undefined,
  ...types: readonly string[]
): readonly Condition[] {
  return (conditions ?? []).filter((condition) => !types.includes(condition.type));
}

/** Cuts a message to the limit, never inside a surrogate pair. */
function cut(message: string): string {
  if (message.length <= MAX_MESSAGE_LENGTH) return message;
  return message.slice(0, MAX_MESSAGE_LENGTH).replace(/[\ud800-\udbff]$/, '');
}
