/**
 * JSON as Helmgate holds it in memory.
 *
 * Integers beyond 2^53 are `bigint`, so that a number a user wrote is never rounded; every other number is a
 * JavaScript number. Objects have no prototype-borne keys: `__proto__` and `constructor` are plain data.
 */
export type Json = null | boolean | number | bigint | string | readonly Json[] | JsonObject;

/** A JSON object: string keys, read-only. */
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

/** Whether the value is a JSON object (neither null nor a list). */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
