import { isJsonObject } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';
import { compileMatch } from '../policy/compile-match.ts';
import type { YamlDocument } from '../policy/yaml-file.ts';
import { type LintFinding, lintFinding } from './lint-finding.ts';
import type { LintedRule } from './linted-rule.ts';
import { whyNothing } from './why-nothing.ts';

/** A policy's or an exception's match that no object can fit. */
export function findUnmatchable(document: YamlDocument): readonly LintFinding[] {
  const written = valueAt(document.value, ['spec', 'match']);
  if (!isJsonObject(written)) return [];
  const nothing = whyNothing(compileMatch(written));
  if (nothing === undefined) return [];
  const place = document.placeOf(['spec', 'match', ...nothing.tokens], 'key');
  return [lintFinding('MatchesNothing', document, place, `this matches nothing: ${nothing.why}`)];
}

/** Rules of kinds of objects that the policy's match leaves out. */
export function findUnjudgeable({ rule, document, tokens }: LintedRule): readonly LintFinding[] {
  const { kinds } = rule.match;
  if (kinds === undefined || rule.body.kinds.some((kind) => kinds.has(kind))) return [];
  const message = `the rule ${rule.id} judges ${list(rule.body.kinds)}, and the policy is about ${list([...kinds])} only`;
  return [lintFinding('MatchesNothing', document, [...tokens, 'id'], message)];
}

function list(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? 'nothing') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
