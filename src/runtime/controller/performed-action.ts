import type { Json } from '../../core/json/json.ts';
import type { ActionOutcome } from '../../core/release/action-outcome.ts';
import type { Attempt } from '../../core/release/attempt.ts';
import type { ReleaseRecord } from '../../core/release/release-record.ts';
import type { FetchedChart, GateWrite } from '../../io/contract.ts';

/** What an action needs beside the release: the chart and values for installs and upgrades. */
export interface ActionInput {
  readonly attempt: Attempt;
  readonly chart?: FetchedChart;
  readonly values?: Json;
  /** Texts that must not show up in anything that helm prints. */
  readonly secrets?: readonly string[];
  /** The newest record in storage: how it was applied decides how `auto` applies the next one. */
  readonly latest?: ReleaseRecord;
}

/** What came out of an action, with what the audit log wants to know. */
export interface PerformedAction extends ActionOutcome {
  readonly command: string;
  readonly exitCode: number | null;
  readonly apiWrites: readonly GateWrite[];
  /** Helmgate stopped helm itself. */
  readonly interrupted?: boolean;
}
