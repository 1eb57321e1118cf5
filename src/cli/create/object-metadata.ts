import type { JsonObject } from '../../core/json/json.ts';
import { CreateError, invalidArgument } from './create-error.ts';
import type { ManifestMetadata } from './manifest.ts';

const NAME = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const LABEL_NAME = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const DNS_SUBDOMAIN = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;

/** Kubernetes allows a prefix of a label's key 253 characters, as any DNS name. */
const MAX_PREFIX = 253;

/** Metadata of the object to create; throws a CreateError on a name, namespace or label that the API would refuse. */
export function objectMetadata(
  name: string | undefined,
  namespace: string,
  labels: readonly string[],
): ManifestMetadata {
  if (name === undefined || name === '') throw new CreateError('name is required');
  if (!NAME.test(name)) {
    throw new CreateError(
      `name '${name}' is invalid, it should adhere to standard defined in RFC 1123, the name can only contain alphanumeric characters or '-'`,
    );
  }
  if (!NAME.test(namespace)) {
    throw invalidArgument(
      'namespace',
      namespace,
      "must be up to 63 of a-z, 0-9 and '-', beginning and ending with a letter or digit",
    );
  }
  return { ...(labels.length === 0 ? {} : { labels: parseLabels(labels) }), name, namespace };
}

function parseLabels(labels: readonly string[]): JsonObject {
  return Object.fromEntries(labels.map(parseLabel));
}

function parseLabel(text: string): readonly [string, string] {
  const [key = '', value, ...more] = text.split('=');
  if (value === undefined || more.length > 0) {
    throw new CreateError(`invalid label format '${text}', must be key=value`);
  }
  const slash = key.indexOf('/');
  const prefix = key.slice(0, Math.max(slash, 0));
  const prefixed = slash === -1 || (prefix.length <= MAX_PREFIX && DNS_SUBDOMAIN.test(prefix));
  if (!prefixed || !LABEL_NAME.test(key.slice(slash + 1))) {
    throw new CreateError(
      `invalid label '${key}': a key is up to 63 letters, digits, '-', '_' and '.', beginning and ending with a letter or digit, with an optional DNS prefix and a slash before it`,
    );
  }
  if (value !== '' && !LABEL_NAME.test(value)) {
    throw new CreateError(
      `invalid label value '${value}': a value is empty or up to 63 letters, digits, '-', '_' and '.', beginning and ending with a letter or digit`,
    );
  }
  return [key, value];
}
