import type { JsonObject } from '../core/json/json.ts';

/** Structured log lines of the running process. Fields never hold secrets. */
export interface Log {
  info(message: string, fields?: JsonObject): void;
  warn(message: string, fields?: JsonObject): void;
  error(message: string, fields?: JsonObject): void;
}
