import type { CompiledException } from './exception.ts';
import type { CompiledRule } from './rule.ts';

/**
 * A compiled policy set: what `compile` makes of the files and `evaluate` reads. Frozen; judging never changes it.
 */
export interface PolicySet {
  /** `sha256:<hex>` over the files' paths and texts. */
  readonly digest: string;
  readonly commit?: string;
  /** Number of rules, for readiness and metrics. */
  readonly ruleCount: number;
  /** The rules that can say something about a kind, in the order of the files. */
  readonly rulesByKind: ReadonlyMap<string, readonly CompiledRule[]>;
  /** In the order of the files; absent means none. */
  readonly exceptions?: readonly CompiledException[];
}
