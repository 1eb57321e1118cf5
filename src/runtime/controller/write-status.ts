import type { KubeObject, ObjectRef } from '../../core/api/kube-object.ts';
import { isEqualJson } from '../../core/json/equal.ts';
import type { JsonObject } from '../../core/json/json.ts';
import type { KubeClient } from '../../io/contract.ts';

/** Field manager of what Helmgate writes to the objects that it reconciles. */
export const STATUS_MANAGER = 'helmgate';

/**
 * Writes the fields of `status` that differ from `before`, in one merge patch; fields that are gone become null.
 * Answers undefined, without a request, when nothing differs or the object has gone meanwhile.
 */
export async function writeStatus(
  kube: Pick<KubeClient, 'mergePatch'>,
  ref: ObjectRef,
  before: JsonObject,
  after: JsonObject,
  signal: AbortSignal,
): Promise<KubeObject | undefined> {
  const patch: Record<string, JsonObject[string]> = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const value = after[key];
    if (value === undefined) {
      if (before[key] !== undefined) patch[key] = null;
    } else if (!isEqualJson(before[key], value)) patch[key] = value;
  }
  if (Object.keys(patch).length === 0) return undefined;
  const options = { fieldManager: STATUS_MANAGER, subresource: 'status' } as const;
  try {
    return await kube.mergePatch(ref, { status: patch }, options, signal);
  } catch (error) {
    if (error instanceof Error && 'status' in error && error.status === 404) return undefined;
    throw error;
  }
}
