import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';
import {
  derBitString,
  derElement,
  derInteger,
  derObjectId,
  derOctetString,
  derSequence,
  derSet,
  derTime,
  derTrue,
  derUtf8String,
} from './der.ts';

/** A private key (PKCS #8) and what goes with it, all PEM. */
export interface KeyAndCertificate {
  readonly privateKeyPem: string;
  readonly certificatePem: string;
}

export interface KeyPairPem {
  readonly privateKeyPem: string;
  /** SubjectPublicKeyInfo. */
  readonly publicKeyPem: string;
}

export interface LeafRequest {
  readonly commonName: string;
  /** Kubernetes reads them as the groups of a client. */
  readonly organizations?: readonly string[];
  readonly usage: 'server' | 'client';
  /** DNS names and IPv4 addresses of a server. */
  readonly hosts?: readonly string[];
}

/**
 * A certificate authority for one sandbox. Keys are ECDSA on P-256, signatures with SHA-256; certificates hold from an hour
 * before `now` (clocks of two processes differ by less) for 366 days: longer than any sandbox lives.
 */
export interface CertificateAuthority {
  readonly certificatePem: string;
  issue(request: LeafRequest): KeyAndCertificate;
}

const objectIds = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAlternativeName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyId: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;

const hourMs = 3_600_000;
const validityMs = 366 * 24 * hourMs;

/** A fresh P-256 key pair, for service-account tokens (ES256). */
export function generateKeyPair(): KeyPairPem {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    privateKeyPem: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKeyPem: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

/** Makes a self-signed authority that may sign leaves only (path length 0). */
export function createCertificateAuthority(commonName: string, now: Date): CertificateAuthority {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = distinguishedName(commonName, []);
  const keyId = keyIdentifier(pair.publicKey);
  const build = (subject: Buffer, publicKey: KeyObject, extensions: readonly Buffer[]): string =>
    signCertificate({ issuer: name, subject, publicKey, signingKey: pair.privateKey, extensions, now });
  const certificatePem = build(name, pair.publicKey, [
    extension(objectIds.basicConstraints, true, derSequence(derTrue(), derInteger(Buffer.from([0])))),
    // keyCertSign (bit 5) and cRLSign (bit 6) of RFC 5280 section 4.2.1.3.
    extension(objectIds.keyUsage, true, derBitString(Buffer.from([0x06]), 1)),
    extension(objectIds.subjectKeyId, false, derOctetString(keyId)),
  ]);
  return {
    certificatePem,
    issue(request: LeafRequest): KeyAndCertificate {
      const leaf = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const subject = distinguishedName(request.commonName, request.organizations ?? []);
      const usage = request.usage === 'server' ? objectIds.serverAuth : objectIds.clientAuth;
      const extensions = [
        // digitalSignature (bit 0): all that TLS asks of an ECDSA key.
        extension(objectIds.keyUsage, true, derBitString(Buffer.from([0x80]), 7)),
        extension(objectIds.extendedKeyUsage, false, derSequence(derObjectId(usage))),
        extension(objectIds.authorityKeyId, false, derSequence(derElement(0x80, keyId))),
      ];
      const hosts = request.hosts ?? [];
      if (hosts.length > 0) {
        extensions.push(
          extension(objectIds.subjectAlternativeName, false, derSequence(...hosts.map(alternativeName))),
        );
      }
      return {
        privateKeyPem: leaf.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
        certificatePem: build(subject, leaf.publicKey, extensions),
      };
    },
  };
}

interface CertificateFields {
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly publicKey: KeyObject;
  readonly signingKey: KeyObject;
  readonly extensions: readonly Buffer[];
  readonly now: Date;
}

/** RFC 5280 section 4.1: version 3, a random positive serial of 16 bytes, PEM of the signed whole. */
function signCertificate(fields: CertificateFields): string {
  const algorithm = derSequence(derObjectId(objectIds.ecdsaWithSha256));
  const start = fields.now.getTime() - hourMs;
  const signed = derSequence(
    derElement(0xa0, derInteger(Buffer.from([2]))),
    derInteger(randomBytes(16)),
    algorithm,
    fields.issuer,
    derSequence(derTime(new Date(start)), derTime(new Date(start + validityMs))),
    fields.subject,
    fields.publicKey.export({ type: 'spki', format: 'der' }),
    derElement(0xa3, derSequence(...fields.extensions)),
  );
  const signature = sign('sha256', signed, fields.signingKey);
  const base64 = derSequence(signed, algorithm, derBitString(signature)).toString('base64');
  const wrapped = base64.match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${wrapped.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function distinguishedName(commonName: string, organizations: readonly string[]): Buffer {
  const attribute = (id: string, value: string): Buffer =>
    derSet(derSequence(derObjectId(id), derUtf8String(value)));
  return derSequence(
    ...organizations.map((organization) => attribute(objectIds.organization, organization)),
    attribute(objectIds.commonName, commonName),
  );
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return derSequence(derObjectId(id), ...(critical ? [derTrue()] : []), derOctetString(value));
}

/** GeneralName: iPAddress [7] for an address, dNSName [2] for anything else. */
function alternativeName(host: string): Buffer {
  return isIPv4(host)
    ? derElement(0x87, Buffer.from(host.split('.').map(Number)))
    : derElement(0x82, Buffer.from(host, 'ascii'));
}

/** SHA-1 of the key's DER, a name and no proof: RFC 5280 section 4.2.1.2 lets any method make it. */
function keyIdentifier(publicKey: KeyObject): Buffer {
  return createHash('sha1')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest();
}
