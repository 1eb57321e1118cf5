/** Why a tool could not be had. */
export type ToolUnavailableCode = 'GoMissing' | 'GoTooOld' | 'BuildFailed' | 'CacheUnusable';

/** A pinned tool is neither found nor built. The message says which, why, and what to do. */
export class ToolUnavailableError extends Error {
  override readonly name = 'ToolUnavailableError';
  readonly code: ToolUnavailableCode;

  constructor(code: ToolUnavailableCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
