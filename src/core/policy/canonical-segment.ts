/**
 * One part of a URL's path, in the one spelling that all servers read alike. Tomcat and Jetty cut `;x=1` off a part before they resolve
 * dots, some servers decode overlong UTF-8 and compatibility forms to the dots and slashes that they look like, others trim blanks: below
 * an allowed path each of these leads out of it.
 */

/** RFC 3986 unreserved and sub-delims, `:` and `@`; percent-escapes are looked at on their own. */
const SEGMENT = /^([A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-F]{2})+$/;
/** Dots up to the end, a path parameter or an escape; or nothing but a parameter, which leaves an empty part. */
const DOTS_OR_PARAMETER = /^(?:\.+(?:$|[;%])|;)/;
/** Unreserved characters must stand as themselves; what separates, escapes or controls must not be hidden. */
const NEVER_ESCAPED = /[\p{Cc}A-Za-z0-9._~/\\%?#;-]/u;
/** Characters that are not seen, blanks but the plain one, and those that best-fit conversions take for a slash or a backslash. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\u2044\u2215\u2216\u29F5\u29F8\u29F9]|(?! )\p{Zs}/u;

/** What is wrong with a part of an http, https or ssh path; undefined when it is canonical. */
export function segmentProblem(segment: string): string | undefined {
  if (DOTS_OR_PARAMETER.test(segment)) return 'its path has a dot part';
  if (!SEGMENT.test(segment))
    return 'its path holds a character that is not allowed, or a lower-case percent-escape';
  if (!segment.includes('%')) return undefined;
  for (const [escape, hex = ''] of segment.matchAll(/%([0-7].)/g)) {
    if (NEVER_ESCAPED.test(String.fromCharCode(Number.parseInt(hex, 16))))
      return `its path escapes a character (${escape}) that must stand as itself or not at all`;
  }
  const text = decode(segment);
  if (text === undefined) return 'its path escapes bytes that are no UTF-8';
  if (text !== text.trim()) return 'a part of its path begins or ends with a blank';
  return UNSEEN.test(text) || text !== text.normalize('NFKC')
    ? 'its path escapes a character that is taken for another one, or not seen'
    : undefined;
}

/** The text that the escapes stand for; undefined for what is no UTF-8, overlong forms and surrogates among it (RFC 3629, 3). */
function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
