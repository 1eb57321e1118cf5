import type { ChartMetadata } from './chart-metadata.ts';

/** The header of one member of a chart archive. */
export interface ArchiveMember {
  readonly name: string;
  readonly type: string | null | undefined;
  readonly sizeBytes: number;
  /** Keys of the extended (pax) headers that apply to it, global ones included. */
  readonly paxKeys: readonly string[];
}

/** What becomes of a member's content. */
export type MemberUse = 'skip' | 'metadata' | 'schema' | 'archive';

export type MemberVerdict =
  | { readonly ok: true; readonly use: MemberUse }
  | { readonly ok: false; readonly message: string };

export interface ArchiveLimits {
  /** Of all members unpacked, nested archives included. */
  readonly maxUnpackedBytes: number;
  readonly maxFileBytes: number;
  readonly maxMembers: number;
  /** Archives within archives (`charts/x-1.0.0.tgz`). */
  readonly maxNesting: number;
}

/**
 * helm's own limits are 100 MiB unpacked and 5 MiB a file. It counts neither members nor nesting: the largest public charts
 * have some 2,000 files, and umbrella charts of umbrella charts nest two or three deep.
 */
export const ARCHIVE_LIMITS: ArchiveLimits = {
  maxUnpackedBytes: 100 * 1024 * 1024,
  maxFileBytes: 5 * 1024 * 1024,
  maxMembers: 10_000,
  maxNesting: 5,
};

/** Extended keys that change nothing but dates and comments. `path`, `size` and owners are applied by every reader. */
const HARMLESS_PAX =
  /^(?:path|size|[acm]time|[ug]id|[ug]name|comment|LIBARCHIVE\..*|SCHILY\.(?:dev|ino|nlink|fflags))$/;

/** Counts shared by an archive and the archives within it. */
export interface ArchiveTally {
  members: number;
  unpackedBytes: number;
}

/**
 * Judges the members of one archive, header by header, by names and types alone.
 *
 * Stricter than helm: whatever two readers of tar could see differently (links, devices, sparse files, dot
 * segments, names that occur twice, backslashes) is refused rather than interpreted.
 */
export class ArchiveCheck {
  readonly #limits: ArchiveLimits;
  readonly #tally: ArchiveTally;
  readonly #seen = new Set<string>();
  #top: string | undefined;
  #hasMetadata = false;

  constructor(limits: ArchiveLimits, tally: ArchiveTally) {
    this.#limits = limits;
    this.#tally = tally;
  }

  admit(member: ArchiveMember): MemberVerdict {
    const shown = JSON.stringify(member.name.slice(0, 200));
    const refuse = (why: string): MemberVerdict => ({ ok: false, message: `${shown} ${why}` });
    this.#tally.members += 1;
    this.#tally.unpackedBytes += member.sizeBytes;
    if (this.#tally.members > this.#limits.maxMembers)
      return refuse(`is one of more than ${this.#limits.maxMembers} files`);
    if (member.type !== 'file' && member.type !== 'directory')
      return refuse(`is a ${member.type ?? 'special file'}`);
    const odd = member.paxKeys.find((key) => !HARMLESS_PAX.test(key));
    if (odd !== undefined) return refuse(`has the extended header ${JSON.stringify(odd.slice(0, 100))}`);
    if (member.sizeBytes > this.#limits.maxFileBytes)
      return refuse(`has more than ${this.#limits.maxFileBytes} bytes`);
    if (this.#tally.unpackedBytes > this.#limits.maxUnpackedBytes) {
      return refuse(`makes the chart larger than ${this.#limits.maxUnpackedBytes} bytes`);
    }
    const fault = findNameFault(member.name, member.type === 'directory');
    if (fault !== undefined) return refuse(fault);
    return this.#place(member, refuse);
  }

  /** Undefined when the archive as a whole is a chart. */
  finish(): string | undefined {
    return this.#hasMetadata ? undefined : 'Chart.yaml is missing';
  }

  #place(member: ArchiveMember, refuse: (why: string) => MemberVerdict): MemberVerdict {
    const path = member.name.replace(/\/$/, '');
    const segments = path.split('/');
    if (segments.length < 2 && member.type === 'file') return refuse('is outside the chart directory');
    this.#top ??= segments[0];
    if (segments[0] !== this.#top)
      return refuse(`is outside the chart directory ${JSON.stringify(this.#top)}`);
    if (member.type === 'directory')
      return member.sizeBytes === 0 ? { ok: true, use: 'skip' } : refuse('is a directory with content');
    if (this.#seen.has(path)) return refuse('occurs twice');
    this.#seen.add(path);
    const file = segments.at(-1);
    if (file === 'values.schema.json') return { ok: true, use: 'schema' };
    if (segments.at(-2) === 'charts' && file?.endsWith('.tgz') === true) return { ok: true, use: 'archive' };
    if (segments.length > 2 || file !== 'Chart.yaml') return { ok: true, use: 'skip' };
    this.#hasMetadata = true;
    return { ok: true, use: 'metadata' };
  }
}

/** Why the archive is not the chart that its entry promised, if it is not. */
export function findMismatch(metadata: ChartMetadata, name: string, version: string): string | undefined {
  if (metadata.name !== name)
    return `Chart.yaml names ${JSON.stringify(metadata.name)}, the index ${JSON.stringify(name)}`;
  if (metadata.version === version) return undefined;
  return `Chart.yaml has version ${JSON.stringify(metadata.version)}, the index ${JSON.stringify(version)}`;
}

function findNameFault(name: string, directory: boolean): string | undefined {
  if (name.length > 1024) return 'has a name of more than 1024 characters';
  if (/[\u0000-\u001f\u007f]/.test(name)) return 'has control characters in its name';
  if (name.startsWith('/') || /^[A-Za-z]:/.test(name)) return 'is an absolute path';
  if (name.includes('\\')) return 'has a backslash in its name';
  const segments = (directory ? name.replace(/\/$/, '') : name).split('/');
  if (segments.includes('..')) return 'leads out of the chart directory';
  if (segments.some((segment) => segment === '.' || segment === ''))
    return 'has an empty or dot segment in its name';
  return undefined;
}
