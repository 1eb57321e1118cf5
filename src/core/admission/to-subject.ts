import { textAt } from '../json/text-at.ts';
import type { Subject } from '../policy/subject.ts';
import type { AdmissionRequest } from './admission-request.ts';

/**
 * What is judged, of a request. On DELETE, where there is no new object, it is the stored one.
 *
 * The kind is the request's own (`request.kind`), which is what the objects in it are; the API server may have converted
 * them from what the user sent, but then the webhook is not registered for all versions.
 *
 * A request whose name is generated has none: in the object that the validating call sees it is there already, and the subject has it.
 */
export function toSubject(request: AdmissionRequest): Subject {
  const { kind, operation, namespace, name, object, oldObject, user, dryRun, options } = request;
  const judged = object ?? oldObject ?? {};
  return {
    operation,
    group: kind.group,
    version: kind.version,
    kind: kind.kind,
    namespace,
    name: name === '' ? (textAt(judged, ['metadata', 'name']) ?? '') : name,
    object: judged,
    user,
    dryRun,
    ...(oldObject === undefined ? {} : { oldObject }),
    ...(options === undefined ? {} : { options }),
  };
}
