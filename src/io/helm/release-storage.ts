import { SECRET } from '../../core/api/resources.ts';
import { isJsonObject, type JsonObject } from '../../core/json/json.ts';
import type { KubeClient, ReleaseStorage, StoredRelease } from '../contract.ts';
import { decodeRelease, encodeRelease, ReleaseRecordError, releaseSecretName } from '../release-record.ts';

export interface ReleaseStorageOptions {
  /** Wall clock in milliseconds since 1970, for the `modifiedAt` label. */
  readonly nowMs: () => number;
  /** Field manager of our own writes. */
  readonly fieldManager: string;
}

/** helm's release Secrets, read and repaired without helm. */
export function createReleaseStorage(client: KubeClient, options: ReleaseStorageOptions): ReleaseStorage {
  return {
    async history(storageNamespace, name, signal) {
      const labelSelector = `owner=helm,name=${name}`;
      const secrets = await client.list(SECRET, { namespace: storageNamespace, labelSelector }, signal);
      const releases = await Promise.all(
        secrets.map(async (secret) => {
          const data = secret['data'];
          const text = isJsonObject(data as JsonObject | undefined)
            ? (data as JsonObject)['release']
            : undefined;
          if (typeof text !== 'string') return [];
          try {
            return [await decodeRelease(Buffer.from(text, 'base64'), secret.metadata.resourceVersion)];
          } catch (error) {
            if (!(error instanceof ReleaseRecordError)) throw error;
            throw new ReleaseRecordError(
              `Secret ${storageNamespace}/${secret.metadata.name} is not a readable release: ${error.message}`,
            );
          }
        }),
      );
      return releases.flat().sort((a, b) => b.version - a.version);
    },

    async markFailed(storageNamespace, release, description, signal) {
      if (release.resourceVersion === undefined) {
        throw new TypeError(`release ${release.name} v${release.version} was not read from storage`);
      }
      const bytes = await encodeRelease(asFailed(release, description));
      const patch = {
        metadata: {
          resourceVersion: release.resourceVersion,
          labels: { status: 'failed', modifiedAt: String(Math.floor(options.nowMs() / 1_000)) },
        },
        data: { release: Buffer.from(bytes).toString('base64') },
      };
      const ref = {
        resource: SECRET,
        namespace: storageNamespace,
        name: releaseSecretName(release.name, release.version),
      };
      await client.mergePatch(ref, patch, { fieldManager: options.fieldManager }, signal);
    },
  };
}

function asFailed(release: StoredRelease, description: string): JsonObject {
  const info = release.raw['info'];
  return { ...release.raw, info: { ...(isJsonObject(info) ? info : {}), status: 'failed', description } };
}
