import type { Json, JsonObject } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';
import { parseInstant } from './instant.ts';

/** Asks for a release outside its schedule: `<owner>; until <RFC 3339 time>; <reason>`. */
export const BREAK_GLASS_ANNOTATION = 'helmgate.dev/break-glass';
/** How the annotation is written, for messages. */
export const BREAK_GLASS_FORM = '<owner>; until <RFC 3339 time>; <reason>';

export interface BreakGlass {
  readonly owner: string;
  /** Milliseconds since 1970; at this moment it is over. */
  readonly until: number;
  readonly reason: string;
}

/** One line of an annotation, not a document. */
const MAX_LENGTH = 1024;

/** The annotation as it stands in an object; undefined when there is none. */
export function breakGlassText(object: JsonObject | undefined): Json | undefined {
  return valueAt(object, ['metadata', 'annotations', BREAK_GLASS_ANNOTATION]);
}

/** Reads the annotation; undefined when it lacks owner, time or reason. A date alone is no time. */
export function parseBreakGlass(text: Json): BreakGlass | undefined {
  if (typeof text !== 'string' || text.length > MAX_LENGTH) return undefined;
  const [owner = '', when = '', ...rest] = text.split(';').map((part) => part.trim());
  const reason = rest.join('; ');
  const [, time] = /^until\s+(\S+)$/.exec(when) ?? [];
  const until = time === undefined || !/t/i.test(time) ? undefined : parseInstant(time);
  return owner === '' || reason === '' || until === undefined ? undefined : { owner, until, reason };
}
