import { createHash, X509Certificate } from 'node:crypto';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import type { RepositoryAccess } from '../contract.ts';
import { ChartError } from './chart-error.ts';

/** Contexts kept. One holds the system's 150 certificates, some 1 MB; building it takes some 10 ms. */
const MAX_CONTEXTS = 16;

/** Builds TLS contexts from a repository's certificates and keeps the newest. */
export class TlsIdentities {
  readonly #contexts = new Map<string, SecureContext>();

  /**
   * The context for one repository; undefined when the system's defaults do. The CA extends the system's (flux.md 1.6).
   * `withClientCertificate` is false towards hosts other than the repository's own.
   */
  contextFor(access: RepositoryAccess, withClientCertificate: boolean): SecureContext | undefined {
    const cert = withClientCertificate ? access.certPem : undefined;
    const key = withClientCertificate ? access.keyPem : undefined;
    if (access.caPem === undefined && cert === undefined) return undefined;
    const id = digestOf([access.caPem, cert, key]);
    const context = this.#contexts.get(id) ?? buildContext(access.caPem, cert, key);
    this.#contexts.delete(id);
    this.#contexts.set(id, context);
    for (const oldest of this.#contexts.keys()) {
      if (this.#contexts.size <= MAX_CONTEXTS) break;
      this.#contexts.delete(oldest);
    }
    return context;
  }
}

/** A hex digest of texts that keeps their boundaries; absent and empty differ. */
export function digestOf(parts: readonly (string | undefined)[]): string {
  return createHash('sha256')
    .update(JSON.stringify(parts.map((part) => part ?? null)))
    .digest('hex');
}

function buildContext(
  ca: string | undefined,
  cert: string | undefined,
  key: string | undefined,
): SecureContext {
  try {
    return createSecureContext({
      minVersion: 'TLSv1.2',
      ...(ca === undefined ? {} : { ca: [...getCACertificates('default'), checkedCertificate(ca)] }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    });
  } catch (error) {
    throw new ChartError(
      'AuthenticationFailed',
      'the TLS certificates of the repository are not usable: ca.crt, tls.crt and tls.key must be PEM, and tls.key must belong to tls.crt',
      { retriable: false, cause: error },
    );
  }
}

/** OpenSSL takes a text without any certificate for an empty list, so the first one is read here. */
function checkedCertificate(pem: string): string {
  return new X509Certificate(pem).raw.byteLength > 0 ? pem : '';
}
