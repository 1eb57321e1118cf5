import type { Json } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';

/** Where Flux's client for Google goes, whatever `spec.endpoint` says. */
const GOOGLE_ENDPOINT = 'storage.googleapis.com';

/**
 * The address of a Bucket as one URL, to be read by `parseCanonicalUrl` like any other: `bucket://<endpoint>/<bucketName>`, or
 * `bucket+http://...` where `spec.insecure` turns TLS off. Undefined when a part is missing.
 *
 * The clients differ by `spec.provider`: that for Azure takes the endpoint as an https or http URL; that for Google
 * reads no endpoint at all, so that an endpoint written beside it must not be taken for the place. `spec.prefix` is not part of the
 * address: who may write into a bucket may write below any prefix.
 */
export function bucketUrl(spec: Json | undefined): string | undefined {
  const endpoint = valueAt(spec, ['endpoint']);
  const written = valueAt(spec, ['bucketName']);
  const provider = valueAt(spec, ['provider']);
  if (typeof endpoint !== 'string' || typeof written !== 'string' || written === '') return undefined;
  // No bucket has a slash in its name; one at the end would not be seen in the URL.
  const name = written.replaceAll('/', '%2F');
  if (provider === 'gcp') return `bucket://${GOOGLE_ENDPOINT}/${name}`;
  if (provider === 'azure') {
    const [, scheme, host = ''] = /^(https?):\/\/(.*?)\/?$/.exec(endpoint) ?? [];
    // What is not such a URL stays as it is, and is then not canonical.
    if (scheme === undefined) return `bucket://${endpoint}/${name}`;
    return `${scheme === 'https' ? 'bucket' : 'bucket+http'}://${host}/${name}`;
  }
  return `${valueAt(spec, ['insecure']) === true ? 'bucket+http' : 'bucket'}://${endpoint}/${name}`;
}
