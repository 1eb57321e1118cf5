/** Policies in a git repository somewhere else. */
export interface GitLocation {
  /** `https://`, `ssh://` or `file:///`. */
  readonly url: string;
  /** The one protocol that git may speak. */
  readonly protocol: 'https' | 'ssh' | 'file';
  /** Full name of the ref that is followed. */
  readonly ref: string;
  /** Folder in the repository, without slashes at its ends; empty for all of it. */
  readonly path: string;
}

/**
 * Checks a repository's URL, ref and path. Throws an Error whose message says what is wrong: what git would take for an option, a
 * program to run (`ext::`), credentials in the URL, a protocol without protection.
 */
export function readGitLocation(url: string, ref = 'main', path = ''): GitLocation {
  const protocol = protocolOf(url);
  if (!isRef(ref)) throw new Error(`${JSON.stringify(ref)} is no name of a branch, tag or ref`);
  const trimmed = path.replace(/^(\.\/)+/, '').replace(/\/+$/, '');
  const parts = trimmed === '' || trimmed === '.' ? [] : trimmed.split('/');
  if (path.startsWith('/') || parts.some((part) => !PATH_PART.test(part) || part === '..' || part === '.')) {
    throw new Error(`${JSON.stringify(path)} is no path within a repository`);
  }
  return { url, protocol, ref: ref.startsWith('refs/') ? ref : `refs/heads/${ref}`, path: parts.join('/') };
}

const PATH_PART = /^[A-Za-z0-9_.][A-Za-z0-9_. -]*$/;
const PROTOCOLS = { 'https:': 'https', 'ssh:': 'ssh', 'file:': 'file' } as const;

function protocolOf(url: string): GitLocation['protocol'] {
  const parsed = URL.canParse(url) && !/[\s\\]/.test(url) ? new URL(url) : undefined;
  const protocol = PROTOCOLS[parsed?.protocol as keyof typeof PROTOCOLS] as
    | GitLocation['protocol']
    | undefined;
  if (parsed === undefined || protocol === undefined || url.includes('::')) {
    throw new Error('a repository is named by https://HOST/PATH, ssh://git@HOST/PATH or file:///PATH');
  }
  if (parsed.password !== '' || (protocol !== 'ssh' && parsed.username !== '')) {
    throw new Error('the URL holds credentials; keep them in a file and name it by --policies-token-file');
  }
  // `ssh://-oProxyCommand=...` would be an option of ssh.
  if (parsed.hostname.startsWith('-') || parsed.username.startsWith('-'))
    throw new Error('the URL names no host');
  if (protocol === 'file' ? parsed.hostname !== '' : !/^[a-z]+:\/\/[^/]/.test(url))
    throw new Error('the URL names no host');
  return protocol;
}

/** The part of `git check-ref-format` that names in use keep to. */
function isRef(ref: string): boolean {
  return (
    /^[A-Za-z0-9_][A-Za-z0-9_./+-]{0,254}$/.test(ref) &&
    !/\.\.|\/\/|\/\.|\.lock(\/|$)|[./]$/.test(ref) &&
    (!ref.startsWith('refs/') || /^refs\/(heads|tags)\/./.test(ref))
  );
}
