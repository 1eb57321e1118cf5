import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';

/** An image that an object names, and who in it does: the container, or the path of the field. */
export interface FoundImage {
  readonly image: Json;
  readonly of: string;
}

const CONTAINER_LISTS: ReadonlySet<string> = new Set(['containers', 'initContainers', 'ephemeralContainers']);

/**
 * The images of all containers and image volumes, wherever they stand in an object: the templates of Kubernetes' own kinds as well as
 * those of custom ones. Linear in the object, without recursion.
 */
export function findImages(object: JsonObject): readonly FoundImage[] {
  const found: (readonly FoundImage[])[] = [];
  const pending: Json[] = [object];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, member] of Object.entries(value)) {
      if (typeof member !== 'object' || member === null) continue;
      pending.push(member);
      if (!Array.isArray(member)) continue;
      if (CONTAINER_LISTS.has(key)) found.push(containerImages(member));
      else if (key === 'volumes') found.push(volumeImages(member));
    }
  }
  return found.flat();
}

function containerImages(containers: readonly Json[]): readonly FoundImage[] {
  return containers.filter(isJsonObject).flatMap(({ name, image }) =>
    // A template may leave the image to a controller; null and "" are the same as absent to the API server.
    image === undefined || image === null || image === '' ? [] : [{ image, of: `container ${nameOf(name)}` }],
  );
}

function volumeImages(volumes: readonly Json[]): readonly FoundImage[] {
  return volumes.filter(isJsonObject).flatMap(({ name, image }) => {
    const reference = isJsonObject(image) ? image['reference'] : undefined;
    return reference === undefined || reference === null || reference === ''
      ? []
      : [{ image: reference, of: `volume ${nameOf(name)}` }];
  });
}

function nameOf(name: Json | undefined): string {
  return typeof name === 'string' && name !== '' ? name : '(without a name)';
}
