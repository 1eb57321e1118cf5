import type { RuleDefinition } from '../rule-definition.ts';
import { allowedSources } from './allowed-sources.ts';
import { chartVersion } from './chart-version.ts';
import { defaults } from './defaults.ts';

/** All kinds of rules, in the order of the reference. */
export const RULE_DEFINITIONS: readonly RuleDefinition[] = [allowedSources, chartVersion, defaults];

/** The same by the field that configures them in a policy file. */
export const RULE_CATALOGUE: ReadonlyMap<string, RuleDefinition> = new Map(
  RULE_DEFINITIONS.map((definition) => [definition.field, definition]),
);
