/**
 * Exceptions: what a rule does not refuse, for some objects, for a while, on somebody's account. An excepted rule neither changes
 * nor denies; it is judged all the same, so that an exception which nothing needs any more can be told.
 */
import type { PolicyPlace } from './decision.ts';
import { formatInstant } from './instant.ts';
import { type CompiledMatch, coversSubject } from './match.ts';
import type { MatchContext } from './match-context.ts';
import { shortText } from './short-text.ts';

export interface CompiledException {
  readonly name: string;
  readonly policy: string;
  /** Ids of the rules it is about; absent means all of the policy. */
  readonly rules?: ReadonlySet<string>;
  readonly match: CompiledMatch;
  readonly owner: string;
  readonly reason: string;
  /** From this moment on it no longer holds; milliseconds since 1970. */
  readonly expiresMs: number;
  readonly place: PolicyPlace;
}

/** A working week and a weekend: whoever reads the warning has days to act. */
export const EXPIRY_WARNING_MS: number = 7 * 24 * 60 * 60 * 1000;

/** Those that last longest first, and of one age in the order that they came in. */
export function longestFirst(exceptions: readonly CompiledException[]): readonly CompiledException[] {
  return exceptions.toSorted((a, b) => b.expiresMs - a.expiresMs);
}

/**
 * Finds the exception that holds for an object and a rule, by the rule's id: of several the one that lasts longest. `exceptions` are those
 * about one policy, in the order of {@link longestFirst}, and `policy` is its match; each of them is asked about the object once at most.
 * A moment that is not a number lies after every expiry.
 */
export function exceptionFinder(
  exceptions: readonly CompiledException[],
  policy: CompiledMatch,
  context: MatchContext,
  nowMs: number,
): (ruleId: string) => CompiledException | undefined {
  const byRule = new Map<string, CompiledException>();
  for (const exception of exceptions) {
    if (!(nowMs < exception.expiresMs)) break;
    if (!coversSubject(exception.match, policy, context)) continue;
    if (exception.rules === undefined) return (id) => byRule.get(id) ?? exception;
    for (const id of exception.rules) if (!byRule.has(id)) byRule.set(id, exception);
  }
  return (id) => byRule.get(id);
}

/** For the user, when an exception that is needed ends soon; undefined while it lasts. */
export function expiryWarning(exception: CompiledException, nowMs: number): string | undefined {
  if (exception.expiresMs - nowMs > EXPIRY_WARNING_MS) return undefined;
  const { name, owner, policy } = exception;
  const until = formatInstant(exception.expiresMs);
  return shortText(
    `exception ${name} of ${owner} ends at ${until}; from then on policy ${policy} denies this`,
  );
}
