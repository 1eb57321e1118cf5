import { valueAt } from '../json/pointer.ts';
import type { SourceNeed } from '../policy/rule.ts';
import type { Subject } from '../policy/subject.ts';

/** The source that a request creates or changes. The API server leaves the name of the request empty on creates. */
export function editedSource({ kind, namespace, name, object }: Subject): SourceNeed {
  const own = valueAt(object, ['metadata', 'name']);
  return { kind, namespace, name: name === '' && typeof own === 'string' ? own : name };
}
