import { isJsonObject, type Json } from '../../core/json/json.ts';
import { parseJson } from '../../core/json/parse.ts';
import { parseReleaseSecretName } from '../release-record.ts';

/** Notes the resourceVersion of each release record in an answer: a Secret or a list of them, as JSON. */
export function noteRecordVersions(versions: Map<string, string>, answer: Buffer): void {
  const parsed = parseJson(answer.toString('utf8'));
  if (!parsed.ok || !isJsonObject(parsed.value)) return;
  const { items } = parsed.value;
  for (const secret of Array.isArray(items) ? (items as readonly Json[]) : [parsed.value]) {
    const metadata = isJsonObject(secret) ? secret['metadata'] : undefined;
    if (!isJsonObject(metadata)) continue;
    const { name, resourceVersion } = metadata;
    if (typeof name !== 'string' || typeof resourceVersion !== 'string' || resourceVersion === '') continue;
    if (parseReleaseSecretName(name) !== undefined) versions.set(name, resourceVersion);
  }
}
