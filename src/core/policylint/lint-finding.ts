import { type LocatedError, locatedError } from '../policy/located-error.ts';
import type { Place, YamlDocument } from '../policy/yaml-file.ts';
import { LINT_CODES, type LintCode, type LintLevel } from './lint-code.ts';

/** One thing that lint found. */
export interface LintFinding extends LocatedError {
  readonly code: LintCode;
  readonly level: LintLevel;
}

/** A finding of the code's own level at a place of a document: tokens of a value, or a line and column. */
export function lintFinding(
  code: LintCode,
  document: YamlDocument,
  at: readonly string[] | Place,
  message: string,
  options: { readonly hint?: string; readonly level?: LintLevel } = {},
): LintFinding {
  const place = 'line' in at ? at : document.placeOf(at);
  const error = locatedError(document.source, place, message, options.hint);
  return { ...error, code, level: options.level ?? LINT_CODES[code].level };
}
