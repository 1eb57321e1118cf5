import { isJsonObject } from '../../core/json/json.ts';
import { valueAt } from '../../core/json/pointer.ts';
import type { ReleasePass } from './release-pass.ts';

const REVIEWS_PATH = '/apis/authorization.k8s.io/v1/subjectaccessreviews';

/** Rejects when a service account (`system:serviceaccount:<namespace>:<name>`) may not update helm's records in a namespace. */
export async function assertMayWriteRecords(
  pass: ReleasePass,
  user: string,
  namespace: string,
): Promise<void> {
  const [, , home = ''] = user.split(':');
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: {
      user,
      // The groups that the API server gives a service account by itself.
      groups: ['system:serviceaccounts', `system:serviceaccounts:${home}`, 'system:authenticated'],
      resourceAttributes: { verb: 'update', group: '', version: 'v1', resource: 'secrets', namespace },
    },
  };
  const answer = await pass.options.kube.request('POST', REVIEWS_PATH, review, pass.signal);
  const allowed = isJsonObject(answer) && valueAt(answer, ['status', 'allowed']) === true;
  if (allowed) return;
  throw new Error(`forbidden: ${user} may not update the release's Secrets in namespace '${namespace}'`);
}
