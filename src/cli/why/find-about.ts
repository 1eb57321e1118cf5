import { isJsonObject, type JsonObject } from '../../core/json/json.ts';
import { parseJson } from '../../core/json/parse.ts';
import { readRows } from '../../io/auditlog/read-rows.ts';

/**
 * The rows that tell how an object stands: the newest decision at admission, at release time, and the newest run of helm, oldest
 * first; or the one row whose uid is asked for. Dry runs changed nothing and are left out of the former.
 */
export async function findAbout(
  audit: string,
  what: string,
  kind: string,
  signal: AbortSignal,
): Promise<readonly JsonObject[]> {
  const slash = what.indexOf('/');
  const [namespace, name] = slash === -1 ? ['', what] : [what.slice(0, slash), what.slice(slash + 1)];
  const newest = new Map<string, JsonObject>();
  for await (const { text, complete } of readRows(audit, { signal })) {
    if (!complete || !text.includes(JSON.stringify(name))) continue;
    const parsed = parseJson(text);
    const row = parsed.ok ? parsed.value : null;
    if (!isJsonObject(row)) continue;
    if (slash === -1) {
      if (row['uid'] === what) return [row];
    } else if (row['namespace'] === namespace && row['name'] === name && row['kind'] === kind) {
      const part = partOf(row);
      if (part !== undefined && row['dryRun'] !== true) newest.set(part, row);
    }
  }
  return [...newest.values()].toSorted((a, b) => Number(a['seq']) - Number(b['seq']));
}

/** The mutating endpoint refuses nothing: what it changed is shown only beside what was decided, when it is asked for by uid. */
function partOf({ phase, endpoint }: JsonObject): string | undefined {
  if (phase === 'admission') return endpoint === 'validate' ? 'admission' : undefined;
  return phase === 'release' || phase === 'action' ? phase : undefined;
}
