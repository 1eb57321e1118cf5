import { isJsonObject, type JsonObject } from '../../core/json/json.ts';
import { parseJson } from '../../core/json/parse.ts';
import { textAt } from '../../core/json/text-at.ts';
import { readRows } from '../../io/auditlog/read-rows.ts';

/** By what a row is found: the object that it is about, its kind in any case, or its uid. */
type Wanted =
  | { readonly by: 'object'; readonly namespace: string; readonly name: string; readonly kind: string }
  | { readonly by: 'uid'; readonly uid: string };

/**
 * The rows that tell how an object stands: the newest decision at admission, at release time, and the newest run of helm, oldest
 * first; or the one row whose uid is asked for.
 *
 * A dry run changes nothing, but Flux sends one before every apply and stops there when it is denied: the newest that was denied
 * counts while no real request came after it and whoever sent it was not allowed since.
 */
export async function findAbout(
  audit: string,
  what: string,
  kind: string,
  signal: AbortSignal,
): Promise<readonly JsonObject[]> {
  const wanted = wantedBy(what, kind);
  const text = JSON.stringify(wanted.by === 'uid' ? wanted.uid : wanted.name);
  const standing = new Standing();
  for await (const line of readRows(audit, { signal })) {
    if (!line.complete || !line.text.includes(text)) continue;
    const parsed = parseJson(line.text);
    const row = parsed.ok ? parsed.value : null;
    if (!isJsonObject(row)) continue;
    if (wanted.by === 'object') {
      if (isAbout(row, wanted)) standing.add(row);
    } else if (row['uid'] === wanted.uid) return [row];
  }
  return standing.rows();
}

function wantedBy(what: string, kind: string): Wanted {
  const slash = what.indexOf('/');
  if (slash === -1) return { by: 'uid', uid: what };
  return {
    by: 'object',
    namespace: what.slice(0, slash),
    name: what.slice(slash + 1),
    kind: kind.toLowerCase(),
  };
}

function isAbout(row: JsonObject, { namespace, name, kind }: Extract<Wanted, { by: 'object' }>): boolean {
  const of = textAt(row, ['kind'])?.toLowerCase();
  return row['namespace'] === namespace && row['name'] === name && of === kind;
}

/** What counts of the rows about one object, as they go by. */
class Standing {
  readonly #newest = new Map<string, JsonObject>();
  /** The newest denied dry run of each user, the newest last. */
  readonly #tried = new Map<string, JsonObject>();

  add(row: JsonObject): void {
    const part = partOf(row);
    if (part === undefined) return;
    if (row['dryRun'] === true) {
      const user = textAt(row, ['user', 'username']) ?? '';
      this.#tried.delete(user);
      if (row['verdict'] !== 'Allow') this.#tried.set(user, row);
      return;
    }
    if (part === 'admission') this.#tried.clear();
    this.#newest.set(part, row);
  }

  /** Oldest first. */
  rows(): readonly JsonObject[] {
    const tried = [...this.#tried.values()].slice(-1);
    return [...this.#newest.values(), ...tried].toSorted((a, b) => Number(a['seq']) - Number(b['seq']));
  }
}

/** The mutating endpoint refuses nothing: what it changed is shown only beside what was decided, when it is asked for by uid. */
function partOf({ phase, endpoint }: JsonObject): string | undefined {
  if (phase === 'admission') return endpoint === 'validate' ? 'admission' : undefined;
  return phase === 'release' || phase === 'action' ? phase : undefined;
}
