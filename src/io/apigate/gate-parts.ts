import type { DiscoveryCache } from './discovery-cache.ts';
import type { Upstream } from './upstream.ts';

/** What all requests of a gate share. */
export interface GateParts {
  readonly upstream: Upstream;
  readonly discovery: DiscoveryCache;
  /** Ends when the gate closes; shared discovery requests outlive the child that began them. */
  readonly closing: AbortSignal;
}
