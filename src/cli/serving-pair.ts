import { readFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { ServeConfig } from '../config/serve-config.ts';
import { type IssuedPair, makeAuthority, makeLeaf } from '../io/tls/authority.ts';
import { followPair } from '../io/tls/follow-pair.ts';

/** What the webhook serves with, and what the API server is told to trust. */
export interface ServingPair {
  readonly pair: IssuedPair;
  readonly caPem: string;
  /** When the pair that is served ends, in milliseconds since the epoch. */
  readonly notAfterMs: () => number;
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
  if (tls === undefined) return await openOwnPair(name, host, log, onPair);
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
    notAfterMs: () => followed.notAfterMs(),
    close: () => followed.close(),
  };
}

const DAY_MS = 24 * 60 * 60 * 1000;
const LEAF_DAYS = 7;
/** The CA stays in this process and in the webhook configurations that it writes: it may live as long as any process. */
const AUTHORITY_DAYS = 10 * 365;
/** Renewal comes at two thirds of a leaf's life, so an hour more or less is nothing; a clock that jumps is noticed. */
const RENEWAL_CHECK_MS = 60 * 60 * 1000;

/** A pair that is renewed in memory under one CA, for as long as the process runs. */
async function openOwnPair(
  name: string,
  host: string,
  log: Logger,
  onPair: (pair: IssuedPair) => void,
): Promise<ServingPair> {
  const authority = await makeAuthority({ now: new Date(), days: AUTHORITY_DAYS });
  const issue = async (): Promise<{ readonly pair: IssuedPair; readonly madeMs: number }> => {
    const now = new Date();
    const pair = await makeLeaf(authority, { dnsNames: [name], ipAddresses: [host], days: LEAF_DAYS, now });
    return { pair, madeMs: now.getTime() };
  };
  let served = await issue();
  const renew = async (): Promise<void> => {
    if (Date.now() - served.madeMs < (LEAF_DAYS * DAY_MS * 2) / 3) return;
    try {
      served = await issue();
      onPair(served.pair);
      log.info({}, 'renewed the serving certificate');
    } catch (error) {
      log.error({ error: String(error) }, 'the serving certificate could not be renewed');
    }
  };
  const timer = setInterval(() => void renew(), RENEWAL_CHECK_MS);
  timer.unref();
  return {
    pair: served.pair,
    caPem: authority.certPem,
    notAfterMs: () => served.madeMs + LEAF_DAYS * DAY_MS,
    close: async () => clearInterval(timer),
  };
}
