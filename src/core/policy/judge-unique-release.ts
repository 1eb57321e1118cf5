/** What rule `uniqueRelease` finds in a HelmRelease. */
import type { Json, JsonObject } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';
import { shortenReleaseName } from '../release/names.ts';
import type { Edit } from './decision.ts';
import { NOT_GATHERED, type ReleaseFact } from './facts.ts';
import { type DescribedRelease, describeRelease } from './release-fact.ts';
import type { Judgement, RuleInput } from './rule.ts';
import { shortText } from './short-text.ts';
import { judgeUnknown, type UnknownVerdict } from './unknown-fact.ts';

const NOTHING: Judgement = { findings: [], warnings: [] };

/**
 * Judges whether a HelmRelease has its place in helm's storage for itself. A suspended one does nothing, and is deleted without an
 * uninstall: it has no claim on the place, and so it can be handed over.
 */
export function judgeUniqueRelease(unknown: UnknownVerdict, input: RuleInput): Judgement {
  const { subject, object, facts } = input;
  const own = describeRelease({ namespace: subject.namespace, name: subject.name, object });
  // A name that is still to be generated belongs to nobody else.
  if (own.releaseName === '' || own.suspended === true) return NOTHING;
  const releases = facts.releases ?? NOT_GATHERED;
  if (!releases.known) {
    return judgeUnknown(unknown, "who else has this release's place", releases.why, 'spec.releaseName');
  }
  const others = claimants(own, releases.value);
  const [owner] = others;
  if (owner === undefined) return NOTHING;
  if (!isEntering(input, own) && isBefore(own, owner)) {
    const younger = others.map(({ namespace, name }) => `'${namespace}/${name}'`).join(', ');
    const warning = `the Helm release ${placeText(own)} is also claimed by HelmRelease ${younger}, which is refused for it`;
    return { findings: [], warnings: [shortText(warning)] };
  }
  return {
    findings: [
      {
        reason: 'ReleaseNotUnique',
        path: 'spec.releaseName',
        found: shortText(own.releaseName),
        message: shortText(
          `the Helm release ${placeText(own)} belongs to HelmRelease '${keyOf(owner)}'; give this one another releaseName`,
        ),
        wouldPass: shortText(handOver(keyOf(owner))),
        repairs: otherNames(object, own, releases.value),
      },
    ],
    warnings: [],
  };
}

/** Characters of a name, so that the way to rename still fits behind it in a line of 200. */
const MAX_NAME = 40;

/**
 * The way to rename a HelmRelease. GitOps applies the new object before it prunes the old one; pruned as it is, the old one would
 * uninstall what the new one has just taken over.
 */
function handOver(owner: string): string {
  return `another releaseName; to rename '${shortText(owner, MAX_NAME)}': 1. set suspend: true on it and let that be applied, 2. add this one and remove that one (suspended, it uninstalls nothing)`;
}

/** The others that claim the place, in the order of their right to it. */
function claimants(own: DescribedRelease, releases: readonly DescribedRelease[]): readonly ReleaseFact[] {
  return releases
    .filter(
      (other) =>
        other.suspended !== true &&
        other.cluster === own.cluster &&
        other.storageNamespace === own.storageNamespace &&
        other.releaseName === own.releaseName &&
        keyOf(other) !== keyOf(own),
    )
    .toSorted((a, b) => (isBefore(a, b) ? -1 : 1));
}

/** As the loop has it: the older one has the place, and of two of one age the first by name; one that is not stored is youngest. */
function isBefore(left: ReleaseFact, right: ReleaseFact): boolean {
  // RFC 3339 in UTC with whole seconds, as the API server writes it, sorts as text; `~` comes after every digit.
  const [a, b] = [left.created ?? '~', right.created ?? '~'];
  return a === b ? keyOf(left) < keyOf(right) : a < b;
}

/** Whether the object comes to its place by this request: created, moved there, or waking up. */
function isEntering({ subject, phase }: RuleInput, own: DescribedRelease): boolean {
  if (phase !== 'admission') return false;
  const { oldObject, namespace, name } = subject;
  if (oldObject === undefined) return true;
  const before = describeRelease({ namespace, name, object: oldObject });
  return (
    before.suspended === true ||
    before.cluster !== own.cluster ||
    before.storageNamespace !== own.storageNamespace ||
    before.releaseName !== own.releaseName
  );
}

/** Names to propose: the composed one, and one that holds the namespace; those that somebody is known to have are left out. */
function otherNames(
  object: JsonObject,
  own: DescribedRelease,
  releases: readonly DescribedRelease[],
): readonly (readonly Edit[])[] {
  const tokens = ['spec', 'releaseName'];
  const written: Json | undefined = valueAt(object, tokens);
  const composed: Edit = { tokens };
  const withNamespace: Edit = { tokens, value: shortenReleaseName(`${own.namespace}-${own.name}`) };
  return [...(written === undefined ? [] : [composed]), withNamespace]
    .filter((edit) => {
      const edited = { ...object, spec: { ...(object['spec'] as JsonObject), releaseName: edit.value } };
      const next = describeRelease({ namespace: own.namespace, name: own.name, object: edited });
      return claimants(next, releases).length === 0;
    })
    .map((edit) => [edit]);
}

/** `team/flagger`, and the cluster where it is another one. */
function placeText({ cluster, storageNamespace, releaseName }: ReleaseFact): string {
  const place = `${storageNamespace}/${releaseName}`;
  return cluster === '' ? place : `${place} in the cluster of ${cluster}`;
}

function keyOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}
