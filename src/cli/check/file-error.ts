import type { LocatedError } from '../../core/policy/located-error.ts';

/** An error of a whole file or folder: no line of it can be shown. */
export function fileError(file: string, message: string, line = 1): LocatedError {
  return { file, line, column: 1, message, frame: '' };
}

/** Why the system refused a path, in words. */
export function refusalOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'no such file or folder';
  return code === 'EACCES' || code === 'EPERM' ? 'permission denied' : `cannot be read: ${code}`;
}
