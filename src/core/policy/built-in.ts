import type { PolicyPlace } from './decision.ts';

/** The name that findings and mutations carry when no policy file made them. */
export const BUILT_IN_POLICY = 'helmgate';

/** Where such findings come from: no file. */
export const BUILT_IN_PLACE: PolicyPlace = { file: 'built-in', line: 1, column: 1 };

/** The rewriting of beta-only fields. */
export const BETA_FIELDS_RULE = 'beta-fields';

/** Taking back a default that no policy sets any more. */
export const FORMER_DEFAULTS_RULE = 'former-defaults';

/** The shape that judging needs. */
export const OBJECT_SHAPE_RULE = 'object-shape';

/** What the API server refuses or drops before any webhook is asked; only `helmgate check` and `fix` say it. */
export const OBJECT_SCHEMA_RULE = 'object-schema';

/** Where what a finding or a mutation comes from is written, for people. */
export function policyPlaceText({ file, line, column }: PolicyPlace): string {
  return file === BUILT_IN_PLACE.file ? 'built in' : `${file}:${line}:${column}`;
}
