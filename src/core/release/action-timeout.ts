import type { HelmRelease } from '../api/helm-release.ts';
import { parseDuration } from '../duration.ts';
import type { ActionPlan } from './plan.ts';

/** Flux's default of `spec.timeout`. */
const DEFAULT_TIMEOUT_MS = 5 * 60_000;

/** How long an action may take, in milliseconds: the action's own timeout, else the release's, else five minutes. */
export function timeoutMsOf(plan: ActionPlan, { spec }: HelmRelease): number {
  const own = ownTimeout(plan, spec);
  return parseDuration(own ?? spec.timeout ?? '') ?? DEFAULT_TIMEOUT_MS;
}

function ownTimeout(plan: ActionPlan, spec: HelmRelease['spec']): string | undefined {
  switch (plan.verb) {
    case 'Install':
      return spec.install?.timeout;
    case 'Upgrade':
      return spec.upgrade?.timeout;
    case 'Rollback':
      return spec.rollback?.timeout;
    case 'Uninstall':
      return spec.uninstall?.timeout;
    case 'Unlock':
      return undefined;
  }
}
