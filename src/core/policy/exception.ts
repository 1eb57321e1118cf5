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

/**
 * The exception that holds for an object, of those about one rule; of several the one that lasts longest, and of these the first.
 * `policy` is the match of the rule's policy. A moment that is not a number lies after every expiry.
 */
export function findException(
  exceptions: readonly CompiledException[],
  policy: CompiledMatch,
  context: MatchContext,
  nowMs: number,
): CompiledException | undefined {
  let found: CompiledException | undefined;
  for (const exception of exceptions) {
    if (!(nowMs < exception.expiresMs)) continue;
    if (found !== undefined && exception.expiresMs <= found.expiresMs) continue;
    if (coversSubject(exception.match, policy, context)) found = exception;
  }
  return found;
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
