// The order matters: the library does not load without it.
import './reflect-metadata.ts';

import { webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

/** A certificate and its key, in PEM (PKCS #8). */
export interface IssuedPair {
  readonly certPem: string;
  readonly keyPem: string;
}

/** An own certificate authority. Its certificate is the caBundle. */
export interface Authority extends IssuedPair {
  readonly commonName: string;
}

export interface AuthorityOptions {
  readonly commonName?: string;
  readonly days?: number;
  readonly now: Date;
}

export interface LeafOptions {
  /** At least one name or address; `svc.namespace.svc` for a webhook called through a Service. */
  readonly dnsNames: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly days?: number;
  readonly now: Date;
  /** Whether the leaf proves a server (the default) or a client. */
  readonly usage?: 'server' | 'client';
}

const P256: webcrypto.EcKeyGenParams & { readonly hash: string } = {
  name: 'ECDSA',
  namedCurve: 'P-256',
  hash: 'SHA-256',
};
const DAY_MS = 24 * 60 * 60 * 1000;
/** Clocks of the nodes differ: certificates start a little in the past. */
const BACKDATE_MS = 5 * 60 * 1000;
/** A leaf is short-lived, since nobody revokes it; it is renewed at two thirds of it. */
const LEAF_DAYS = 7;
const AUTHORITY_DAYS = 365;
/** RFC 5280 4.1.2.2: at most 20 octets, positive; 128 bits of chance. */
const SERIAL_BYTES = 16;

/** Makes a certificate authority: ECDSA P-256, self-signed, signs leaves only (path length 0). */
export async function makeAuthority(options: AuthorityOptions): Promise<Authority> {
  const keys = await newKeys();
  const commonName = options.commonName ?? 'helmgate-ca';
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: [{ CN: [commonName] }],
    ...validity(options.now, options.days ?? AUTHORITY_DAYS),
    signingAlgorithm: P256,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { commonName, certPem: certificate.toString('pem'), keyPem: await keyToPem(keys.privateKey) };
}

/** Makes a leaf that the authority signs, for 7 days unless said otherwise. */
export async function makeLeaf(authority: Authority, options: LeafOptions): Promise<IssuedPair> {
  const names = [
    ...options.dnsNames.map((value) => ({ type: 'dns' as const, value })),
    ...(options.ipAddresses ?? []).map((value) => ({ type: 'ip' as const, value })),
  ];
  const first = names[0];
  if (first === undefined) throw new Error('a leaf needs at least one DNS name or IP address');
  const keys = await newKeys();
  const signingKey = await keyFromPem(authority.keyPem);
  const usage = options.usage === 'client' ? ExtendedKeyUsage.clientAuth : ExtendedKeyUsage.serverAuth;
  const certificate = await X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject: [{ CN: [first.value.slice(0, MAX_COMMON_NAME)] }],
    issuer: [{ CN: [authority.commonName] }],
    ...validity(options.now, options.days ?? LEAF_DAYS),
    signingAlgorithm: P256,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([usage]),
      new SubjectAlternativeNameExtension(names),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await authorityKeyId(authority),
    ],
  });
  return { certPem: certificate.toString('pem'), keyPem: await keyToPem(keys.privateKey) };
}

/** RFC 5280, ub-common-name. */
const MAX_COMMON_NAME = 64;

function authorityKeyId(authority: Authority): Promise<AuthorityKeyIdentifierExtension> {
  return AuthorityKeyIdentifierExtension.create(new X509Certificate(authority.certPem));
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(P256, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;
}

function validity(now: Date, days: number): { readonly notBefore: Date; readonly notAfter: Date } {
  return {
    notBefore: new Date(now.getTime() - BACKDATE_MS),
    notAfter: new Date(now.getTime() + days * DAY_MS),
  };
}

function newSerial(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(SERIAL_BYTES));
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}

async function keyToPem(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  const label = 'PRIVATE KEY';
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

function keyFromPem(pem: string): Promise<webcrypto.CryptoKey> {
  const der = Buffer.from(pem.replace(/-----[A-Z ]+-----/g, ''), 'base64');
  return webcrypto.subtle.importKey('pkcs8', der, P256, false, ['sign']);
}
