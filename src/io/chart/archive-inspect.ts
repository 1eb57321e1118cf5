import { type Readable, Readable as ReadableStream } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import {
  ArchiveCheck,
  type ArchiveLimits,
  type ArchiveTally,
  type MemberUse,
} from '../../core/chart/archive-check.ts';
import {
  type ChartMetadata,
  MAX_CHART_YAML_BYTES,
  readChartMetadata,
} from '../../core/chart/chart-metadata.ts';
import { checkSchemaReferences } from '../../core/chart/schema-reference.ts';
import { decodeUtf8 } from '../../core/chart/utf8.ts';
import { limitBytes } from './byte-limit.ts';

/** The archive is not a chart that helm may be given; the message names the member. */
export class BadArchiveError extends Error {}

/** Per member: its header block, padding, and extended headers of a few blocks. */
const HEADER_ROOM_BYTES = 4096;

/** Headers as tar-stream gives them beyond its declarations: extended keys, and on the stream the global ones. */
interface PaxHeader {
  readonly pax?: Readonly<Record<string, string>> | null;
}
interface PaxStream {
  readonly _paxGlobal?: Readonly<Record<string, string>> | null;
}

/**
 * Reads a chart .tgz from end to end without unpacking it, and gives what its Chart.yaml says.
 * Rejects with `BadArchiveError` for what the chart is, and with the stream's own error otherwise.
 */
export async function inspectArchive(tgz: Readable, limits: ArchiveLimits): Promise<ChartMetadata> {
  const inspection = new Inspection(limits);
  return await inspection.read(tgz, '', 0);
}

class Inspection {
  readonly #limits: ArchiveLimits;
  readonly #tally: ArchiveTally = { members: 0, unpackedBytes: 0 };

  constructor(limits: ArchiveLimits) {
    this.#limits = limits;
  }

  async read(tgz: Readable, within: string, nesting: number): Promise<ChartMetadata> {
    const check = new ArchiveCheck(this.#limits, this.#tally);
    const unzip = createGunzip();
    const members = extract();
    const maxBytes = this.#limits.maxUnpackedBytes + this.#limits.maxMembers * HEADER_ROOM_BYTES;
    const source = ReadableStream.from(limitBytes(tgz.pipe(unzip), maxBytes));
    tgz.on('error', (error) => unzip.destroy(error));
    source.on('error', (error) => members.destroy(error));
    source.pipe(members);
    let metadata: ChartMetadata | undefined;
    try {
      for await (const member of members) {
        const { header } = member;
        const pax = (header as PaxHeader).pax ?? {};
        const global = (members as unknown as PaxStream)._paxGlobal ?? {};
        const verdict = check.admit({
          name: header.name,
          type: header.type,
          sizeBytes: header.size ?? 0,
          // A global header that renames or resizes is applied by some readers and not by others.
          paxKeys: [
            ...Object.keys(pax),
            ...Object.keys(global).map((key) => (key === 'comment' ? key : `global ${key}`)),
          ],
        });
        if (!verdict.ok) throw new BadArchiveError(`${within}${verdict.message}`);
        const bytes = member as AsyncIterable<Buffer>;
        const content = verdict.use === 'skip' ? await drain(bytes) : await readAll(bytes);
        if (content !== undefined)
          metadata = (await this.#use(verdict.use, content, `${within}${header.name}`, nesting)) ?? metadata;
      }
    } catch (error) {
      throw asBadArchive(error, within);
    } finally {
      tgz.destroy();
      unzip.destroy();
      source.destroy();
      members.destroy();
    }
    const missing = check.finish();
    if (missing !== undefined || metadata === undefined)
      throw new BadArchiveError(`${within}${missing ?? 'Chart.yaml is missing'}`);
    return metadata;
  }

  async #use(
    use: MemberUse,
    content: Buffer,
    path: string,
    nesting: number,
  ): Promise<ChartMetadata | undefined> {
    if (use === 'schema') {
      const verdict = checkSchemaReferences(content.toString('utf8'));
      if (!verdict.ok) throw new BadArchiveError(`${path}: ${verdict.message}`);
    } else if (use === 'archive') {
      if (nesting >= this.#limits.maxNesting)
        throw new BadArchiveError(`${path}: charts nested deeper than ${this.#limits.maxNesting}`);
      await this.read(ReadableStream.from([content]), `${path}: `, nesting + 1);
    } else if (use === 'metadata') {
      const text = content.byteLength > MAX_CHART_YAML_BYTES ? undefined : decodeUtf8(content);
      if (text === undefined)
        throw new BadArchiveError(`${path}: not UTF-8, or more than ${MAX_CHART_YAML_BYTES} bytes`);
      const read = readChartMetadata(text);
      if (!read.ok) throw new BadArchiveError(`${path}: ${read.message}`);
      return read.metadata;
    }
    return undefined;
  }
}

async function readAll(member: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of member) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function drain(member: AsyncIterable<Buffer>): Promise<undefined> {
  for await (const _ of member);
  return undefined;
}

/** Faults of gzip and tar are faults of the archive; those of the disk are not. */
function asBadArchive(error: unknown, within: string): unknown {
  if (error instanceof BadArchiveError || !(error instanceof Error)) return error;
  const code = (error as Error & { code?: unknown; syscall?: unknown }).syscall;
  return code === undefined
    ? new BadArchiveError(`${within}not a readable .tgz: ${error.message}`, { cause: error })
    : error;
}
