import type { CompiledException } from '../../core/policy/exception.ts';
import { formatInstant } from '../../core/policy/instant.ts';
import { shortText } from '../../core/policy/short-text.ts';
import type { ChangeGroup, Summary } from '../../core/replay/summary.ts';

const TITLES = {
  NewlyDenied: 'newly denied',
  NewlyAllowed: 'newly allowed',
  NewlyMutated: 'newly changed',
} as const;

/**
 * What a terminal shows: a paragraph for each kind of change, by namespace and rule, one for the exceptions that no decision needed, and the
 * counts.
 */
export function replayText(
  summary: Summary,
  unneeded: readonly CompiledException[],
  seconds: number,
): string {
  const paragraphs = (['NewlyDenied', 'NewlyAllowed', 'NewlyMutated'] as const).flatMap((kind) => {
    const groups = sorted(summary).filter((group) => group.kind === kind);
    return groups.length === 0 ? [] : [[`${TITLES[kind]}:`, ...groups.map(groupText)].join('\n')];
  });
  const { replayed, same, newlyDenied, newlyAllowed, newlyMutated } = summary;
  const counts = `${replayed} decisions judged again in ${seconds.toFixed(1)} s: ${same} the same, ${newlyDenied} newly denied, ${newlyAllowed} newly allowed, ${newlyMutated} newly changed`;
  const unknown = [...summary.unknown].map(([why, rows]) => `${rows} not to be told: ${why}`);
  const idle =
    unneeded.length === 0
      ? []
      : [['exceptions that none of these decisions needed:', ...unneeded.map(exceptionText)].join('\n')];
  return `${[...paragraphs, ...idle, [counts, ...unknown].join('\n')].join('\n\n')}\n`;
}

/** The same for programs. */
export function replayJson(summary: Summary, unneeded: readonly CompiledException[]): string {
  const { replayed, same, newlyDenied, newlyAllowed, newlyMutated } = summary;
  return `${JSON.stringify({
    replayed,
    same,
    newlyDenied,
    newlyAllowed,
    newlyMutated,
    unknown: Object.fromEntries(summary.unknown),
    groups: sorted(summary),
    unneededExceptions: unneeded.map(({ name, policy, owner, expiresMs, place }) => ({
      exception: name,
      policy,
      owner,
      expires: formatInstant(expiresMs),
      file: place.file,
      line: place.line,
    })),
  })}\n`;
}

function sorted({ groups }: Summary): readonly ChangeGroup[] {
  return [...groups.values()].toSorted((a, b) => b.rows - a.rows || (a.namespace < b.namespace ? -1 : 1));
}

function exceptionText({ name, policy, owner, expiresMs, place }: CompiledException): string {
  const whose = `of ${shortText(owner)} for policy ${policy}, until ${formatInstant(expiresMs)}`;
  return `  ${name}  ${whose}  (${shortText(place.file)}:${place.line})`;
}

function groupText({ namespace, policy, rule, rows, objects, examples, message }: ChangeGroup): string {
  const more = objects > examples.length ? `, and ${objects - examples.length} more` : '';
  const by = policy === '' && rule === '' ? '(no rule named)' : shortText(`${policy}/${rule}`);
  const head = `  ${shortText(namespace) || '(no namespace)'}  ${by}  ${objects} objects, ${rows} decisions`;
  const named = `    ${shortText(examples.join(', '), 400)}${more}`;
  return [head, named, ...(message === '' ? [] : [`    ${shortText(message)}`])].join('\n');
}
