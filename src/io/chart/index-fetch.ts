import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { indexUrl } from '../../core/chart/chart-url.ts';
import type { RepositoryAccess } from '../contract.ts';
import { limitBytes, TooManyBytesError } from './byte-limit.ts';
import { ChartError } from './chart-error.ts';
import { type FetchedResponse, type HttpFetchSettings, httpFetch } from './http-fetch.ts';

/** What a server said about the version of an index. */
export interface IndexValidators {
  readonly etag?: string;
  readonly lastModified?: string;
}

export type IndexAnswer =
  | { readonly kind: 'unchanged' }
  | {
      readonly kind: 'fetched';
      readonly bytes: Uint8Array;
      /** `sha256:<hex>` of the bytes. */
      readonly digest: string;
      readonly validators: IndexValidators;
    };

const FAILURE = 'failed to fetch Helm repository index';

/** Room for the first bytes of a body whose length the server does not tell. */
const FIRST_ROOM_BYTES = 64 * 1024;

/** GETs `index.yaml`, conditionally when validators are given. */
export async function fetchIndexBytes(
  settings: HttpFetchSettings,
  access: RepositoryAccess,
  repository: URL,
  known: IndexValidators | undefined,
  maxBytes: number,
  signal: AbortSignal,
): Promise<IndexAnswer> {
  const headers = { 'accept-encoding': 'gzip', ...conditionsOf(known) };
  return await httpFetch(
    settings,
    { access, url: indexUrl(repository), headers, failure: FAILURE, signal },
    async (response): Promise<IndexAnswer> => {
      if (response.status === 304) {
        if (known !== undefined) return { kind: 'unchanged' };
        throw new ChartError('Failed', `${FAILURE}: 304 Not Modified without being asked`, {
          retriable: true,
        });
      }
      try {
        const { bytes, digest } = await readBody(response, maxBytes);
        return { kind: 'fetched', bytes, digest, validators: validatorsOf(response) };
      } catch (error) {
        if (!(error instanceof TooManyBytesError)) throw error;
        throw new ChartError('Failed', `${FAILURE}: index.yaml has ${error.message}`, {
          retriable: false,
          cause: error,
        });
      }
    },
  );
}

async function readBody(
  response: FetchedResponse,
  maxBytes: number,
): Promise<{ bytes: Uint8Array; digest: string }> {
  const encoding = response.header('content-encoding') ?? 'identity';
  const hash = createHash('sha256');
  // What travels is bounded like what comes out: compressed data that expands to nothing is no use to anybody.
  const travelled = limitBytes(response.body, maxBytes);
  const declared = encoding === 'identity' ? Number(response.header('content-length') ?? 0) : 0;
  if (declared > maxBytes) throw new TooManyBytesError(maxBytes);
  let room = Buffer.allocUnsafeSlow(declared > 0 ? declared : FIRST_ROOM_BYTES);
  let length = 0;
  for await (const chunk of limitBytes(decode(travelled, encoding), maxBytes)) {
    hash.update(chunk);
    if (length + chunk.byteLength > room.byteLength) {
      const larger = Buffer.allocUnsafeSlow(
        Math.min(maxBytes, Math.max(room.byteLength * 2, length + chunk.byteLength)),
      );
      room.copy(larger, 0, 0, length);
      room = larger;
    }
    chunk.copy(room, length);
    length += chunk.byteLength;
  }
  const bytes = length === room.byteLength ? room : Buffer.from(room.subarray(0, length));
  return { bytes, digest: `sha256:${hash.digest('hex')}` };
}

function decode(chunks: AsyncIterable<Buffer>, encoding: string): AsyncIterable<Buffer> {
  if (encoding === 'identity') return chunks;
  if (encoding === 'gzip' || encoding === 'x-gzip') return gunzip(chunks);
  throw new ChartError('Failed', `${FAILURE}: content encoding ${encoding.slice(0, 40)} was not asked for`, {
    retriable: false,
  });
}

async function* gunzip(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, void> {
  const source = Readable.from(chunks);
  const unzip = createGunzip();
  source.on('error', (error) => unzip.destroy(error));
  try {
    for await (const chunk of source.pipe(unzip)) yield chunk as Buffer;
  } finally {
    source.destroy();
    unzip.destroy();
  }
}

function conditionsOf(known: IndexValidators | undefined): Record<string, string> {
  return {
    ...(known?.etag === undefined ? {} : { 'if-none-match': known.etag }),
    ...(known?.lastModified === undefined ? {} : { 'if-modified-since': known.lastModified }),
  };
}

/** `Last-Modified` has one-second steps and is used only without an ETag. */
function validatorsOf(response: FetchedResponse): IndexValidators {
  const etag = response.header('etag');
  const lastModified = response.header('last-modified');
  if (etag !== undefined) return { etag };
  return lastModified === undefined ? {} : { lastModified };
}
