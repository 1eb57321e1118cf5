import type { Json } from '../../json/json.ts';
import { formatPointer } from '../../json/pointer.ts';
import { type ChartReads, chartBasis, withBasis } from '../chart-basis.ts';
import { fitsChart } from '../chart-filter.ts';
import {
  type ChartVersionOptions,
  compileChartVersion,
  type WrittenChartVersion,
} from '../chart-version-options.ts';
import { SOURCE_URL_SCHEMA } from '../compile-url.ts';
import { judgeResolvedChart } from '../judge-resolved-chart.ts';
import { judgeWrittenVersion } from '../judge-written-version.ts';
import type { FindingDraft, Judgement, RuleBody, RuleInput } from '../rule.ts';
import type { RuleDefinition } from '../rule-definition.ts';
import { shortText } from '../short-text.ts';
import { sourceOf } from '../source-of.ts';
import { findWrittenVersion, type WrittenVersion } from '../written-version.ts';

/** Rule `chartVersion`; what it is for and what it says stands in its definition. */
export const chartVersion: RuleDefinition = {
  field: 'chartVersion',
  summary: 'the versions that a chart may have',
  why: `A range admits versions that do not exist yet, so what it can ever match is judged, not what it matches today. What only the
resolved chart tells (its age, whether it is deprecated, the Kubernetes that it needs) is judged when it is released.`,
  when: ['admission', 'release'],
  reads: [
    'spec.chart.spec.version and spec.chart.spec.chart of HelmRelease',
    'spec.version and spec.chart of HelmChart, spec.ref and spec.url of OCIRepository',
    'the same behind spec.chartRef, and the URL behind a sourceRef',
    'at release time the resolved chart: name, version, created, deprecated, kubeVersion',
    'the version of the API server, for `kubeVersion`',
  ],
  verdicts: `At admission a range that lies within passes; one that reaches outside is refused with a version that shows it
(\`wider: Deny\`), or cut to the versions within (\`wider: Narrow\`, under enforcement Deny only, and only where it stands in the object
itself); one that has nothing in common with it, or is no constraint, is refused. The tag of an OCIRepository is one exact version. A digest
counts as pinned, and is refused by \`within\` and \`prereleases: Deny\`, since it does not say which version it is. A range behind a chartRef
that could not be looked up is refused; where the object does not exist yet, a warning says so. Ranges on Git and Bucket sources, which
Flux ignores, and an ExternalArtifact, which has no version, are not judged at admission; an OCIRepository is judged by itself where its
\`layerSelector\` says that it holds a chart.

At release time the resolved version must lie within. A chart younger than \`minimumAge\` is held until it is old enough; one whose index
does not say when it was made is refused. A chart whose version is not known is refused.

A rule for certain charts whose name or source is not known applies: what cannot be told is judged.`,
  reasons: {
    RangeTooWide: 'the range also matches versions outside; the message names one',
    RangeDisjoint: 'no version that the range matches is allowed',
    VersionInvalid: 'the text is no version constraint, or the tag no version',
    VersionNotAllowed: 'the tag, or the version that the range resolved to, lies outside, or is not known',
    VersionNotPinned: 'the text is not one exact version',
    VersionUnknown: 'a digest is written, or the source that holds the version could not be looked up',
    PrereleaseNotAllowed: 'the range matches prereleases, or the chart is one',
    ChartTooYoung: 'the chart was made less than the minimum age ago; the release waits',
    ChartDeprecated: 'the index says that the chart is deprecated',
    KubeVersionUnmet: 'the chart asks for another version of Kubernetes',
    FactUnknown: 'the resolved chart, its time of making or the version of the API server is not known',
  },
  options: [
    { path: 'charts[].name', text: 'the charts that the rule is about; all when `charts` is absent' },
    { path: 'charts[].source', text: 'only from this URL and below it' },
    { path: 'within', text: 'a Masterminds/semver constraint' },
    { path: 'wider', text: '`Deny` (when absent) or `Narrow`: what to do with a range that reaches outside' },
    { path: 'pinned', text: 'exact versions only; false when absent' },
    {
      path: 'prereleases',
      text: '`Deny` refuses prereleases and ranges that match some; `Allow` when absent',
    },
    { path: 'minimumAge', text: 'a duration such as `72h`; judged at release time, by the index' },
    { path: 'deprecated', text: '`Deny` or `Warn`: charts that the index calls deprecated; at release time' },
    { path: 'kubeVersion', text: "`Deny` or `Warn`: the chart's own demand on Kubernetes; at release time" },
  ],
  example: `
- id: flagger-1x
  chartVersion:
    charts: [{name: flagger, source: https://flagger.app}]
    within: ">=1.28.0 <2.0.0"
    wider: Narrow
    minimumAge: 72h
    deprecated: Deny
`,
  schema: {
    type: 'object',
    minProperties: 1,
    additionalProperties: false,
    description: 'Versions that charts may have.',
    properties: {
      charts: {
        type: 'array',
        minItems: 1,
        maxItems: 1000,
        items: {
          type: 'object',
          required: ['name'],
          additionalProperties: false,
          properties: { name: { type: 'string', minLength: 1, maxLength: 253 }, source: SOURCE_URL_SCHEMA },
        },
      },
      within: {
        type: 'string',
        minLength: 1,
        maxLength: 512,
        description: 'A Masterminds/semver constraint.',
      },
      wider: { enum: ['Deny', 'Narrow'], description: 'What to do with a range that reaches outside.' },
      pinned: { type: 'boolean', description: 'Exact versions only.' },
      prereleases: { enum: ['Allow', 'Deny'], description: 'Whether a version may be a prerelease.' },
      minimumAge: { type: 'string', minLength: 2, maxLength: 64, description: 'A duration, such as 72h.' },
      deprecated: { enum: ['Deny', 'Warn'], description: 'What to do with a deprecated chart.' },
      kubeVersion: { enum: ['Deny', 'Warn'], description: 'What to do with a chart for another Kubernetes.' },
    },
  },
  compile(written, at, context) {
    const options = compileChartVersion(written as unknown as WrittenChartVersion, at, context);
    return options === undefined ? undefined : chartVersionRule(options);
  },
};

const NOTHING: Judgement = { findings: [], warnings: [] };
/** Where a range can be narrowed. */
const NARROWED: readonly (readonly [kind: string, ...tokens: readonly string[]])[] = [
  ['HelmRelease', 'spec', 'chart', 'spec', 'version'],
  ['HelmChart', 'spec', 'version'],
  ['OCIRepository', 'spec', 'ref', 'semver'],
];

/** Makes the rule of its options. */
export function chartVersionRule(options: ChartVersionOptions): RuleBody {
  return {
    kinds: ['HelmRelease', 'HelmChart', 'OCIRepository'],
    reads: [
      ['spec', 'chart', 'spec', 'chart'],
      ['spec', 'chart', 'spec', 'sourceRef'],
      ['spec', 'chartRef'],
      ['spec', 'sourceRef'],
      ['spec', 'url'],
      ['spec', 'layerSelector'],
    ],
    writes: options.wider === 'Narrow' ? NARROWED.map(([kind, ...tokens]) => ({ kind, tokens })) : [],
    ...(options.kubeVersion === undefined ? {} : { needs: ['kubeVersion'] }),
    sources(subject) {
      const source = sourceOf(subject.kind, subject.object, subject.namespace);
      if (source === undefined) return [];
      const followed = source.kind === 'OCIRepository' || source.kind === 'HelmChart';
      return followed || options.charts?.some((chart) => chart.source !== undefined) ? [source] : [];
    },
    mutate: (input) => narrowing(options, input),
    judge(input) {
      const judgement =
        input.phase === 'release' ? judgeRelease(options, input) : judgeAdmission(options, input);
      return withBasis(judgement, readsOf(options), input);
    },
  };
}

/** Where a source lies counts where charts are told apart. */
function readsOf({ charts }: ChartVersionOptions): ChartReads {
  return { fields: VERSION_FIELDS, place: charts !== undefined };
}

const VERSION_FIELDS = ['chart', 'version', 'sourceRef', 'url', 'ref', 'layerSelector'];

function narrowing(
  options: ChartVersionOptions,
  input: RuleInput,
): ReturnType<NonNullable<RuleBody['mutate']>> {
  const nothing = { changes: [], warnings: [] };
  if (options.wider !== 'Narrow' || !input.mutates || input.phase !== 'admission') return nothing;
  const version = findWrittenVersion(input);
  if (version?.kind !== 'range' || version.tokens === undefined || typeof version.text !== 'string')
    return nothing;
  if (!fitsChart(options.charts, input)) return nothing;
  const comparison = options.compareText?.(version.text);
  if (comparison?.kind !== 'wider' || comparison.narrowed === undefined) return nothing;
  const { tokens } = version;
  const value: Json = comparison.narrowed;
  const change = {
    kind: 'narrow',
    tokens,
    pointer: formatPointer(tokens),
    value,
    basis: chartBasis(readsOf(options), input),
  } as const;
  return { changes: [change], warnings: [] };
}

function judgeAdmission(options: ChartVersionOptions, input: RuleInput): Judgement {
  if (options.within === undefined && !options.pinned && !options.noPrereleases) return NOTHING;
  const version = findWrittenVersion(input);
  if (version === undefined || !fitsChart(options.charts, input)) return NOTHING;
  if (version.kind !== 'unknown') return { findings: judgeWrittenVersion(options, version), warnings: [] };
  if (version.why !== 'NotFound') return { findings: [unknownVersion(version)], warnings: [] };
  const warning = `${version.of ?? 'the source'} does not exist yet: its version is judged when it does`;
  return { findings: [], warnings: [shortText(warning)] };
}

function judgeRelease(options: ChartVersionOptions, input: RuleInput): Judgement {
  const { chart } = input.facts;
  if (!fitsChart(options.charts, input, chart.known ? chart.value.name : undefined)) return NOTHING;
  const path = chartPath(input);
  const written = options.pinned ? judgePin(input) : [];
  if (chart.known) {
    const { findings, warnings } = judgeResolvedChart(options, chart.value, input.facts, path);
    return { findings: [...written, ...findings], warnings };
  }
  const asks = [options.within, options.minimumAge, options.deprecated, options.kubeVersion];
  if (asks.every((option) => option === undefined) && !options.noPrereleases)
    return { findings: written, warnings: [] };
  const message = `the version that the chart resolved to is not known (${chart.why})`;
  const reason = options.within === undefined ? 'FactUnknown' : 'VersionNotAllowed';
  return { findings: [...written, { reason, path, message }], warnings: [] };
}

/** An object that was stored while nobody asked for exact versions is not released either. */
function judgePin(input: RuleInput): readonly FindingDraft[] {
  const version = findWrittenVersion(input);
  if (version === undefined) return [];
  if (version.kind === 'unknown') return [unknownVersion(version)];
  return judgeWrittenVersion({ pinned: true, noPrereleases: false }, version);
}

function unknownVersion({ path, of, why }: Extract<WrittenVersion, { kind: 'unknown' }>): FindingDraft {
  const message = `${of ?? 'the source'} could not be looked up (${why}), so its version cannot be judged`;
  return { reason: 'VersionUnknown', path, message: shortText(message) };
}

function chartPath({ subject, object }: RuleInput): string {
  const source = sourceOf(subject.kind, object, subject.namespace);
  return source?.path === 'spec.chartRef' ? source.path : 'spec.chart.spec.version';
}
