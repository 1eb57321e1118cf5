/** Circles of releases that wait for one another. Flux does not look for them: each waits for ever (flux.md rule 2). */

/** What each release depends on, by key; a release that is not in the map does not exist, or waits for nothing. */
export type DependencyGraph = ReadonlyMap<string, readonly string[]>;

export interface WalkLimits {
  readonly maxReleases: number;
  readonly maxReferences: number;
}

/**
 * One namespace rarely holds a hundred releases, and a chain is a few long; ten times that is still walked in a millisecond.
 * A HelmRelease of 1.5 MiB, etcd's limit, could hold 100,000 references.
 */
export const WALK_LIMITS: WalkLimits = { maxReleases: 1000, maxReferences: 10_000 };

export interface CycleSearch {
  /** False when a limit stopped the walk: then no cycle says nothing. */
  readonly complete: boolean;
  /**
   * For each release that a step may lead to and from which the start can be reached: the next step of a shortest way there.
   * Follow it with {@link wayBack}.
   */
  readonly nextStep: ReadonlyMap<string, string>;
  /** Releases and references looked at. */
  readonly visited: number;
  readonly followed: number;
}

/**
 * Walks from a release through what it depends on, and finds the ways that lead back. `references` are the start's own, whatever the
 * graph says of it. Breadth first, in the order of the lists, so that equal input gives equal ways.
 */
export function findCycles(
  start: string,
  references: readonly string[],
  graph: DependencyGraph,
  limits: WalkLimits = WALK_LIMITS,
): CycleSearch {
  const dependents = new Map<string, string[]>();
  const reached = new Set([start]);
  let followed = 0;
  let complete = true;
  walk: for (const release of reached) {
    for (const reference of release === start ? references : (graph.get(release) ?? [])) {
      if (followed === limits.maxReferences) {
        complete = false;
        break walk;
      }
      followed += 1;
      const known = dependents.get(reference);
      if (known === undefined) dependents.set(reference, [release]);
      else known.push(release);
      if (reached.has(reference)) continue;
      if (reached.size === limits.maxReleases) complete = false;
      else reached.add(reference);
    }
  }
  return { complete, nextStep: stepsTowards(start, dependents), visited: reached.size, followed };
}

/** Breadth first against the direction of the references: each release gets its step when it is met first. */
function stepsTowards(
  start: string,
  dependents: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, string> {
  const nextStep = new Map<string, string>();
  const queue = new Set([start]);
  for (const release of queue) {
    for (const dependent of dependents.get(release) ?? []) {
      if (queue.has(dependent)) continue;
      nextStep.set(dependent, release);
      queue.add(dependent);
    }
  }
  return nextStep;
}

/** The shortest way from a release back to the start, both included; empty when there is none. */
export function wayBack({ nextStep }: CycleSearch, from: string): readonly string[] {
  if (!nextStep.has(from)) return [];
  const way = [from];
  for (let at = nextStep.get(from); at !== undefined; at = nextStep.get(at)) way.push(at);
  return way;
}
