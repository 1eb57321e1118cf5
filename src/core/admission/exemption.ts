/**
 * At release time nobody asks, so a rule that only the asker kept out (`match.subjects`, `match.exclude.subjects`) would stop what an
 * administrator was allowed to apply. The annotation `helmgate.dev/exempted` remembers for which spec which rules were kept out:
 * `<MAC> <policy>/<rule> ...`, under a key that only gates hold. Whoever has no key can neither write one nor move it to another
 * object or spec; what does not verify exempts from nothing.
 */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { applyPatch } from '../json/apply.ts';
import { canonicalJson } from '../json/canonical.ts';
import { diffJson } from '../json/diff.ts';
import { digestOfJson } from '../json/digest.ts';
import { isJsonObject } from '../json/json.ts';
import { valueAt, withValueAt } from '../json/pointer.ts';
import type { Decision } from '../policy/decision.ts';
import type { Subject } from '../policy/subject.ts';
import { effectiveObject } from '../release/effective.ts';

export const EXEMPTION_ANNOTATION = 'helmgate.dev/exempted';
const ANNOTATION = ['metadata', 'annotations', EXEMPTION_ANNOTATION];

/** An object and who it is. */
export type Exempted = Pick<Subject, 'kind' | 'version' | 'namespace' | 'name' | 'object'>;

/** A key of 32 random bytes. */
export type ExemptionKey = Uint8Array;

/** All annotations of an object may take 256 KiB; a name of a rule is up to 127 characters. More rules are not remembered. */
const MAX_RULES = 64;

/**
 * The annotation's text; `rules` are `policy/rule`. Undefined where nothing can be remembered: no rules, too many, or a name that the API
 * server has yet to generate.
 */
export function exemptionText(
  exempted: Exempted,
  rules: readonly string[],
  key: ExemptionKey,
): string | undefined {
  if (rules.length === 0 || rules.length > MAX_RULES || exempted.name === '') return undefined;
  const sorted = [...new Set(rules)].sort();
  return [macOf(exempted, sorted, key), ...sorted].join(' ');
}

/** The patch of a mutating decision with the annotation for what it leaves out; the decision's own where nothing is to be remembered. */
export function patchWithExemption(
  subject: Subject,
  decision: Decision,
  key: ExemptionKey,
): Decision['patch'] {
  const { patch, leftOut = [] } = decision;
  const object = applyPatch(subject.object, patch);
  if (!isJsonObject(object)) return patch;
  const text = exemptionText({ ...subject, object }, leftOut, key);
  if (text === undefined || text === valueAt(object, ANNOTATION)) return patch;
  return diffJson(subject.object, withValueAt(object, ANNOTATION, text));
}

/** The rules that an object's annotation names; none when it was not written for this object and spec with this key. */
export function exemptedRules(exempted: Exempted, key: ExemptionKey): readonly string[] {
  const text = valueAt(exempted.object, ANNOTATION);
  if (typeof text !== 'string') return [];
  const [mac, ...rules] = text.split(' ');
  return rules.length <= MAX_RULES && mac === macOf(exempted, rules, key) ? rules : [];
}

/** Over the effective spec, since the loop reads another API version of the object than its author may have written. */
function macOf(exempted: Exempted, rules: readonly string[], key: ExemptionKey): string {
  const { kind, namespace, name } = exempted;
  const spec = digestOfJson(effectiveObject(exempted).object['spec'] ?? null);
  const text = canonicalJson(['helmgate.dev/exempted v1', kind, namespace, name, spec, [...rules]]);
  return bytesToHex(hmac(sha256, key, utf8ToBytes(text)));
}
