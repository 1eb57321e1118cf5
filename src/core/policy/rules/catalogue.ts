import type { RuleDefinition } from '../rule-definition.ts';
import { allowedSources } from './allowed-sources.ts';
import { bounds } from './bounds.ts';
import { chartVersion } from './chart-version.ts';
import { defaults } from './defaults.ts';
import { dependencies } from './dependencies.ts';
import { destructiveChange } from './destructive-change.ts';
import { expression } from './expression.ts';
import { forbid } from './forbid.ts';
import { ineffective } from './ineffective.ts';
import { overrides } from './overrides.ts';
import { promotion } from './promotion.ts';
import { references } from './references.ts';
import { rendered } from './rendered.ts';
import { require } from './require.ts';
import { schedule } from './schedule.ts';
import { signature } from './signature.ts';
import { uniqueRelease } from './unique-release.ts';
import { values } from './values.ts';

/** All kinds of rules, in the order of the reference. */
export const RULE_DEFINITIONS: readonly RuleDefinition[] = [
  allowedSources,
  chartVersion,
  defaults,
  overrides,
  bounds,
  require,
  forbid,
  references,
  values,
  destructiveChange,
  uniqueRelease,
  dependencies,
  ineffective,
  signature,
  schedule,
  promotion,
  rendered,
  expression,
];

/** The same by the field that configures them in a policy file. */
export const RULE_CATALOGUE: ReadonlyMap<string, RuleDefinition> = new Map(
  RULE_DEFINITIONS.map((definition) => [definition.field, definition]),
);
