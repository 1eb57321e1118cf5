import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { createSecureContext } from 'node:tls';

import type { IssuedPair } from './authority.ts';

/** Why a certificate and a key cannot be served. */
export type PairFault = 'Unreadable' | 'Mismatch' | 'NotYetValid' | 'Expired' | 'WrongName';

export type PairCheck =
  | { readonly ok: true; readonly notAfterMs: number; readonly renewAtMs: number }
  | { readonly ok: false; readonly fault: PairFault; readonly message: string };

/** Share of its life after which a certificate should be exchanged. */
const RENEW_AT = 2 / 3;

/**
 * Checks a pair before it is served: `setSecureContext` takes an empty or mismatched one without a word, and every handshake after it
 * fails. `names` are the DNS names and addresses under which the endpoint is called; all must be in the certificate.
 */
export function checkPair({ certPem, keyPem }: IssuedPair, names: readonly string[], now: Date): PairCheck {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(certPem);
    const key = createPrivateKey(keyPem);
    if (!certificate.checkPrivateKey(key))
      return refuse('Mismatch', 'the key is not that of the certificate');
    createSecureContext({ cert: certPem, key: keyPem });
  } catch {
    // OpenSSL's message may quote the input.
    return refuse('Unreadable', 'the certificate or the key is empty, cut or no PEM');
  }
  const [fromMs, toMs] = [certificate.validFromDate.getTime(), certificate.validToDate.getTime()];
  if (now.getTime() < fromMs)
    return refuse('NotYetValid', `the certificate holds from ${certificate.validFrom} on`);
  if (now.getTime() >= toMs) return refuse('Expired', `the certificate ended on ${certificate.validTo}`);
  const missing = names.filter((name) => !covers(certificate, name));
  if (missing.length > 0) return refuse('WrongName', `the certificate is not for ${missing.join(', ')}`);
  return { ok: true, notAfterMs: toMs, renewAtMs: fromMs + (toMs - fromMs) * RENEW_AT };
}

function covers(certificate: X509Certificate, name: string): boolean {
  const found =
    isIP(name) === 0 ? certificate.checkHost(name, { subject: 'never' }) : certificate.checkIP(name);
  return found !== undefined;
}

function refuse(fault: PairFault, message: string): PairCheck {
  return { ok: false, fault, message };
}
