import type { KubeObject } from '../../core/api/kube-object.ts';

/** Annotations by which a user asks for a pass (flux.md 1.5). */
const ACTION_ANNOTATIONS = [
  'reconcile.fluxcd.io/requestedAt',
  'reconcile.fluxcd.io/forceAt',
  'reconcile.fluxcd.io/resetAt',
] as const;

/** What of an object calls for a new pass when it changes; its status, which the passes write themselves, does not. */
export function changeSignature({ metadata }: KubeObject): string {
  const { uid, generation, deletionTimestamp, annotations } = metadata;
  return JSON.stringify([
    uid,
    generation,
    deletionTimestamp,
    ...ACTION_ANNOTATIONS.map((name) => annotations?.[name]),
  ]);
}
