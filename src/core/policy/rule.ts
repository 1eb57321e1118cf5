/** What a rule is, seen by the engine: each file in `rules/` compiles its configuration to a {@link RuleBody}. */
import type { Json, JsonObject } from '../json/json.ts';
import type { Edit, Hold, Phase, PolicyPlace } from './decision.ts';
import type { RuleEnforcement } from './enforcement.ts';
import type { CompiledException } from './exception.ts';
import type { Facts } from './facts.ts';
import type { FindingReason } from './finding-reason.ts';
import type { CompiledMatch } from './match.ts';
import type { Subject } from './subject.ts';
import type { WorkMeter } from './work-meter.ts';

/** The kinds that rules can judge: HelmRelease, and what it can take a chart from. */
export const JUDGED_KINDS = [
  'HelmRelease',
  'HelmRepository',
  'HelmChart',
  'OCIRepository',
  'GitRepository',
  'Bucket',
  'ExternalArtifact',
] as const;
export type JudgedKind = (typeof JUDGED_KINDS)[number];

/** What a rule reads. `object` is the subject's object after the mutations so far. */
export interface RuleInput {
  readonly subject: Subject;
  readonly object: JsonObject;
  readonly facts: Facts;
  readonly phase: Phase;
  /** False when the rule's enforcement is not Deny: such a rule reports what it would change, and changes nothing. */
  readonly mutates: boolean;
  /** By pointer, the rules (`policy/rule`) that gave the value in `object`; absent where rules are asked alone, or change it still. */
  readonly origins?: ReadonlyMap<string, string>;
  /**
   * What the evaluation may still cost. A rule whose work grows with the object charges it, the same whatever was remembered, and fails
   * when it runs out; absent where rules only change the object, or are asked alone.
   */
  readonly work?: WorkMeter;
}

/** What a rule about edits reads: an update at admission, whose `subject.oldObject` is known. */
export interface EditInput extends RuleInput {
  /** Which side of the edit the policy is about: what leads out of a policy is judged by it as well. */
  readonly about: 'before' | 'after' | 'both';
}

/** A finding before the engine adds the policy, the rule, the enforcement and the place. */
export interface FindingDraft {
  readonly reason: FindingReason;
  /** Dotted path of the field judged. */
  readonly path: string;
  readonly found?: Json;
  /**
   * What the rule went by, where that is more than the value at `path`: it tells two findings apart that show the same. It may hold
   * secrets, and goes into no record.
   */
  readonly basis?: Json;
  readonly message: string;
  readonly wouldPass?: string;
  readonly hold?: Hold;
  /** Alternatives, each a set of edits that could cure this finding alone: candidates for the smallest edit that passes. */
  readonly repairs?: readonly (readonly Edit[])[];
}

export interface Judgement {
  readonly findings: readonly FindingDraft[];
  /** For the user, also when nothing was found. */
  readonly warnings: readonly string[];
}

/** A value that a rule wants to stand at a place. */
export interface Change {
  readonly kind: 'default' | 'override' | 'narrow';
  readonly tokens: readonly string[];
  /** The tokens as a pointer, made once when the rule is compiled. */
  readonly pointer: string;
  readonly value: Json;
  /** As that of a {@link FindingDraft}. */
  readonly basis?: Json;
}

/** A source object that a rule must see. */
export interface SourceNeed {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** Facts about other objects that a rule needs besides the sources it names; they are gathered only when a rule asks. */
export type FactNeed = 'releases' | 'dependents' | 'kubeVersion' | 'promotions' | 'signature' | 'rendered';

/** A rule after its configuration was read. All functions are pure; one that throws is a Deny naming the rule. */
export interface RuleBody {
  readonly kinds: readonly JudgedKind[];
  /** Those of `kinds` whose objects are judged only where the policy's `match.kinds` names them. */
  readonly kindsOnRequest?: readonly JudgedKind[];
  /** Fields by which the rule chooses what it applies to; no mutation may write them. */
  readonly reads: readonly (readonly string[])[];
  /** Fields that the rule may write, by kind. */
  readonly writes: readonly { readonly kind: string; readonly tokens: readonly string[] }[];
  /** What is absent and would be filled, at their places, for the load-time check of contradicting defaults. */
  readonly defaults?: readonly DefaultLeaf[];
  /** The same for what is set whatever stands there. */
  readonly overrides?: readonly DefaultLeaf[];
  mutate?(input: RuleInput): { readonly changes: readonly Change[]; readonly warnings: readonly string[] };
  /** What it finds in the object. */
  judge?(input: RuleInput): Judgement;
  /** What it finds in an edit as such; asked wherever one of the two sides fits the policy's match. */
  judgeEdit?(input: EditInput): Judgement;
  sources?(subject: Subject): readonly SourceNeed[];
  readonly needs?: readonly FactNeed[];
  /** What it says when a fact that it needs is not known; only rules about facts that may be missing have it, and lint shows it. */
  readonly unknown?: 'Deny' | 'Warn' | 'Allow';
}

/** One field and the value it gets: where it is absent, or always. */
export interface DefaultLeaf {
  readonly kind: string;
  readonly tokens: readonly string[];
  readonly value: Json;
  readonly place: PolicyPlace;
}

/** A rule of a policy set: the body, and what every rule has. */
export interface CompiledRule {
  readonly policy: string;
  readonly id: string;
  readonly enforcement: RuleEnforcement;
  /** On an update, what was found before and is as it was warns instead of denying. */
  readonly ratchet?: boolean;
  readonly place: PolicyPlace;
  readonly match: CompiledMatch;
  /** The exceptions about this rule, in the order of the files; absent means none. */
  readonly exceptions?: readonly CompiledException[];
  readonly body: RuleBody;
}
