import type { JsonObject } from '../../core/json/json.ts';
import { CreateError, invalidArgument } from './create-error.ts';
import { normaliseGoDuration } from './go-duration.ts';
import type { Manifest, ManifestMetadata } from './manifest.ts';
import type { ManifestVersion } from './manifest-version.ts';

/** The flags of `create source helm` that reach the manifest. */
export interface HelmRepositoryFlags {
  readonly url?: string;
  readonly interval: string;
  readonly secretRef?: string;
  readonly ociProvider?: string;
  readonly passCredentials?: boolean;
  readonly fetchTimeout?: string;
}

const PROVIDERS = ['generic', 'aws', 'azure', 'gcp'];

/** What may stand before the host when it is not the host itself: `user:password@`. */
const AUTHORITY = /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/([^/?#]*)/;

/**
 * A HelmRepository as `flux create source helm --export` prints it. Throws a CreateError; messages that flux has
 * too are its own. Unlike flux it refuses a URL with credentials, which would end up in git.
 */
export function helmRepositoryManifest(
  metadata: ManifestMetadata,
  flags: HelmRepositoryFlags,
  version: ManifestVersion,
): Manifest {
  const url = flags.url ?? '';
  if (url === '') throw new CreateError('url is required');
  const scheme = checkUrl(url);
  const fetchTimeout =
    flags.fetchTimeout === undefined ? '0s' : normaliseGoDuration('fetch-timeout', flags.fetchTimeout);
  if (fetchTimeout.includes('h')) {
    throw invalidArgument('fetch-timeout', flags.fetchTimeout ?? '', 'the API accepts less than an hour');
  }
  const { secretRef = '', ociProvider = '' } = flags;
  if (ociProvider !== '' && !PROVIDERS.includes(ociProvider)) {
    throw invalidArgument('oci-provider', ociProvider, `must be one of: ${PROVIDERS.join(', ')}`);
  }
  const spec: JsonObject = {
    url,
    interval: normaliseGoDuration('interval', flags.interval),
    ...(scheme === 'oci' ? { type: 'oci', ...(ociProvider === '' ? {} : { provider: ociProvider }) } : {}),
    ...(fetchTimeout === '0s' ? {} : { timeout: fetchTimeout }),
    ...(secretRef === '' ? {} : { secretRef: { name: secretRef } }),
    ...(secretRef !== '' && flags.passCredentials === true ? { passCredentials: true } : {}),
  };
  return { apiVersion: version.source, kind: 'HelmRepository', metadata, spec };
}

/** Checks what flux checks, and returns the scheme in lower case. Messages never repeat a URL, which may hold a password. */
function checkUrl(url: string): string {
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(url)?.[1]?.toLowerCase() ?? '';
  if (!['http', 'https', 'oci'].includes(scheme)) {
    throw new CreateError(`url scheme '${scheme}' not supported, can be: http, https and oci`);
  }
  const authority = AUTHORITY.exec(url)?.[1] ?? '';
  if (authority === '') throw new CreateError('url host is required');
  if (authority.includes('@')) {
    throw new CreateError('the --url holds credentials: put them in a Secret and name it with --secret-ref');
  }
  if (/[\s"<>\\^`{|}]/.test(url) || !URL.canParse(url)) {
    throw new CreateError('url parse failed: give --url as scheme://host[:port]/path without blanks');
  }
  return scheme;
}
