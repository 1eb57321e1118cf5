import { formatPath } from '../../core/json/path.ts';
import { parsePointer } from '../../core/json/pointer.ts';
import type { Decision } from '../../core/policy/decision.ts';
import { shortText } from '../../core/policy/short-text.ts';

/** The fields that the webhook would change, as dotted paths. */
export function changedPaths({ mutations }: Decision): readonly string[] {
  return mutations.map(({ pointer }) => shortText(formatPath(parsePointer(pointer) ?? [])));
}
