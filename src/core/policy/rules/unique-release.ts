import { judgeUniqueRelease } from '../judge-unique-release.ts';
import type { RuleBody } from '../rule.ts';
import type { RuleDefinition } from '../rule-definition.ts';
import { UNKNOWN_SCHEMA, UNKNOWN_TEXT, type UnknownVerdict } from '../unknown-fact.ts';

/** Rule `uniqueRelease`; what it is for and what it says stands in its definition. */
export const uniqueRelease: RuleDefinition = {
  field: 'uniqueRelease',
  summary: 'each Helm release belongs to one HelmRelease',
  why: `Two HelmReleases with one release name in one storage namespace undo each other's upgrades, and when one of them is deleted it uninstalls
the release of the other: a rename in git has emptied whole namespaces this way. Neither Flux nor Helm looks for it. It happens most often by
renaming the HelmRelease while keeping \`releaseName\`, because GitOps applies the new object before it prunes the old one.

To rename one without downtime, take two steps. First set \`suspend: true\` on the old HelmRelease and let that be applied. Then, in one
change, add the new one and remove the old one: a suspended HelmRelease is deleted without an uninstall, and the new one takes over the release that
it finds. Removing the old one without suspending it first, and adding the new one after that, works as well, with an uninstall in between.`,
  when: ['admission', 'release'],
  reads: [
    'spec.kubeConfig, spec.storageNamespace, spec.targetNamespace, spec.releaseName and the names that are composed where they are absent',
    'spec.suspend',
    'the other HelmReleases with the same place',
  ],
  verdicts: `A HelmRelease whose cluster, storage namespace and release name are those of another one that is not suspended is refused when it is
created, comes to this place, or is resumed; the message names the other one. Of two that share a place already, the older one (by creation,
then by name) keeps it and is told of the other by a warning; the younger one is refused at admission and at release time, as the reconcile
loop does with \`DuplicateRelease\`. A suspended HelmRelease passes. Clusters are told apart by the reference in \`kubeConfig\`: two
references that lead to one cluster are not noticed. When the other releases are not known, \`unknown\` says what happens.`,
  reasons: {
    ReleaseNotUnique:
      'another HelmRelease has the same release name in the same storage namespace and cluster',
    FactUnknown: 'the other releases are not known',
  },
  options: [{ path: 'unknown', text: UNKNOWN_TEXT }],
  example: `
- id: one-owner
  uniqueRelease: {}
`,
  schema: {
    type: 'object',
    additionalProperties: false,
    description: 'Each Helm release belongs to one HelmRelease; {} is all it takes.',
    properties: { unknown: UNKNOWN_SCHEMA },
  },
  compile(written) {
    const { unknown = 'Deny' } = written as { readonly unknown?: UnknownVerdict };
    return uniqueReleaseRule(unknown);
  },
};

/** Makes the rule. */
export function uniqueReleaseRule(unknown: UnknownVerdict): RuleBody {
  return {
    kinds: ['HelmRelease'],
    // The validating call looks up the others for the place where the mutated object ends up.
    reads: [],
    writes: [],
    needs: ['releases'],
    judge: (input) => judgeUniqueRelease(unknown, input),
  };
}
