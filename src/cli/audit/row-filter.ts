import { isJsonObject, type JsonObject } from '../../core/json/json.ts';
import { parseJson } from '../../core/json/parse.ts';

/** Which rows to show: all given fields must be equal. */
export interface RowFilter {
  readonly namespace?: string;
  readonly name?: string;
  readonly kind?: string;
  readonly verdict?: string;
  readonly phase?: string;
  readonly user?: string;
  readonly rule?: string;
  /** RFC 3339; rows from this time on. */
  readonly since?: string;
}

/** The row in a line when the filter lets it through; undefined otherwise, also for a line that is no row. */
export function matchRow(line: string, filter: RowFilter): JsonObject | undefined {
  const parsed = parseJson(line);
  const row = parsed.ok ? parsed.value : null;
  if (!isJsonObject(row)) return undefined;
  const { namespace, name, kind, verdict, phase } = filter;
  const equal = (wanted: string | undefined, field: string): boolean =>
    wanted === undefined || row[field] === wanted;
  const matches =
    equal(namespace, 'namespace') &&
    equal(name, 'name') &&
    equal(kind, 'kind') &&
    equal(verdict, 'verdict') &&
    equal(phase, 'phase') &&
    isSince(row, filter.since) &&
    hasUser(row, filter.user) &&
    hasRule(row, filter.rule);
  return matches ? row : undefined;
}

/** Rows have UTC times of one width, which sort as texts. */
function isSince(row: JsonObject, since: string | undefined): boolean {
  return since === undefined || (typeof row['time'] === 'string' && row['time'] >= since);
}

function hasUser(row: JsonObject, user: string | undefined): boolean {
  return user === undefined || (isJsonObject(row['user']) && row['user']['username'] === user);
}

function hasRule(row: JsonObject, rule: string | undefined): boolean {
  if (rule === undefined) return true;
  const { findings = [], mutations = [] } = row;
  return [findings, mutations].some(
    (list) =>
      Array.isArray(list) &&
      list.some(
        (each) =>
          isJsonObject(each) &&
          (each['rule'] === rule || `${text(each['policy'])}/${text(each['rule'])}` === rule),
      ),
  );
}

function text(value: JsonObject[string]): string {
  return typeof value === 'string' ? value : '';
}
