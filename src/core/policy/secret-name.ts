/** Which names are those of secrets. */
import { namesSecret } from '../audit/redact.ts';

/** A name longer than this is no name; its end decides. */
const MAX_NAME_LENGTH = 256;

/** A name without these is that of no secret: most names are told by this alone. */
const MAYBE = /pass|pwd|secret|token|key|authorization|credential|cookie/i;
/** Names besides those that the audit log redacts. */
const SECRET_NAME = /(?:jwt|shared|webhook|signing|hmac|session|app|cookie|csrf)_?secret$/;
/** `db_pass`, `dbpass`, `pwd`; other words that end in `pass` are not about passwords. */
const SHORT_PASSWORD =
  /(?:^|_)pass$|(?:db|sql|pg|postgres|user|root|admin|smtp|mail|redis|require)pass$|pwd$/;
/** Keys that encrypt, sign or open something; other keys are names of fields. */
const KEY_NAME =
  /(?:^|_)(?:secret_?key(?:_?base)?|(?:encrypt|encryption|decryption|signing|master|fernet|hmac|account|shared_access|crypto|cipher)_?keys?)$/;
/** In front of `secretKey` these make it the key within a Secret at which something lies. */
const KEY_OF_SECRET =
  /(?:^|_)(?:existing|external|password|passwd|passphrase|token|credentials?|user|username|login|host|url|uri|tls|ca|cert|certificate|client_id|api_?key|access_?key|private_?key|encryption_?key)_secret_?keys?$/;
/**
 * Behind a name of a secret these say something about it, or where it is: `passwordKey` and `tokenSecretName` lead to a Secret,
 * `tokenTTL` is a time.
 */
const ABOUT_SECRET =
  /[-_]?(?:name|ref|key|file|path|dir|secret|secretname|env|field|header|type|kind|id|prefix|provider|policy|version|mode|issuer|audience|length|size|ttl|expiry|expiration|duration|seconds|minutes|hours|lifetime|timeout|interval|enabled|disabled|required|domain|host|url|uri|endpoint|role|user|username|namespace|annotations|labels)s?$/i;
const PASSWORD_NAME = /pass(?:word|wd|phrase)s?$/i;
/** In a text anything may stand, so only names that end in what they name count there; `secret: web` names a Secret as a rule. */
const END_OF_SECRET =
  /(?:passwords?|passwd|passphrase|(?:^|_)token|(?:auth|access|api|bearer|refresh|bot)_?token|client_?secret|(?:api|access|private)_?key)$/;

/** Whether a key names a secret; what refers to one, or says something about one, does not. */
export function isSecretName(name: string): boolean {
  const last = name.slice(-MAX_NAME_LENGTH);
  if (!MAYBE.test(last)) return false;
  const words = wordsOf(last);
  if (isKeyOfSecret(words)) return false;
  if (isOwnName(words)) return true;
  const about = ABOUT_SECRET.exec(last);
  if (about !== null && about.index > 0) {
    const rest = last.slice(0, about.index);
    if (namesSecret(rest) || isOwnName(wordsOf(rest))) return false;
  }
  return namesSecret(last);
}

/** Whether a number under this key is a password. */
export function isPasswordName(name: string): boolean {
  const last = name.slice(-MAX_NAME_LENGTH);
  return PASSWORD_NAME.test(last) || SHORT_PASSWORD.test(wordsOf(last));
}

/** Whether a name in front of `:` or `=` in a text is that of a secret. */
export function isSecretNameInText(name: string): boolean {
  const words = wordsOf(name.slice(-MAX_NAME_LENGTH));
  return !isKeyOfSecret(words) && (isOwnName(words) || END_OF_SECRET.test(words));
}

/** Whether `secretKey` is the key at which something lies in a Secret that its neighbours name. */
export function isKeyBeside(name: string, neighbours: readonly string[]): boolean {
  return (
    /^secret[-_. ]?key$/i.test(name) &&
    neighbours.some((other) =>
      /^(?:existing_?)?secret(?:_?(?:name|ref))?$|^remote_?ref$/.test(wordsOf(other.slice(-MAX_NAME_LENGTH))),
    )
  );
}

/** `PWD` is a password to some and the working directory to shells. */
export function isFolderName(name: string): boolean {
  return /^(?:old)?pwd$/i.test(name);
}

function isOwnName(words: string): boolean {
  return SECRET_NAME.test(words) || SHORT_PASSWORD.test(words) || KEY_NAME.test(words);
}

function isKeyOfSecret(words: string): boolean {
  return KEY_OF_SECRET.test(words);
}

/** `DJANGO_SECRET_KEY`, `djangoSecretKey` and `django.secret-key` as `django_secret_key`. */
function wordsOf(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/[-. ]/g, '_')
    .toLowerCase();
}
