import { type DependencyOptions, judgeDependencies } from '../judge-dependencies.ts';
import type { RuleBody } from '../rule.ts';
import type { RuleDefinition } from '../rule-definition.ts';
import { UNKNOWN_SCHEMA, UNKNOWN_TEXT } from '../unknown-fact.ts';

/** Rule `dependencies`; what it is for and what it says stands in its definition. */
export const dependencies: RuleDefinition = {
  field: 'dependencies',
  summary: 'releases do not wait for themselves, in a circle, or for what does not exist',
  why: `A HelmRelease waits until every release in \`dependsOn\` is Ready. Flux looks for no circles: releases that wait for one another, or
for a name that was misspelt, say \`dependency is not ready\` every 30 seconds and never anything else. The edit that closes a circle is the one place
where the whole of it can be shown to the person who can break it.`,
  when: ['admission'],
  reads: ['spec.dependsOn', 'the HelmReleases that can be reached from it'],
  verdicts: `A release that names itself is refused, and so is each entry from which the way leads back to this release; the message names
the shortest way. A circle that this release is no part of is its members' matter. An entry whose release does not exist is a
warning, since both may be on their way in one apply, or refused with \`missing: Deny\`. An entry that names another kind than HelmRelease,
or no name at all, is refused. When the other releases are not known, \`unknown\` says what happens. More than 1,000 releases or 10,000
references are not walked: an object that has so many, and no circle among them, is refused. At release time nothing is judged: the release
waits and says for what.`,
  reasons: {
    DependencyOnItself: 'the release depends on itself',
    DependencyCycle: 'the release depends on one that depends on it, directly or through others',
    DependencyMissing: 'the release named does not exist (with `missing: Deny`), or no HelmRelease is named',
    FactUnknown: 'the other releases are not known, or too many to look at',
  },
  options: [
    {
      path: 'missing',
      text: '`Warn` (when absent) or `Deny`: what to do about a release that does not exist',
    },
    { path: 'unknown', text: UNKNOWN_TEXT },
  ],
  example: `
- id: no-circles
  dependencies: {missing: Warn}
`,
  schema: {
    type: 'object',
    additionalProperties: false,
    description: 'Dependencies between releases; {} for circles only.',
    properties: {
      missing: { enum: ['Warn', 'Deny'], description: 'What to do about a release that does not exist.' },
      unknown: UNKNOWN_SCHEMA,
    },
  },
  compile(written) {
    return dependenciesRule({ missing: 'Warn', unknown: 'Deny', ...(written as Partial<DependencyOptions>) });
  },
};

/** Makes the rule of its options. */
export function dependenciesRule(options: DependencyOptions): RuleBody {
  return {
    kinds: ['HelmRelease'],
    // The walk begins at what the object says in the end, so a default may well add to it.
    reads: [],
    writes: [],
    needs: ['releases'],
    judge(input) {
      return input.phase === 'admission' ? judgeDependencies(options, input) : { findings: [], warnings: [] };
    },
  };
}
