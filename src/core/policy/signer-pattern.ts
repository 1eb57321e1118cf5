/**
 * Who may sign. A signer is known by one text: the fingerprint of a key, or, for a keyless signature, issuer and subject of its
 * certificate with a blank between them.
 */

/** An accepted signer as a policy file has it: one of the two is written. */
export interface WrittenSigner {
  readonly fingerprint?: string;
  readonly keyless?: { readonly issuer: string; readonly subject: string };
}

export type SignerPattern =
  | { readonly kind: 'key'; readonly fingerprint: string }
  | {
      readonly kind: 'keyless';
      readonly issuer: string;
      readonly subject: string;
      /** `subject` is only its beginning. */
      readonly prefix: boolean;
    };

export type SignerResult =
  | { readonly ok: true; readonly pattern: SignerPattern }
  | { readonly ok: false; readonly field: 'fingerprint' | 'subject'; readonly message: string };

/** Hexadecimal digits of a fingerprint: 40 of OpenPGP v4, 64 of SHA-256; shorter ones (key ids) can be forged. */
const FINGERPRINT = /^[0-9A-F]{40,128}$/;
/** The path must have a first part in full: `https://github.com/*` is everybody, `https://github.com/acme*` also acme-evil. */
const URL_PREFIX = /^https:\/\/[^/*]+\/[^/*]+[/@:]/;

/** Reads a signer; a star may stand at the end of a subject only, behind what tells one owner from another. */
export function compileSigner({ fingerprint, keyless }: WrittenSigner): SignerResult {
  if (keyless === undefined) {
    const digits = hexOf(fingerprint ?? '');
    return FINGERPRINT.test(digits)
      ? { ok: true, pattern: { kind: 'key', fingerprint: digits } }
      : wrong('fingerprint', 'is no fingerprint of 40 or more hexadecimal digits');
  }
  const { issuer, subject } = keyless;
  const star = subject.indexOf('*');
  if (star === -1) return { ok: true, pattern: { kind: 'keyless', issuer, subject, prefix: false } };
  if (star < subject.length - 1) return wrong('subject', 'may have a * at its end only');
  const beginning = subject.slice(0, -1);
  if (!URL_PREFIX.test(beginning)) {
    return wrong(
      'subject',
      'needs https://host/owner/ in front of its *: what is shorter fits other owners as well',
    );
  }
  return { ok: true, pattern: { kind: 'keyless', issuer, subject: beginning, prefix: true } };
}

/** Whether a signer, as the check of a signature names it, is the one that the pattern is about. */
export function isSigner(pattern: SignerPattern, signer: string): boolean {
  if (pattern.kind === 'key') return hexOf(signer) === pattern.fingerprint;
  const blank = signer.indexOf(' ');
  if (blank === -1 || signer.slice(0, blank) !== pattern.issuer) return false;
  const subject = signer.slice(blank + 1);
  // A dot part climbs out of what the prefix fixes.
  if (pattern.prefix) return subject.startsWith(pattern.subject) && !/(^|\/)\.\.?(\/|$)/.test(subject);
  return subject === pattern.subject;
}

/** For people. */
export function formatSigner(pattern: SignerPattern): string {
  if (pattern.kind === 'key') return pattern.fingerprint;
  return `${pattern.issuer} ${pattern.subject}${pattern.prefix ? '*' : ''}`;
}

/** Fingerprints are written with colons, blanks, and in either case. */
function hexOf(text: string): string {
  return text.replaceAll(/[: ]/g, '').toUpperCase();
}

function wrong(field: 'fingerprint' | 'subject', message: string): SignerResult {
  return { ok: false, field, message };
}
