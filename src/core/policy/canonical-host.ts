/** Who is asked: the part of a URL between `//` and the path, in its one accepted spelling. */
export interface Authority {
  /** With ssh only, and only where one is written. */
  readonly user?: string;
  readonly host: string;
  /** The scheme's default when none is written. */
  readonly port: number;
}

/** RFC 1123 label. */
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** As shadow-utils bounds it, with the capitals that cloud providers use; never a `-` in front, which ssh would take for an option. */
const USER = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/;

/** Reads it; a text says what is wrong. */
export function parseAuthority(text: string, defaultPort: number, allowUser: boolean): Authority | string {
  const at = text.lastIndexOf('@');
  const user = at === -1 ? undefined : text.slice(0, at);
  if (user !== undefined && !allowUser) return 'it has a user name or password in front of the host';
  if (user !== undefined && !USER.test(user)) return 'in front of its host is more than a plain user name';
  const [, host = '', portText] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(text.slice(at + 1)) ?? [];
  const wrong = hostProblem(host);
  if (wrong !== undefined) return wrong;
  const named = user === undefined ? { host } : { user, host };
  if (portText === undefined) return { ...named, port: defaultPort };
  if (!/^[1-9][0-9]{0,4}$/.test(portText) || Number(portText) > 65_535)
    return 'its port is not a number from 1 to 65535';
  if (Number(portText) === defaultPort) return `it writes the default port ${defaultPort}`;
  return { ...named, port: Number(portText) };
}

function hostProblem(host: string): string | undefined {
  if (host === '') return 'it has no host';
  if (host.startsWith('[')) return ipv6Problem(host);
  if (host.includes('%')) return 'its host holds a percent-escape';
  if (host.endsWith('.')) return 'its host ends in a dot';
  if (host !== host.toLowerCase()) return 'its host is not in lower case';
  const labels = host.split('.');
  if (host.length > 253 || !labels.every((label) => LABEL.test(label))) return 'its host is not a DNS name';
  // WHATWG URL: a host whose last label is a number is read as an IPv4 address, in forms that differ between programs.
  if (!/^([0-9]+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? '')) return undefined;
  const decimal =
    labels.length === 4 &&
    labels.every((label) => /^(0|[1-9][0-9]{0,2})$/.test(label) && Number(label) < 256);
  return decimal ? undefined : 'its host is an IPv4 address that is not written as four decimal numbers';
}

function ipv6Problem(host: string): string | undefined {
  if (!/^\[[0-9a-f:]+\]$/.test(host)) return 'its host is not an IPv6 address in lower-case hexadecimal';
  const spelt = URL.canParse(`https://${host}/`) ? new URL(`https://${host}/`).hostname : undefined;
  if (spelt === undefined) return 'its host is not an IPv6 address';
  if (spelt.startsWith('[::ffff:')) return 'its host is an IPv4 address written as IPv6';
  return spelt === host ? undefined : 'its host is not the shortest spelling of the IPv6 address';
}
