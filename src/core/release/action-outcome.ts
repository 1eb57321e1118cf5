import type { ObservedWrite } from './history.ts';

/** How an action ended. */
export interface ActionOutcome {
  readonly ok: boolean;
  /** What went wrong, free of secrets; for `ok: false`. */
  readonly error?: string;
  /** The writes of release records that the action made, in order. */
  readonly writes: readonly ObservedWrite[];
  readonly durationMs: number;
  /** The release to uninstall was not there, which counts as uninstalled. */
  readonly absent?: boolean;
}
