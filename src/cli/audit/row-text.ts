import { canonicalJson } from '../../core/json/canonical.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json/json.ts';

/** Hex digits of a commit that are shown. */
const SHORT_COMMIT = 12;

/**
 * A row for people: one line with when, verdict, what was done to what, by whom, then a line for each finding and each change with the
 * place of its rule. What users put into names stays escaped.
 */
export function rowText(row: JsonObject): string {
  const where = [show(row['namespace']), show(row['name']) || `${show(row['generateName'])}*`]
    .filter((part) => part !== '')
    .join('/');
  const by = isJsonObject(row['user']) ? ` by ${show(row['user']['username'])}` : '';
  const dry = row['dryRun'] === true ? ' (dry run)' : '';
  const head = [
    show(row['time']),
    show(row['verdict']).padEnd(5),
    `${doing(row)} ${show(row['kind'])} ${where}${by}${dry}`,
  ];
  return [head.join('  '), ...details(row)].join('\n');
}

function doing(row: JsonObject): string {
  switch (row['phase']) {
    case 'admission':
      return `${show(row['endpoint'])} ${show(row['operation'])}`;
    case 'action':
      return `${show(row['action'])} (${show(row['outcome'])})`;
    case 'lifecycle':
      return show(row['event']);
    default:
      return show(row['phase']);
  }
}

function details(row: JsonObject): readonly string[] {
  const findings = objects(row['findings']).map(
    (finding) =>
      `    ${show(finding['enforcement'])} ${rule(finding)} ${show(finding['reason'])}: ${show(finding['message'])}${place(finding)}`,
  );
  const changes = objects(row['mutations']).map(
    (change) => `    ${show(change['kind'])} ${rule(change)} ${show(change['pointer'])}${place(change)}`,
  );
  return [...findings, ...changes];
}

function rule(of: JsonObject): string {
  return `${show(of['policy'])}/${show(of['rule'])}`;
}

function place(of: JsonObject): string {
  const { place } = of;
  if (!isJsonObject(place)) return '';
  const commit =
    typeof place['commit'] === 'string' ? ` at ${show(place['commit'].slice(0, SHORT_COMMIT))}` : '';
  return ` [${show(place['file'])}:${show(place['line'])}${commit}]`;
}

function objects(list: Json | undefined): readonly JsonObject[] {
  return Array.isArray(list) ? list.filter((each): each is JsonObject => isJsonObject(each)) : [];
}

/** A text without its quotes but with its escapes: nothing in it acts on the terminal. */
function show(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? canonicalJson(value).slice(1, -1) : canonicalJson(value);
}
