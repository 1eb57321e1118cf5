import { parseDuration } from '../../duration.ts';
import { compileNamespaces, type WrittenNamespaces } from '../compile-match.ts';
import type { PromotionFact } from '../facts.ts';
import { NOT_GATHERED } from '../facts.ts';
import { formatInstant, parseInstant } from '../instant.ts';
import { type LabelSelector, matchesLabels } from '../label-selector.ts';
import { fitsNamespace, type NamespaceMatch } from '../match.ts';
import { NAMESPACE_PROPERTIES } from '../match-schema.ts';
import type { FindingDraft, Judgement, RuleBody, RuleInput } from '../rule.ts';
import type { RuleDefinition } from '../rule-definition.ts';
import { shortText } from '../short-text.ts';
import { judgeUnknown, UNKNOWN_SCHEMA, UNKNOWN_TEXT, type UnknownVerdict } from '../unknown-fact.ts';

/** Rule `promotion`; what it is for and what it says stands in its definition. */
export const promotion: RuleDefinition = {
  field: 'promotion',
  summary: 'a chart version runs elsewhere first',
  why: `What ran well in staging for a day is less likely to fail in production, and the proof should not be somebody's word in a merge
request. The release is admitted and stored; it waits, visible as \`Held\`, and runs by itself once its version has been Ready elsewhere for
long enough.`,
  when: ['release'],
  reads: [
    'the resolved chart',
    'where its version has been Ready, and since when',
    'the time of the judgement',
  ],
  verdicts: `Passes when some HelmRelease that fits \`from\` has been Ready at the same chart name and version, compared as text with its build
metadata, for \`readyFor\` or longer. One that has been Ready for less holds the release until that time is over; when there is none the
release is held without an end. When the resolved chart, or where it has been Ready, is not known, \`unknown\` says what happens.
Until the loop gathers where versions have been Ready, that is every release.`,
  reasons: {
    NotPromoted: 'the version has not been Ready there, or not for long enough',
    FactUnknown: 'the chart, or where it has been Ready, is not known',
  },
  options: [
    { path: 'from.namespaces', text: '`names` and `labels` of the namespaces where it must have been Ready' },
    { path: 'from.labels', text: 'a label selector on the HelmReleases there' },
    { path: 'readyFor', text: 'for how long, `24h`' },
    { path: 'unknown', text: UNKNOWN_TEXT },
  ],
  example: `
- id: staging-first
  promotion:
    from: {namespaces: {labels: {matchLabels: {tier: staging}}}}
    readyFor: 24h
`,
  schema: {
    type: 'object',
    required: ['from', 'readyFor'],
    additionalProperties: false,
    description: 'Where a chart version must have been Ready first.',
    properties: {
      from: {
        type: 'object',
        minProperties: 1,
        additionalProperties: false,
        properties: {
          namespaces: {
            type: 'object',
            minProperties: 1,
            additionalProperties: false,
            properties: NAMESPACE_PROPERTIES,
          },
          labels: NAMESPACE_PROPERTIES['labels'] ?? {},
        },
      },
      readyFor: { type: 'string', maxLength: 40, description: 'For how long, 24h.' },
      unknown: UNKNOWN_SCHEMA,
    },
  },
  compile(written, at, context) {
    const { from, readyFor, unknown = 'Deny' } = written as unknown as WrittenPromotion;
    const readyForMs = parseDuration(readyFor) ?? -1;
    if (readyForMs < 0) {
      context.error([...at, 'readyFor'], `${JSON.stringify(readyFor)} is no duration`, 'write 24h');
      return undefined;
    }
    const { namespaces, labels } = from;
    return promotionRule({
      ...(namespaces === undefined ? {} : { namespaces: compileNamespaces(namespaces) }),
      ...(labels === undefined ? {} : { labels }),
      readyForMs,
      unknown,
    });
  },
};

interface WrittenPromotion {
  readonly from: { readonly namespaces?: WrittenNamespaces; readonly labels?: LabelSelector };
  readonly readyFor: string;
  readonly unknown?: UnknownVerdict;
}

export interface PromotionOptions {
  readonly namespaces?: NamespaceMatch;
  readonly labels?: LabelSelector;
  readonly readyForMs: number;
  readonly unknown: UnknownVerdict;
}

const PATH = 'spec.chart';

/** Makes the rule of its options. */
export function promotionRule(options: PromotionOptions): RuleBody {
  return {
    kinds: ['HelmRelease'],
    reads: [],
    writes: [],
    needs: ['promotions'],
    unknown: options.unknown,
    judge: (input) => (input.phase === 'release' ? judgeRelease(options, input) : NOTHING),
  };
}

const NOTHING: Judgement = { findings: [], warnings: [] };

function judgeRelease(options: PromotionOptions, { facts }: RuleInput): Judgement {
  const { chart, promotions = NOT_GATHERED } = facts;
  if (!chart.known) return judgeUnknown(options.unknown, 'the resolved chart', chart.why, PATH);
  if (!promotions.known) {
    return judgeUnknown(options.unknown, 'where the version has been Ready', promotions.why, PATH);
  }
  const now = parseInstant(facts.now);
  if (now === undefined) throw new Error('the time of the judgement cannot be read');
  const { name, version } = chart.value;
  const readySince = promotions.value
    .filter((promoted) => promoted.chart === name && promoted.version === version)
    .filter((promoted) => fits(options, promoted))
    .flatMap((promoted) => parseInstant(promoted.readySince) ?? []);
  const since = readySince.length === 0 ? undefined : readySince.reduce((a, b) => Math.min(a, b));
  if (since === undefined) return held({}, `${name} ${version} has not been Ready where it must be first`);
  const promotedAt = Math.ceil((since + options.readyForMs) / 1000) * 1000;
  if (promotedAt <= now) return NOTHING;
  const until = formatInstant(promotedAt);
  return held({ until }, `${name} ${version} has been Ready only since ${formatInstant(since)}`, until);
}

function held(hold: NonNullable<FindingDraft['hold']>, message: string, until?: string): Judgement {
  const finding: FindingDraft = {
    reason: 'NotPromoted',
    path: PATH,
    message: shortText(`the release waits: ${message}`),
    wouldPass: until === undefined ? 'a version that has been Ready there' : `waiting until ${until}`,
    hold,
  };
  return { findings: [finding], warnings: [] };
}

function fits({ namespaces, labels }: PromotionOptions, promoted: PromotionFact): boolean {
  const namespace = { name: promoted.namespace, labels: promoted.namespaceLabels };
  return (
    (namespaces === undefined || fitsNamespace(namespaces, namespace, false)) &&
    (labels === undefined || matchesLabels(labels, promoted.labels))
  );
}
