import type { Cluster } from './cluster.ts';
import type { Screen } from './screen.ts';
import { DemoError } from './screen.ts';

/** The namespace that the demo's kubeconfig points at. */
export const NAMESPACE = 'demo';

/** Publishes versions of the demo's chart in its local repository. */
export interface ChartShelf {
  readonly url: string;
  /** Packages and indexes a version; the pods of a broken one never become ready. */
  publish(version: string, options?: { readonly broken?: boolean }): Promise<void>;
  /** How often the package of a version was fetched. */
  downloads(version: string): number;
}

/** The git repository that the policy files lie in. */
export interface PolicyRepository {
  readonly folder: string;
  /** Writes the policy file with this many retries and commits it; answers the commit. */
  commit(retries: number, message: string): Promise<string>;
  /** Adds another file and commits it; answers the commit. */
  add(name: string, text: string, message: string): Promise<string>;
}

/** Everything a chapter of the demo may touch. */
export interface World {
  readonly cluster: Cluster;
  readonly screen: Screen;
  readonly shelf: ChartShelf;
  readonly policies: PolicyRepository;
  /** Folder that manifests are written to. */
  readonly manifests: string;
  readonly auditLog: string;
}

/** Ticks an expectation off, or ends the demo saying what was seen instead, and why where that is known. */
export function expect(world: World, holds: boolean, what: string, seen: unknown, cause = ''): void {
  if (!holds) {
    throw new DemoError(
      `expected: ${what}; seen: ${JSON.stringify(seen)}${cause === '' ? '' : `\n${cause}`}`,
    );
  }
  world.screen.holds(what);
}
