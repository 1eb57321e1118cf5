import { isJsonObject, type Json } from '../../core/json/json.ts';
import { parsePath } from '../../core/json/path.ts';
import { valueAt } from '../../core/json/pointer.ts';
import { textAt } from '../../core/json/text-at.ts';
import { readYaml, type YamlDocument, type YamlSource } from '../../core/policy/yaml-file.ts';

/** A place of a policy that is about a field. */
export interface FieldUse {
  /** `policy/rule` */
  readonly rule: string;
  /** The rule's own field, `bounds`. */
  readonly by: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** What is said of the field there, when it is short. */
  readonly value?: Json;
}

/**
 * Where rules of a set name a field, one of its parents or a field in it: as a key or as a text, in paths of any spelling and in
 * expressions. Files that cannot be read are passed over.
 */
export function findUses(sources: readonly YamlSource[], tokens: readonly string[]): readonly FieldUse[] {
  const documents = sources.flatMap((source) => {
    const read = readYaml(source);
    return read.ok ? read.documents : [];
  });
  return documents
    .filter((document) => valueAt(document.value, ['kind']) === 'Policy')
    .flatMap((document) => usesIn(document, tokens));
}

function usesIn(document: YamlDocument, tokens: readonly string[]): readonly FieldUse[] {
  const rules = valueAt(document.value, ['spec', 'rules']);
  const policy = textAt(document.value, ['metadata', 'name']) ?? '';
  return (Array.isArray(rules) ? (rules as readonly Json[]) : []).flatMap((rule, index) => {
    if (!isJsonObject(rule)) return [];
    const name = `${policy}/${textAt(rule, ['id']) ?? index}`;
    return Object.keys(rule)
      .filter((by) => !['id', 'enforcement', 'ratchet'].includes(by))
      .flatMap((by) =>
        placesOf(rule[by], ['spec', 'rules', String(index), by], tokens).map((place) => ({
          rule: name,
          by,
          file: document.source.file,
          ...document.placeOf(place.tokens, place.at),
          ...(place.value === undefined ? {} : { value: place.value }),
        })),
      );
  });
}

interface UsePlace {
  readonly tokens: readonly string[];
  readonly at: 'key' | 'value';
  readonly value?: Json;
}

function placesOf(
  value: Json | undefined,
  at: readonly string[],
  wanted: readonly string[],
): readonly UsePlace[] {
  if (typeof value === 'string') return mentions(value, wanted) ? [{ tokens: at, at: 'value' }] : [];
  if (Array.isArray(value)) {
    return (value as readonly Json[]).flatMap((item, index) =>
      placesOf(item, [...at, String(index)], wanted),
    );
  }
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, own]): readonly UsePlace[] => {
    const place = [...at, key];
    if (!isAbout(key, wanted)) return placesOf(own, place, wanted);
    return [{ tokens: place, at: 'key', ...(own === undefined ? {} : { value: own }) }];
  });
}

/** Whether a path leads to the field, to what it is in, or to what is in it. */
function isAbout(text: string, wanted: readonly string[]): boolean {
  const path = parsePath(text);
  if (path === undefined || path[0] !== 'spec' || path.length < 2) return false;
  const length = Math.min(path.length, wanted.length);
  return path.slice(0, length).every((token, index) => token === wanted[index]);
}

/** Whether a text is such a path, or an expression that holds the dotted path. */
function mentions(text: string, wanted: readonly string[]): boolean {
  if (isAbout(text, wanted)) return true;
  const dotted = wanted.join('.');
  for (let at = text.indexOf(dotted); at !== -1; at = text.indexOf(dotted, at + 1)) {
    if (!/\w/.test(text[at + dotted.length] ?? ' ')) return true;
  }
  return false;
}
