import type { Json } from './json.ts';

/** One operation of RFC 6902; Helmgate emits these three only. `path` is an RFC 6901 pointer. */
export type PatchOperation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: Json }
  | { readonly op: 'remove'; readonly path: string };
