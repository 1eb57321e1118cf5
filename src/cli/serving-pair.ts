import { readFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { ServeConfig } from '../config/serve-config.ts';
import { type IssuedPair, makeAuthority, makeLeaf } from '../io/tls/authority.ts';
import { followPair } from '../io/tls/follow-pair.ts';

/** What the webhook serves with, and what the API server is told to trust. */
export interface ServingPair {
  readonly pair: IssuedPair;
  readonly caPem: string;
  /** When the pair that is served ends, in milliseconds since the epoch; undefined when it ends with the process. */
  readonly notAfterMs: () => number | undefined;
  close(): Promise<void>;
}

/**
 * The pair from files, followed while they change (`onPair`), or one of this process's own that never touches a disk.
 * Rejects when the files can't be served, naming what is wrong with them.
 */
export async function openServingPair(
  { tls, host, service }: ServeConfig,
  log: Logger,
  onPair: (pair: IssuedPair) => void,
): Promise<ServingPair> {
  const name = service === undefined ? 'localhost' : `${service.name}.${service.namespace}.svc`;
  if (tls === undefined) {
    const authority = await makeAuthority({ now: new Date() });
    const pair = await makeLeaf(authority, { dnsNames: [name], ipAddresses: [host], now: new Date() });
    return { pair, caPem: authority.certPem, notAfterMs: () => undefined, close: async () => {} };
  }
  const followed = await followPair({
    certFile: tls.certFile,
    keyFile: tls.keyFile,
    names: [service === undefined ? host : name],
    now: () => new Date(),
    onPair: (pair) => {
      log.info({}, 'serving with a new certificate');
      onPair(pair);
    },
    onRefused: ({ fault, message }) =>
      log.error({ fault, error: message }, 'the certificate files cannot be served'),
  });
  return {
    pair: followed.current(),
    caPem: await readFile(tls.caFile, 'utf8'),
    notAfterMs: followed.notAfterMs,
    close: followed.close,
  };
}
