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
