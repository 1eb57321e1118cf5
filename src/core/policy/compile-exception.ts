/** From documents of kind Exception to exceptions, each checked against the policies that it is about. */
import type { JsonObject } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';
import { compileMatch } from './compile-match.ts';
import type { PolicyRules } from './compile-policy.ts';
import { didYouMean } from './did-you-mean.ts';
import type { CompiledException } from './exception.ts';
import { formatInstant, parseInstant } from './instant.ts';
import { areDisjoint, dependsOnRequest } from './match.ts';
import type { CompiledRule } from './rule.ts';
import type { RuleContext } from './rule-definition.ts';
import type { YamlDocument } from './yaml-file.ts';

/** `spec` as the schema lets it through. */
interface WrittenException {
  readonly policy: string;
  readonly rules?: readonly string[];
  readonly match: JsonObject;
  readonly owner: string;
  readonly reason: string;
  readonly expires: string;
}

/**
 * Compiles one document that fits the schema; undefined after an error was reported. Without `known` the policies have errors, and
 * it is not held against them. `nowMs`, when given, is the moment that expiry is held against.
 */
export function compileException(
  document: YamlDocument,
  known: ReadonlyMap<string, PolicyRules> | undefined,
  context: RuleContext,
  nowMs: number | undefined,
): CompiledException | undefined {
  const name = valueAt(document.value, ['metadata', 'name']) as string;
  const written = valueAt(document.value, ['spec']) as unknown as WrittenException;
  const policy = known?.get(written.policy);
  if (known !== undefined && policy === undefined) {
    const hint = didYouMean(written.policy, [...known.keys()]);
    context.error(['spec', 'policy'], `there is no policy ${written.policy}`, hint);
  }
  const rules = written.rules === undefined ? undefined : new Set(written.rules);
  for (const [index, id] of (policy === undefined ? [] : (written.rules ?? [])).entries()) {
    if (policy?.ids.includes(id)) continue;
    const hint = didYouMean(id, policy?.ids ?? []);
    context.error(['spec', 'rules', String(index)], `policy ${written.policy} has no rule ${id}`, hint);
  }
  const expiresMs = parseInstant(written.expires);
  if (expiresMs === undefined) {
    const message = `${JSON.stringify(written.expires)} is neither a date nor an RFC 3339 time`;
    context.error(['spec', 'expires'], message, 'write 2027-01-31 or 2027-01-31T08:00:00Z');
    return undefined;
  }
  if (nowMs !== undefined && nowMs >= expiresMs) {
    context.warn(
      ['spec', 'expires'],
      `exception ${name} ended at ${formatInstant(expiresMs)} and no longer holds: remove it`,
    );
  }
  const match = compileMatch(written.match);
  warnOfNothing(match, policy?.rules ?? [], context);
  const { owner, reason } = written;
  const place = context.placeOf([]);
  return {
    name,
    policy: written.policy,
    ...(rules === undefined ? {} : { rules }),
    match,
    owner,
    reason,
    expiresMs,
    place,
  };
}

/** The rules of one policy, each with the exceptions about it. */
export function withExceptions(
  rules: readonly CompiledRule[],
  exceptions: readonly CompiledException[],
): readonly CompiledRule[] {
  const ofPolicy = exceptions.filter(({ policy }) => policy === rules[0]?.policy);
  if (ofPolicy.length === 0) return rules;
  return rules.map((rule) => {
    const own = ofPolicy.filter((exception) => exception.rules?.has(rule.id) ?? true);
    return own.length === 0 ? rule : { ...rule, exceptions: own };
  });
}

function warnOfNothing(
  match: CompiledException['match'],
  rules: readonly CompiledRule[],
  context: RuleContext,
): void {
  const [first] = rules;
  if (first !== undefined && areDisjoint(match, first.match))
    context.warn(['spec', 'match'], `nothing that policy ${first.policy} is about can fit this exception`);
  if (dependsOnRequest(match)) {
    const message =
      'an exception by subjects or operations holds at admission only: a release is judged without them';
    context.warn(['spec', 'match'], message);
  }
}
