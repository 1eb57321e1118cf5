import { CONFIRMATION_TOKENS } from '../change-confirmation.ts';
import { DESTRUCTIVE_CHANGES, type DestructiveChangeKind } from '../destructive-changes.ts';
import { judgeDestructiveChange, judgeSourceEdit } from '../judge-destructive-change.ts';
import type { RuleBody, SourceNeed } from '../rule.ts';
import type { RuleDefinition } from '../rule-definition.ts';
import { sourceOf } from '../source-of.ts';
import type { Subject } from '../subject.ts';

/** Rule `destructiveChange`; what it is for and what it says stands in its definition. */
export const destructiveChange: RuleDefinition = {
  field: 'destructiveChange',
  summary: 'edits that uninstall a release or leave it behind are confirmed one by one',
  why: `An edit of \`releaseName\`, \`targetNamespace\`, \`storageNamespace\` or of the chart's name makes a Helm controller uninstall the release and
install another one: volumes, load balancers and their addresses go with it. Another \`kubeConfig\` leaves the release behind where it was. In a review
such an edit is one harmless line; nothing says what it does until it is done.`,
  when: ['admission'],
  aboutEdits: 'all of it',
  reads: [
    'of the old and the new HelmRelease, as the controller sees them: the release name, target and storage namespace, the chart, kubeConfig, upgrade.chartNameChangeStrategy, uninstall and install.replace',
    'the source behind a chartRef, when the reference or the source changes',
    'metadata.annotations["helmgate.dev/confirm-destructive-change"]',
    'status of the old HelmRelease, for whether anything was ever released',
  ],
  verdicts: `An update that makes one of the changes listed for \`changes\` is refused. The denial says what is uninstalled and what is installed, and names the annotation
\`helmgate.dev/confirm-destructive-change\` with a hash over this object, the old values and the new ones: with it the same change passes, and no other. An
annotation that is left behind does no harm.

Values are compared as the controller sees them: writing out a default, or the name that would be composed anyway, is no change. The chart's name counts
unless \`upgrade.chartNameChangeStrategy\` is \`InPlaceUpdate\`; of a path or an OCI address it is the last part, and a chart whose name is not known
counts as another one. A suspended release is judged as well, since the change is made when it is resumed. A release whose status says that nothing was
ever released has nothing to lose and passes.

An edit of the HelmChart or OCIRepository that a \`chartRef\` names reinstalls the releases that use it, once it gives them a chart of another name. It is
refused with one finding for each of them; the annotation goes onto the HelmRelease, before the source is edited. A source that is deleted and made again
is not an edit, and is not noticed. At release time nothing is judged: the edit has been made.`,
  reasons: {
    DestructiveChange: 'the edit uninstalls the release, or leaves something behind, and is not confirmed',
  },
  options: [
    {
      path: 'changes',
      text: `the changes that must be confirmed, all when absent: \`storageNamespace\`, \`targetNamespace\`, \`releaseName\`, \`chartName\` (each reinstalls), \`kubeConfig\` (the release stays behind in the other cluster), \`keepHistory\` (turned on or off, so that an uninstall leaves Helm's records behind or deletes what it has kept; and a reinstallation that is going to fail, because \`uninstall.keepHistory\` keeps the name taken and \`install.replace\` is not set), \`deletionPropagation\` (turned to \`orphan\`)`,
    },
  ],
  example: `
- id: no-surprise
  destructiveChange: {}
`,
  schema: {
    type: 'object',
    additionalProperties: false,
    description: 'Destructive edits must be confirmed; {} for all of them.',
    properties: {
      changes: {
        type: 'array',
        minItems: 1,
        uniqueItems: true,
        description: 'The changes that must be confirmed.',
        items: { enum: [...DESTRUCTIVE_CHANGES] },
      },
    },
  },
  compile(written) {
    const { changes = DESTRUCTIVE_CHANGES } = written as {
      readonly changes?: readonly DestructiveChangeKind[];
    };
    return destructiveChangeRule(new Set(changes));
  },
};

/** Makes the rule of the changes that must be confirmed. */
export function destructiveChangeRule(guarded: ReadonlySet<DestructiveChangeKind>): RuleBody {
  return {
    kinds: ['HelmRelease'],
    reads: [CONFIRMATION_TOKENS],
    writes: [],
    sources: (subject) => (guarded.has('chartName') ? changedSources(subject) : []),
    judge: (input) => ({ findings: judgeSourceEdit(guarded, input), warnings: [] }),
    judgeEdit: (input) => ({ findings: judgeDestructiveChange(guarded, input), warnings: [] }),
  };
}

/** The sources that tell the chart's name, on both sides, where an edit changes the reference. */
function changedSources({ kind, namespace, object, oldObject }: Subject): readonly SourceNeed[] {
  if (oldObject === undefined) return [];
  const [before, after] = [oldObject, object].map((one) => sourceOf(kind, one, namespace));
  const same =
    before?.path === after?.path &&
    before?.kind === after?.kind &&
    before?.namespace === after?.namespace &&
    before?.name === after?.name;
  if (same) return [];
  return [before, after].filter(
    (source) => source?.path === 'spec.chartRef' && NAMING_KINDS.has(source.kind),
  ) as readonly SourceNeed[];
}

/** Kinds whose objects tell a chart's name. */
const NAMING_KINDS: ReadonlySet<string> = new Set(['HelmChart', 'OCIRepository']);
