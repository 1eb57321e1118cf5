import { MAX_SHORT_TEXT, shortText } from '../policy/short-text.ts';

const MORE = ', ...';

/** `moves 12 releases: team/a, team/b, ...`: a warning of one line with as many whole names as there is room for. */
export function movedReleases(names: readonly string[]): string {
  const [first = '', ...rest] = names;
  let text = `moves ${names.length} ${names.length === 1 ? 'release' : 'releases'}: ${first}`;
  for (const [index, name] of rest.entries()) {
    const longer = `${text}, ${name}`;
    const isLast = index === rest.length - 1;
    if (longer.length + (isLast ? 0 : MORE.length) > MAX_SHORT_TEXT) return shortText(`${text}${MORE}`);
    text = longer;
  }
  return shortText(text);
}
