import { shortText } from '../../core/policy/short-text.ts';
import type { ChangeGroup, Summary } from '../../core/replay/summary.ts';

const TITLES = {
  NewlyDenied: 'newly denied',
  NewlyAllowed: 'newly allowed',
  NewlyMutated: 'newly changed',
} as const;

/** What a terminal shows: a paragraph for each kind of change, by namespace and rule, and the counts. */
export function replayText(summary: Summary, seconds: number): string {
  const paragraphs = (['NewlyDenied', 'NewlyAllowed', 'NewlyMutated'] as const).flatMap((kind) => {
    const groups = sorted(summary).filter((group) => group.kind === kind);
    return groups.length === 0 ? [] : [[`${TITLES[kind]}:`, ...groups.map(groupText)].join('\n')];
  });
  const { replayed, same, newlyDenied, newlyAllowed, newlyMutated } = summary;
  const counts = `${replayed} decisions judged again in ${seconds.toFixed(1)} s: ${same} the same, ${newlyDenied} newly denied, ${newlyAllowed} newly allowed, ${newlyMutated} newly changed`;
  const unknown = [...summary.unknown].map(([why, rows]) => `${rows} not to be told: ${why}`);
  return `${[...paragraphs, [counts, ...unknown].join('\n')].join('\n\n')}\n`;
}

/** The same for programs. */
export function replayJson(summary: Summary): string {
  const { replayed, same, newlyDenied, newlyAllowed, newlyMutated } = summary;
  return `${JSON.stringify({
    replayed,
    same,
    newlyDenied,
    newlyAllowed,
    newlyMutated,
    unknown: Object.fromEntries(summary.unknown),
    groups: sorted(summary),
  })}\n`;
}

function sorted({ groups }: Summary): readonly ChangeGroup[] {
  return [...groups.values()].toSorted((a, b) => b.rows - a.rows || (a.namespace < b.namespace ? -1 : 1));
}

function groupText({ namespace, policy, rule, rows, objects, examples, message }: ChangeGroup): string {
  const more = objects > examples.length ? `, and ${objects - examples.length} more` : '';
  const head = `  ${shortText(namespace) || '(no namespace)'}  ${policy}/${rule}  ${objects} objects, ${rows} decisions`;
  const named = `    ${shortText(examples.join(', '), 400)}${more}`;
  return [head, named, ...(message === '' ? [] : [`    ${shortText(message)}`])].join('\n');
}
