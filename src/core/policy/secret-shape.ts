/**
 * What a text looks like when it is a secret, whatever key it stands under. Each look is linear in the text: a run of characters is cut
 * out once, and tested from its start only, so that no pattern begins anew at each character.
 */

/** What was recognised, for people. */
export type SecretShape =
  | 'a private key'
  | 'an AWS access key'
  | 'a JSON Web Token'
  | 'an API token'
  | 'a URL with a password'
  | 'an HTTP credential'
  | 'a random token';

/** Shorter runs are words; no known credential is shorter. */
const MIN_TOKEN_LENGTH = 16;
const TOKEN_RUN = /[A-Za-z0-9_.+/-]{16,}/g;
/** AWS: long-term and temporary access key ids. */
const AWS_KEY = /^(?:AKIA|ASIA)[A-Z2-7]{16}$/;
/** RFC 7515, 7.1: base64url parts, the first two of which begin with `{"`; an unsigned one may have lost its last. */
const JWT = /^eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{2,}(?:\.[A-Za-z0-9_-]*)?$/;
/** Prefixes that vendors give their tokens so that they are found. */
const VENDOR_TOKEN =
  /^(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,}|glpat-[A-Za-z0-9_-]{20,}|xox[abeoprs]-[A-Za-z0-9-]{10,}|sk_live_[A-Za-z0-9]{16,}|rk_live_[A-Za-z0-9]{16,}|AIza[A-Za-z0-9_-]{35}|npm_[A-Za-z0-9]{36}|dop_v1_[0-9a-f]{64}|hvs\.[A-Za-z0-9_-]{24,}|SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43})$/;
/** RFC 3986, 3.2.1; a placeholder in the password's place is none. */
const URL_PASSWORD = /:\/\/[^\s/:@]{0,256}:([^\s/@]{1,256})@/;
const HTTP_CREDENTIAL = /\b(?:Bearer|Basic) +[A-Za-z0-9._~+/=-]{16,512}/i;
/** Base64 of `-----BEGIN `: what follows says whether it is a key. */
const BASE64_PEM = 'LS0tLS1CRUdJTi';
/** RFC 7468, with the words of PKCS#1, SEC 1, OpenSSH and OpenPGP in front. */
const PRIVATE_KEY = /-----BEGIN (?:[A-Z0-9]{1,16} ){0,3}PRIVATE KEY(?: BLOCK)?-----/;

/** Base64 of 24 random bytes, and of a 4096-bit number at most; longer ones are files. */
const RANDOM = /^[A-Za-z0-9+/_-]{32,700}={0,2}$/;
/** Digests, and public keys as base64 of DER (RSA, EC, Ed25519), look random and may be seen. */
const PUBLIC = /^(?:sha(?:256|384|512)-|MII[BC]IjAN|MFkwEwYH|MHYwEAYH|MCowBQYDK2V|AAAA[BC]3NzaC1)/;
/**
 * Random base64 of 32 characters has 4.2 bits a character in 99 of 100 cases, a change between upper case, lower case and digits at
 * 0.45 of its places in 98, and separators at an eighth of them at most in 99. Words written together change half as often.
 */
const MIN_ENTROPY = 4.2;
const MIN_CHANGES = 0.45;
const MAX_SEPARATORS = 1 / 8;

/** What a text looks like; undefined when it looks like nothing secret. */
export function secretShapeOf(text: string): SecretShape | undefined {
  if (text.length < MIN_TOKEN_LENGTH && !text.includes('@')) return undefined;
  if (text.includes('PRIVATE KEY') && PRIVATE_KEY.test(text)) return 'a private key';
  const password = text.includes('@') ? URL_PASSWORD.exec(text)?.[1] : undefined;
  if (password !== undefined && !isPlaceholder(password)) return 'a URL with a password';
  for (const [run] of text.matchAll(TOKEN_RUN)) {
    const token = tokenOf(run);
    if (AWS_KEY.test(token)) return 'an AWS access key';
    if (JWT.test(token)) return 'a JSON Web Token';
    if (VENDOR_TOKEN.test(token)) return 'an API token';
    if (run.startsWith(BASE64_PEM) && isBase64PrivateKey(run)) return 'a private key';
  }
  if (HTTP_CREDENTIAL.test(text)) return 'an HTTP credential';
  return isRandom(text) ? 'a random token' : undefined;
}

const PLACEHOLDER =
  /^(?:\$\{[^}]*\}|\$\([^)]*\)|\$[A-Z_][A-Z0-9_]*|\$__(?:file|env|vault)\{[^}]*\}|(?:secret)?ref\+[a-z0-9]+:\/\/.*|vault:[^#]*#.*|<path:.*>|ENC\[.*\])$/s;
/** Templates with nothing but signs between them: a word there is no part of any template. */
const TEMPLATES = /^(?:\{\{(?:(?!\}\}).)*\}\}[\s:/@,._-]*)+$/s;

/**
 * Whether a text only stands for a secret that comes from elsewhere: a variable of Flux's substitution, a template, a reference of vals,
 * Vault or Argo CD, or SOPS' cipher text.
 */
export function isPlaceholder(text: string): boolean {
  const trimmed = text.trim();
  return PLACEHOLDER.test(trimmed) || (trimmed.startsWith('{{') && TEMPLATES.test(trimmed));
}

/** A path or a sentence may end in a token: `projects/ghp_...`, `ghp_... .` */
function tokenOf(run: string): string {
  let end = run.length;
  while (end > 0 && './-'.includes(run[end - 1] ?? '')) end -= 1;
  const trimmed = run.slice(0, end);
  return trimmed.slice(trimmed.lastIndexOf('/') + 1);
}

function isBase64PrivateKey(run: string): boolean {
  const [head = ''] = /^[A-Za-z0-9+/]{1,64}/.exec(run.replaceAll('-', '+').replaceAll('_', '/')) ?? [];
  return PRIVATE_KEY.test(atob(head.slice(0, head.length - (head.length % 4))));
}

/** Upper case, lower case and digits in one unbroken run, as mixed as chance makes them. */
function isRandom(text: string): boolean {
  if (!RANDOM.test(text) || PUBLIC.test(text) || text.startsWith(BASE64_PEM)) return false;
  if (!/[A-Z]/.test(text) || !/[a-z]/.test(text) || !/[0-9]/.test(text)) return false;
  const classes = Array.from(text.replace(/=+$/, ''), classOf);
  const separators = classes.filter((name) => name === 'separator').length;
  const changes = classes.filter((name, index) => index > 0 && name !== classes[index - 1]).length;
  return (
    separators <= MAX_SEPARATORS * classes.length &&
    changes >= MIN_CHANGES * (classes.length - 1) &&
    entropyOf(text) >= MIN_ENTROPY
  );
}

function classOf(character: string): 'upper' | 'lower' | 'digit' | 'separator' {
  if (/[A-Z]/.test(character)) return 'upper';
  if (/[a-z]/.test(character)) return 'lower';
  return /[0-9]/.test(character) ? 'digit' : 'separator';
}

/** Shannon entropy of the characters, in bits a character. */
function entropyOf(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let entropy = 0;
  for (const count of counts.values()) entropy -= (count / text.length) * Math.log2(count / text.length);
  return entropy;
}
