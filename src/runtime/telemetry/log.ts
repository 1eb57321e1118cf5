/** The part of a logger (pino's shape) that the loops use. Fields never hold secrets, values or whole objects. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** A log that drops everything, for tests and for commands that print their own text. */
export const SILENT_LOG: Log = { info: () => {}, warn: () => {}, error: () => {} };
