import type { Json, JsonObject } from '../json/json.ts';
import type { Enforcement, Phase, PolicyPlace } from './decision.ts';
import type { FindingReason } from './finding-reason.ts';
import type { RuleBody } from './rule.ts';

/** How a rule's compiler reports and asks for places; tokens lead through the policy document. */
export interface RuleContext {
  /** The kinds that the policy's match names; absent when it names none. */
  readonly kinds?: ReadonlySet<string>;
  readonly placeOf: (tokens: readonly string[], at?: 'value' | 'key') => PolicyPlace;
  /** With `offset`, it is about that character (UTF-16 unit, from 0) of the text that stands at the tokens. */
  readonly error: (tokens: readonly string[], message: string, hint?: string, offset?: number) => void;
  readonly warn: (tokens: readonly string[], message: string) => void;
}

/** What holds for a rule of this kind when neither its policy nor the rule itself says it. */
export function defaultEnforcement(definition: RuleDefinition | undefined): Enforcement {
  return definition?.enforcement ?? 'Deny';
}

/** One option of a rule, for the reference page. */
export interface RuleOption {
  /** Dotted from the rule's own field, `charts[].name`; empty for the field itself. */
  readonly path: string;
  readonly text: string;
}

/**
 * A kind of rule: what people read about it, the shape of its configuration, and its compiler. The reference pages, the schema of
 * policy files and `helmgate explain` are made from this.
 */
export interface RuleDefinition {
  /** The field that configures it in a policy file. */
  readonly field: string;
  /** One line: what it judges or sets. */
  readonly summary: string;
  /** Why a platform team wants it. A paragraph or two of Markdown. */
  readonly why: string;
  /** Fields and facts that it reads. */
  readonly reads: readonly string[];
  /** When it judges. */
  readonly when: readonly Phase[];
  /** What holds when neither the policy nor the rule says an enforcement; Deny when absent. */
  readonly enforcement?: Enforcement;
  /** What of it is about edits as such, and so is judged wherever one of the two sides fits the policy's match; nothing when absent. */
  readonly aboutEdits?: string;
  /** What passes, what is found, what happens when a fact is missing. Markdown. */
  readonly verdicts: string;
  readonly reasons: Readonly<Partial<Record<FindingReason, string>>>;
  readonly options: readonly RuleOption[];
  /** YAML of one rule, as an item of `spec.rules`; compiled by the tests. */
  readonly example: string;
  /** JSON Schema (draft 7, strict) of what stands under the field. */
  readonly schema: JsonObject;
  /** Compiles what stands under the field, which fits the schema; undefined after an error was reported. */
  compile(written: Json, at: readonly string[], context: RuleContext): RuleBody | undefined;
}
