import { stringifyJson } from '../json/stringify.ts';
import type { Edit, Finding } from '../policy/decision.ts';
import { repairText } from '../policy/find-repair.ts';
import { shortText } from '../policy/short-text.ts';

/** Findings that a message lists; the audit log has them all. */
const MAX_LISTED = 20;

/**
 * The message of a denial. Events and logs often show the first line only, so it says how many things are wrong and what the
 * first is; then one line for each finding: what, where, which rule at which line, and what would pass; then the smallest edit that
 * passes, where one is known.
 */
export function denyMessage(findings: readonly Finding[], repair: readonly Edit[] = []): string {
  const denied = findings.filter(({ enforcement }) => enforcement === 'Deny');
  const [first] = denied;
  if (first === undefined) return 'denied';
  const count = denied.length === 1 ? 'denied by policy' : `denied by policy, ${denied.length} findings`;
  const lines = denied.slice(0, MAX_LISTED).map(findingLine);
  const rest = denied.length > MAX_LISTED ? [`... and ${denied.length - MAX_LISTED} more`] : [];
  return [
    `${count}: ${shortText(first.path)}: ${shortText(first.message)} [${ruleAt(first)}]`,
    ...lines,
    ...rest,
    ...(repair.length === 0 ? [] : [`the smallest edit that passes: ${repairText(repair)}`]),
  ].join('\n');
}

/** `- path: what is wrong; found: x; would pass: y [reason; policy/rule at file:line, commit]`, all in one line. */
export function findingLine(finding: Finding): string {
  const { path, message, found, wouldPass, reason } = finding;
  const parts = [
    `${shortText(path)}: ${shortText(message)}`,
    ...(found === undefined
      ? []
      : [`found: ${shortText(typeof found === 'string' ? found : stringifyJson(found))}`]),
    ...(wouldPass === undefined ? [] : [`would pass: ${shortText(wouldPass)}`]),
  ];
  return `- ${parts.join('; ')} [${reason}; ${ruleAt(finding)}]`;
}

function ruleAt({ policy, rule, place }: Finding): string {
  const commit = place.commit === undefined ? '' : `@${place.commit.slice(0, 12)}`;
  return shortText(`${policy}/${rule} at ${place.file}:${place.line}${commit}`);
}
