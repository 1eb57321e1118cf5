import type { KubeObject } from '../../core/api/kube-object.ts';
import type { ReleaseRecord } from '../../core/release/release-record.ts';
import type { ReflectorEvent, ReleaseStorage } from '../../io/contract.ts';

/** Records, and whether they are whole and of now, fit to be acted on. */
export interface RecordLook {
  readonly records: readonly ReleaseRecord[];
  readonly live: boolean;
}

interface HeldRecords {
  readonly fingerprint: string;
  readonly records: readonly ReleaseRecord[];
}

/**
 * Knows from a metadata-only watch whether a release's records have changed, so that an unchanged release is looked
 * at without a request. What is kept is enough to name the state; actions read storage anew.
 */
export class RecordWatch {
  readonly #storage: Pick<ReleaseStorage, 'history'>;
  /** `namespace/release` -> Secret name -> resourceVersion. */
  readonly #versions = new Map<string, Map<string, string>>();
  readonly #held = new Map<string, HeldRecords>();

  constructor(storage: Pick<ReleaseStorage, 'history'>) {
    this.#storage = storage;
  }

  /** Takes in an event about a Secret; answers `namespace/release` when it is a record of helm's, else undefined. */
  observe(event: ReflectorEvent): string | undefined {
    const place = placeOf(event.object);
    if (place === undefined) return undefined;
    const { name, resourceVersion = '' } = event.object.metadata;
    const secrets = this.#versions.get(place) ?? new Map<string, string>();
    if (event.type === 'deleted') secrets.delete(name);
    else secrets.set(name, resourceVersion);
    if (secrets.size > 0) this.#versions.set(place, secrets);
    else {
      this.#versions.delete(place);
      this.#held.delete(place);
    }
    return place;
  }

  /** All revisions, highest first; from memory, without manifest, values and raw record, while nothing has changed. */
  async look(namespace: string, release: string, signal: AbortSignal): Promise<RecordLook> {
    const place = `${namespace}/${release}`;
    const fingerprint = this.#fingerprint(place);
    const held = this.#held.get(place);
    if (held !== undefined && held.fingerprint === fingerprint) {
      return { records: held.records, live: false };
    }
    return { records: await this.read(namespace, release, signal), live: true };
  }

  /** All revisions, highest first, whole, as the API server has them now. */
  async read(namespace: string, release: string, signal: AbortSignal): Promise<readonly ReleaseRecord[]> {
    const place = `${namespace}/${release}`;
    const records = await this.#storage.history(namespace, release, signal);
    const fingerprint = records
      .map((record) => `${record.version}:${record.resourceVersion ?? ''}`)
      .toSorted()
      .join(' ');
    this.#held.set(place, { fingerprint, records: records.map(slim) });
    return records;
  }

  /** Whether the records of `namespace/release` that were read last are the ones that the watch shows. */
  isCurrent(place: string): boolean {
    return (this.#held.get(place)?.fingerprint ?? '') === this.#fingerprint(place);
  }

  #fingerprint(place: string): string {
    return [...(this.#versions.get(place) ?? [])]
      .map(([name, version]) => `${name.slice(name.lastIndexOf('.v') + 2)}:${version}`)
      .toSorted()
      .join(' ');
  }
}

function slim(record: ReleaseRecord): ReleaseRecord {
  return { ...record, manifest: '', config: {}, raw: {} };
}

/** helm labels its records `owner=helm` and `name=<release>` (flux.md 3.2). */
function placeOf({ metadata }: KubeObject): string | undefined {
  const { labels, namespace } = metadata;
  const release = labels?.['name'];
  if (labels?.['owner'] !== 'helm' || release === undefined) return undefined;
  return `${namespace}/${release}`;
}
