import type { JsonObject } from '../../core/json/json.ts';

/** A namespaced object as it is printed or applied. */
export interface Manifest extends JsonObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ManifestMetadata;
  readonly spec: JsonObject;
}

export interface ManifestMetadata extends JsonObject {
  readonly name: string;
  readonly namespace: string;
  readonly labels?: JsonObject;
}
