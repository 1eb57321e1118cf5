import type { HelmRelease, HelmReleaseStatus } from '../api/helm-release.ts';
import { mark, markerOf, markReconciling, markStalled, unmark } from './mark.ts';
import { intervalMsOf, type Next, type Transition } from './next.ts';
import { acknowledgeRequest } from './requests.ts';

/** Why a pass stops before it looks at the release: a reason of Flux's, or one of Helmgate's own. */
export type BlockReason =
  | 'DependencyNotReady'
  | 'SourceNotReady'
  | 'ValuesError'
  | 'ArtifactFailed'
  | 'AccessDenied'
  | 'InvalidCELExpression'
  | 'UnsupportedSource'
  | 'UnsupportedField'
  | 'SharedOwnership'
  | 'DuplicateRelease'
  | 'PolicyDenied'
  | 'Held';

export interface Block {
  readonly reason: BlockReason;
  /** For people; never holds a secret. */
  readonly message: string;
  /** When to look again, where that is known; the release's interval at the latest. */
  readonly afterMs?: number;
}

/** Flux looks at dependencies and sources again after 30 seconds; watches wake the release earlier. */
const RECHECK_MS = 30_000;

type Course = 'wait' | 'backoff' | 'stalled' | 'denied' | 'held';

/** What each reason leads to. */
const COURSES: Readonly<Record<BlockReason, Course>> = {
  DependencyNotReady: 'wait',
  SourceNotReady: 'wait',
  ValuesError: 'backoff',
  ArtifactFailed: 'backoff',
  AccessDenied: 'stalled',
  InvalidCELExpression: 'stalled',
  UnsupportedSource: 'stalled',
  UnsupportedField: 'stalled',
  SharedOwnership: 'stalled',
  DuplicateRelease: 'stalled',
  PolicyDenied: 'denied',
  Held: 'held',
};

/**
 * The status of a release whose pass stops early: Ready=False with the reason. Counters, history and `lastAttempted*`
 * stay as they are, and so does the running revision. A terminal reason stalls the release and counts as having
 * observed the generation; a policy's denial is looked at again each interval, since a new chart version, another
 * value or another policy may be admitted.
 */
export function afterBlock(release: HelmRelease, block: Block, now: string): Transition {
  const { reason, message } = block;
  const marker = markerOf(release, now);
  const ready = mark(
    acknowledgeRequest(release.status ?? {}, release),
    'Ready',
    'False',
    { reason, message },
    marker,
  );
  const course = COURSES[reason];
  switch (course) {
    case 'wait':
    case 'backoff':
      return {
        status: markReconciling(ready, 'ProgressingWithRetry', message, marker),
        next: course === 'wait' ? { kind: 'retryAfter', afterMs: RECHECK_MS } : { kind: 'backoff' },
      };
    case 'held':
      return {
        status: markReconciling(ready, 'Held', message, marker),
        next: {
          kind: 'retryAfter',
          afterMs: Math.min(block.afterMs ?? Number.POSITIVE_INFINITY, intervalMsOf(release)),
        },
      };
    case 'stalled':
    case 'denied': {
      const next: Next =
        course === 'denied' ? { kind: 'stalled', afterMs: intervalMsOf(release) } : { kind: 'stalled' };
      const status = markStalled(ready, reason, message, marker);
      return { status: { ...status, observedGeneration: marker.generation }, next };
    }
  }
}

/**
 * Shows beside Ready whether a running release still complies with the policies. A compliant release carries no
 * such condition; a violation never makes a running release unready.
 */
export function withCompliance(
  release: HelmRelease,
  violation: string | undefined,
  now: string,
): HelmReleaseStatus {
  const status = release.status ?? {};
  if (violation === undefined) return unmark(status, 'PolicyCompliant');
  const text = { reason: 'PolicyViolated', message: violation };
  return mark(status, 'PolicyCompliant', 'False', text, markerOf(release, now));
}
