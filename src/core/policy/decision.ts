import type { Json } from '../json/json.ts';
import type { PatchOperation } from '../json/patch.ts';
import type { FindingReason } from './finding-reason.ts';

/** How much a finding weighs: Deny refuses, Warn tells the user, Audit only records. Strictest first. */
export type Enforcement = 'Deny' | 'Warn' | 'Audit';

/** When a rule is judged. */
export type Phase = 'admission' | 'release' | 'request';

/** Where in the policy files a rule stands. Lines and columns count from 1. */
export interface PolicyPlace {
  /** Path of the file relative to the policy folder, with `/` between the parts. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The commit that the files were read at; absent when the folder is no git checkout. */
  readonly commit?: string;
}

/** One thing a rule found. */
export interface Finding {
  readonly policy: string;
  readonly rule: string;
  readonly reason: FindingReason;
  /** What holds for this object at this moment: by date, by namespace, and by the ratchet. */
  readonly enforcement: Enforcement;
  /** Dotted path of the field that was judged, `spec.chart.spec.version`. */
  readonly path: string;
  /** The value found there; absent when the field is absent. Never a secret. */
  readonly found?: Json;
  /** One line, at most 200 characters: what is wrong. */
  readonly message: string;
  /** What would be admitted, in one line; absent when there is nothing to propose. */
  readonly wouldPass?: string;
  /** Set where the answer is to wait: the release is held and looked at again. At release time only. */
  readonly hold?: Hold;
  /** When the rule begins to deny what it finds here, where it does not yet: RFC 3339. */
  readonly deniesFrom?: string;
  /** Found in the stored object just so, hence a Warn where it would be a Deny. */
  readonly ratcheted?: true;
  readonly place: PolicyPlace;
}

/** Until when a release waits; without `until` something else than time must happen first. */
export interface Hold {
  /** RFC 3339. */
  readonly until?: string;
}

/** One change of one field that an author could make; without a value the field is removed. */
export interface Edit {
  readonly tokens: readonly string[];
  readonly value?: Json;
}

/** A change that a rule made to the object. */
export interface Mutation {
  readonly policy: string;
  readonly rule: string;
  /** RFC 6901 pointer. */
  readonly pointer: string;
  readonly kind: 'default' | 'override' | 'narrow' | 'lift';
  readonly place?: PolicyPlace;
}

/** How a rule ended, for metrics: one entry for each rule that matched and was evaluated; `excepted` when an exception was needed. */
export interface RuleResult {
  readonly policy: string;
  readonly rule: string;
  readonly result: 'pass' | 'mutated' | 'finding' | 'excepted' | 'error';
}

/** An exception that let something pass which its rule would have found or changed. */
export interface UsedException {
  readonly exception: string;
  readonly policy: string;
  readonly rule: string;
  /** RFC 3339. */
  readonly expires: string;
  /** How many findings it took away; 1 for a rule that failed. */
  readonly findings: number;
}

/**
 * The outcome of judging one object. `findings` holds all of them, strictest first; `allowed` is false when at
 * least one has the enforcement Deny. It is `held` when nothing but waiting stands against it.
 */
export interface Decision {
  readonly allowed: boolean;
  readonly held?: Hold;
  readonly findings: readonly Finding[];
  readonly mutations: readonly Mutation[];
  /** RFC 6902 operations from the object as it came to the object as it should be; empty when nothing changes. */
  readonly patch: readonly PatchOperation[];
  /** Single-line texts for the user, at most 200 characters each (admission.md, facts). */
  readonly warnings: readonly string[];
  readonly ruleResults: readonly RuleResult[];
  /** The exceptions that were needed, also on a dry run, which counts no use; absent when none was. */
  readonly exceptions?: readonly UsedException[];
  /** The rules (`policy/rule`) that are about the object and that only who asks keeps out; absent when there are none. */
  readonly leftOut?: readonly string[];
  /** The smallest edit after which the object passes, tried; at the validating endpoint, where one was found. */
  readonly repair?: readonly Edit[];
  /** Digest of the policy set that judged, and the commit of its files when known. */
  readonly policySet: { readonly digest: string; readonly commit?: string };
}
