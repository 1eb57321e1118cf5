import type { JsonObject } from '../json/json.ts';
import type { Fact, ReleaseFact } from '../policy/facts.ts';
import { describeRelease, type NamedObject, type ReleaseReference } from '../policy/release-fact.ts';

/** Releases that one object is judged against: a circle of dependencies, or a place in storage, has a handful. */
export const MAX_RELATED_RELEASES = 1000;
/** References followed: ten for each of them, where one or two are usual and one object could hold 100,000. */
const MAX_REFERENCES = 10_000;

/** What was read of an object, which never changes: a copy of the cluster is gone through at every request. */
const described = new WeakMap<JsonObject, ReleaseFact>();

interface ReleaseIndex {
  readonly byKey: ReadonlyMap<string, ReleaseFact>;
  readonly byPlace: ReadonlyMap<string, readonly (readonly [key: string, fact: ReleaseFact])[]>;
}

/** Made once for all that are judged among the same releases. */
const indexes = new WeakMap<readonly JsonObject[], ReleaseIndex>();

/**
 * The HelmReleases, of all there are, that rules about several releases need for judging one: those with its place in helm's
 * storage, and those that `dependsOn` reaches from it. The one that is judged is not among them. Unavailable when there are more
 * than {@link MAX_RELATED_RELEASES} of them, or ten times as many references: a part of them would make a rule say less than it knows.
 */
export function relatedReleases(
  judged: NamedObject,
  all: readonly JsonObject[],
): Fact<readonly ReleaseFact[]> {
  const own = describeRelease(judged);
  const { byKey, byPlace } = indexOf(all);
  const ownKey = keyOf(own);
  const related = new Map<string, ReleaseFact>();
  for (const [key, other] of byPlace.get(placeOf(own)) ?? []) if (key !== ownKey) related.set(key, other);
  const ahead: (readonly ReleaseReference[])[] = [own.dependsOn];
  const reached = new Set<string>();
  let followed = 0;
  for (let references = ahead.pop(); references !== undefined; references = ahead.pop()) {
    followed += references.length;
    if (followed > MAX_REFERENCES || related.size > MAX_RELATED_RELEASES) break;
    for (const reference of references) {
      const key = keyOf(reference);
      const other = byKey.get(key);
      if (other === undefined || key === ownKey || reached.has(key)) continue;
      reached.add(key);
      related.set(key, other);
      ahead.push(other.dependsOn);
    }
  }
  const complete = related.size <= MAX_RELATED_RELEASES && followed <= MAX_REFERENCES;
  return complete ? { known: true, value: [...related.values()] } : { known: false, why: 'Unavailable' };
}

function factOf(object: JsonObject): ReleaseFact {
  const known = described.get(object);
  if (known !== undefined) return known;
  const { name, namespace } = (object['metadata'] ?? {}) as { name?: string; namespace?: string };
  const fact = describeRelease({ namespace: namespace ?? '', name: name ?? '', object });
  described.set(object, fact);
  return fact;
}

function indexOf(all: readonly JsonObject[]): ReleaseIndex {
  const known = indexes.get(all);
  if (known !== undefined) return known;
  const byKey = new Map(all.map((object) => [keyOf(factOf(object)), factOf(object)]));
  const byPlace = Map.groupBy(byKey, ([, fact]) => placeOf(fact));
  indexes.set(all, { byKey, byPlace });
  return { byKey, byPlace };
}

/** Where helm keeps a release; names of Kubernetes hold no blanks. */
function placeOf({ releaseName, storageNamespace, cluster }: ReleaseFact): string {
  return `${storageNamespace} ${releaseName} ${cluster}`;
}

function keyOf({ namespace, name }: ReleaseReference): string {
  return `${namespace}/${name}`;
}
