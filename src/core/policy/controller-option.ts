import type { JsonObject } from '../json/json.ts';

/** JSON Schema of the option `controller`. */
export const CONTROLLER_SCHEMA: JsonObject = {
  enum: ['helmgate', 'flux'],
  description: 'Whose defaults the effective object has; helmgate when absent.',
};

/** The option's line in the reference. */
export const CONTROLLER_TEXT =
  '`helmgate` (when absent) or `flux`: which controller releases here; they differ in `spec.upgrade.crds`, which is `Skip` to Helmgate and `Create` to Flux when it is absent';
