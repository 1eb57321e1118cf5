import { isJsonObject, type Json, type JsonObject } from '../../core/json/json.ts';
import { parseJson } from '../../core/json/parse.ts';
import { stringifyJson } from '../../core/json/stringify.ts';
import { findJsonSpan } from './json-span.ts';

/** The field manager that helm 4 sends and looks for. */
export const HELM_MANAGER = 'helm';
/** How helm sees entries that are really called `helm` where the owner has one of the same kind. */
const OTHER_HELM = 'helm (by hand)';

/**
 * Shows the owner's entries in an object's managedFields as helm's. helm's move from client-side to server-side apply looks for a manager
 * named `helm`; with the name changed on the way out only, a key that left the chart would stay for ever.
 * Everything outside managedFields stays byte for byte; the text comes back itself when nothing changes.
 */
export function ownerToHelm(objectText: string, owner: string): string {
  return rewriteObject(objectText, (entries) => {
    const kindsOfOwner = new Set(entries.filter((entry) => entry['manager'] === owner).map(kindOf));
    if (kindsOfOwner.size === 0) return undefined;
    return entries.map((entry) => {
      if (entry['manager'] === owner) return { ...entry, manager: HELM_MANAGER };
      return entry['manager'] === HELM_MANAGER && kindsOfOwner.has(kindOf(entry))
        ? { ...entry, manager: OTHER_HELM }
        : entry;
    });
  });
}

/** The way back, for an object that helm sends whole. */
export function helmToOwner(objectText: string, owner: string): string {
  return rewriteObject(objectText, (entries) => toOwner(entries, owner));
}

/** The way back, for a JSON patch (RFC 6902) that replaces managedFields. Text that is no such patch comes back itself. */
export function helmToOwnerInPatch(patchText: string, owner: string): string {
  if (!patchText.includes('/metadata/managedFields')) return patchText;
  const parsed = parseJson(patchText);
  if (!parsed.ok || !Array.isArray(parsed.value)) return patchText;
  const operations = (parsed.value as readonly Json[]).map((operation) => {
    if (!isJsonObject(operation) || operation['path'] !== '/metadata/managedFields') return operation;
    const entries = entriesOf(operation['value']);
    return entries === undefined ? operation : { ...operation, value: toOwner(entries, owner) };
  });
  return stringifyJson(operations);
}

function toOwner(entries: readonly JsonObject[], owner: string): readonly JsonObject[] {
  return entries.map((entry) => {
    if (entry['manager'] === HELM_MANAGER) return { ...entry, manager: owner };
    return entry['manager'] === OTHER_HELM ? { ...entry, manager: HELM_MANAGER } : entry;
  });
}

function rewriteObject(
  text: string,
  rewrite: (entries: readonly JsonObject[]) => readonly JsonObject[] | undefined,
): string {
  const span = findJsonSpan(text, ['metadata', 'managedFields']);
  if (span === undefined) return text;
  const parsed = parseJson(text.slice(span.start, span.end));
  const entries = parsed.ok ? entriesOf(parsed.value) : undefined;
  const rewritten = entries === undefined ? undefined : rewrite(entries);
  return rewritten === undefined
    ? text
    : text.slice(0, span.start) + stringifyJson(rewritten) + text.slice(span.end);
}

function entriesOf(value: Json | undefined): readonly JsonObject[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const entries = (value as readonly Json[]).filter(isJsonObject);
  return entries.length === value.length ? entries : undefined;
}

/** Entries of one manager are told apart by these. */
function kindOf(entry: JsonObject): string {
  return stringifyJson([entry['operation'] ?? null, entry['subresource'] ?? null]);
}
