/** Shorter values (`true`, `80`) would blot out ordinary words and are no secrets. */
const MIN_SECRET_CHARS = 6;
const MASK = '***';

/** A function that masks every known secret in a text, however helm or the API server wrote it. */
export function createRedaction(secrets: readonly string[]): (text: string) => string {
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (secret.length < MIN_SECRET_CHARS) continue;
    for (const form of formsOf(secret)) forms.add(form);
    // Errors quote single lines of a multi-line value.
    for (const line of secret.split('\n')) if (line.trim().length >= MIN_SECRET_CHARS) forms.add(line.trim());
  }
  // Longest first, so that a secret inside another one does not leave the rest of it.
  const ordered = [...forms].sort((a, b) => b.length - a.length);
  return (text) => ordered.reduce((masked, form) => masked.replaceAll(form, MASK), text);
}

/** Plain, base64 (with and without padding), URL, and the escapes of JSON and of Go's `%q`. */
function formsOf(secret: string): readonly string[] {
  const base64 = Buffer.from(secret, 'utf8').toString('base64');
  const json = JSON.stringify(secret).slice(1, -1);
  return [
    secret,
    base64,
    base64.replace(/=+$/, ''),
    Buffer.from(secret, 'utf8').toString('base64url'),
    encodeURIComponent(secret),
    json,
    // Go's JSON encoder also escapes these.
    json.replaceAll('<', '\\u003c').replaceAll('>', '\\u003e').replaceAll('&', '\\u0026'),
  ];
}
