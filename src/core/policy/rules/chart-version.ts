import { formatPointer, valueAt } from '../../json/pointer.ts';
import { check } from '../../version/constraint.ts';
import { parseVersion } from '../../version/version.ts';
import { type CanonicalUrl, coversUrl, parseCanonicalUrl, withChartPath } from '../canonical-url.ts';
import { compileUrl, SOURCE_URL_SCHEMA } from '../compile-url.ts';
import { compileVersionRange, type RangeComparison, rangeComparer, type VersionRange } from '../narrowing.ts';
import type { FindingDraft, Judgement, RuleBody, RuleInput } from '../rule.ts';
import type { RuleDefinition } from '../rule-definition.ts';
import { shortText } from '../short-text.ts';
import { chartNameTokens, findSource, sourceOf } from '../source-of.ts';

/** Rule `chartVersion`; what it is for and what it says stands in its definition. */
export const chartVersion: RuleDefinition = {
  field: 'chartVersion',
  summary: 'the versions that a chart may have',
  why: 'A range admits versions that do not exist yet, so what it can ever match is judged, not what it matches today.',
  when: ['admission', 'release'],
  reads: [
    'spec.chart.spec.version and spec.chart.spec.chart of HelmRelease',
    'spec.version and spec.chart of HelmChart',
    'the URL behind their sourceRef',
    'at release time the resolved chart',
  ],
  verdicts: `At admission a range that lies within passes; one that reaches outside is refused with a version that shows it
(\`wider: Deny\`), or cut to the versions within (\`wider: Narrow\`, under enforcement Deny only); one that has nothing in common with it, or
is no constraint, is refused. At release time the resolved version itself must lie within. A rule for certain charts whose source is not known
applies: what cannot be told is judged. Ranges on Git and Bucket sources are ignored by Flux and not judged at admission.`,
  reasons: {
    RangeTooWide: 'the range also matches versions outside; the message names one',
    RangeDisjoint: 'no version that the range matches is allowed',
    VersionInvalid: 'the text is no version constraint',
    VersionNotAllowed: 'the version that the range resolved to lies outside',
  },
  options: [
    { path: 'within', text: 'a Masterminds/semver constraint' },
    { path: 'wider', text: '`Deny` (when absent) or `Narrow`: what to do with a range that reaches outside' },
    { path: 'charts[].name', text: 'the charts that the rule is about; all when `charts` is absent' },
    { path: 'charts[].source', text: 'only from this URL and below it' },
  ],
  example: `
- id: flagger-1x
  chartVersion:
    charts: [{name: flagger, source: https://flagger.app}]
    within: ">=1.28.0 <2.0.0"
    wider: Narrow
`,
  schema: {
    type: 'object',
    required: ['within'],
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
    },
  },
  compile(written, at, context) {
    const { charts, within, wider = 'Deny' } = written as unknown as WrittenChartVersion;
    const range = compileVersionRange(within);
    if (!range.ok) {
      context.error(
        [...at, 'within'],
        `${JSON.stringify(within)} is no version constraint: ${range.message}`,
      );
    }
    const filters: ChartFilter[] = [];
    for (const [index, { name, source }] of (charts ?? []).entries()) {
      const place = [...at, 'charts', String(index), 'source'];
      const url = source === undefined ? undefined : compileUrl(source, place, context);
      if (source !== undefined && url === undefined) return undefined;
      filters.push(url === undefined ? { name } : { name, source: url });
    }
    if (!range.ok) return undefined;
    return chartVersionRule({
      within: range.range,
      wider,
      ...(charts === undefined ? {} : { charts: filters }),
    });
  },
};

interface WrittenChartVersion {
  readonly charts?: readonly { readonly name: string; readonly source?: string }[];
  readonly within: string;
  readonly wider?: 'Deny' | 'Narrow';
}

export interface ChartFilter {
  readonly name: string;
  readonly source?: CanonicalUrl;
}

export interface ChartVersionOptions {
  /** The charts that the rule is about; absent means all. */
  readonly charts?: readonly ChartFilter[];
  readonly within: VersionRange;
  readonly wider: 'Deny' | 'Narrow';
}

interface ComparedOptions extends ChartVersionOptions {
  readonly compareText: (text: string) => RangeComparison;
}

const NOTHING: Judgement = { findings: [], warnings: [] };

/** Makes the rule of its options. */
export function chartVersionRule(written: ChartVersionOptions): RuleBody {
  const options: ComparedOptions = { ...written, compareText: rangeComparer(written.within) };
  return {
    kinds: ['HelmRelease', 'HelmChart'],
    reads: [
      ['spec', 'chart', 'spec', 'chart'],
      ['spec', 'chart', 'spec', 'sourceRef'],
      ['spec', 'chartRef'],
      ['spec', 'sourceRef'],
    ],
    writes:
      options.wider === 'Narrow'
        ? [
            { kind: 'HelmRelease', tokens: versionTokens('HelmRelease') },
            { kind: 'HelmChart', tokens: versionTokens('HelmChart') },
          ]
        : [],
    sources(subject) {
      if (!options.charts?.some(({ source }) => source !== undefined)) return [];
      const source = sourceOf(subject.kind, subject.object, subject.namespace);
      return source === undefined ? [] : [source];
    },
    mutate(input) {
      const comparison = narrows(options, input) ? compare(options, input) : undefined;
      if (comparison?.kind !== 'wider' || comparison.narrowed === undefined)
        return { changes: [], warnings: [] };
      const tokens = versionTokens(input.subject.kind);
      const pointer = formatPointer(tokens);
      const change = { kind: 'narrow', tokens, pointer, value: comparison.narrowed } as const;
      const from = shortText(versionText(input, tokens), 60);
      const warning = shortText(`${tokens.join('.')} was narrowed from ${from} to ${comparison.narrowed}`);
      return { changes: [change], warnings: [warning] };
    },
    judge(input) {
      return input.phase === 'release' ? judgeResolved(options, input) : judgeRange(options, input);
    },
  };
}

function narrows(options: ComparedOptions, { mutates, phase }: RuleInput): boolean {
  return options.wider === 'Narrow' && mutates && phase === 'admission';
}

function judgeRange(options: ComparedOptions, input: RuleInput): Judgement {
  const comparison = compare(options, input);
  if (comparison === undefined || comparison.kind === 'inside') return NOTHING;
  const tokens = versionTokens(input.subject.kind);
  const base = { path: tokens.join('.'), found: shortText(versionText(input, tokens)) };
  const { text } = options.within;
  return { findings: [finding(comparison, base, text)], warnings: [] };
}

function finding(
  comparison: Exclude<RangeComparison, { kind: 'inside' }>,
  base: { readonly path: string; readonly found: string },
  within: string,
): FindingDraft {
  switch (comparison.kind) {
    case 'invalid':
      return {
        ...base,
        reason: 'VersionInvalid',
        message: shortText(`the version constraint cannot be read: ${comparison.message}`),
        wouldPass: shortText(within),
      };
    case 'disjoint':
      return {
        ...base,
        reason: 'RangeDisjoint',
        message: shortText(
          `no version that it matches is allowed, such as ${comparison.counterExample}; allowed are ${within}`,
        ),
        wouldPass: shortText(within),
      };
    default:
      return {
        ...base,
        reason: 'RangeTooWide',
        message: shortText(`it also matches ${comparison.counterExample}, which is outside ${within}`),
        wouldPass: shortText(comparison.narrowed ?? within),
      };
  }
}

function judgeResolved(options: ComparedOptions, input: RuleInput): Judgement {
  const path = versionTokens(input.subject.kind).join('.');
  const { chart } = input.facts;
  if (!chart.known) {
    if (!appliesTo(options, input, undefined)) return NOTHING;
    const message = `the version that the chart resolved to is not known (${chart.why})`;
    return { findings: [{ reason: 'VersionNotAllowed', path, message }], warnings: [] };
  }
  if (!appliesTo(options, input, chart.value.name)) return NOTHING;
  const version = parseVersion(chart.value.version);
  if (version.ok && check(options.within.constraint, version.version)) return NOTHING;
  const shown = shortText(`${chart.value.name} ${chart.value.version}`, 80);
  const draft: FindingDraft = {
    reason: version.ok ? 'VersionNotAllowed' : 'VersionInvalid',
    path,
    found: shortText(chart.value.version),
    message: shortText(`the chart resolved to ${shown}, which is outside ${options.within.text}`),
    wouldPass: shortText(options.within.text),
  };
  return { findings: [draft], warnings: [] };
}

/** Undefined where the rule does not apply or the version is ignored. */
function compare(options: ComparedOptions, input: RuleInput): RangeComparison | undefined {
  const { kind, namespace } = input.subject;
  const source = sourceOf(kind, input.object, namespace);
  if (kind === 'HelmRelease' && valueAt(input.object, ['spec', 'chart', 'spec']) === undefined)
    return undefined;
  if (source !== undefined && source.kind !== 'HelmRepository') return undefined;
  if (!appliesTo(options, input, undefined)) return undefined;
  const version = valueAt(input.object, versionTokens(kind));
  if (version !== undefined && typeof version !== 'string')
    return { kind: 'invalid', message: 'it is not a text' };
  return options.compareText(version ?? '*');
}

/** Whether the rule is about the chart; at release time by the name that the chart itself has, as well. */
function appliesTo(
  options: ChartVersionOptions,
  input: RuleInput,
  resolvedName: string | undefined,
): boolean {
  if (options.charts === undefined) return true;
  const written = valueAt(input.object, chartNameTokens(input.subject.kind));
  const names = [written, resolvedName].flatMap((name) =>
    typeof name === 'string' ? [name, lastPart(name)] : [],
  );
  // Behind a chartRef the name is known when the chart is.
  const nameFits = (name: string) => names.length === 0 || names.includes(name);
  return options.charts.some(
    ({ name, source }) => nameFits(name) && (source === undefined || fitsSource(source, input)),
  );
}

/** A chart in an OCI repository may be written with the path that leads to it: its last part that is not empty or dots. */
function lastPart(written: string): string {
  let end = written.length;
  while (end > 0 && (written[end - 1] === '/' || written[end - 1] === '.')) end -= 1;
  return written.slice(written.lastIndexOf('/', end - 1) + 1, end);
}

function fitsSource(wanted: CanonicalUrl, input: RuleInput): boolean {
  const source = sourceOf(input.subject.kind, input.object, input.subject.namespace);
  const fact = source === undefined ? undefined : findSource(input.facts, source);
  if (fact === undefined || !fact.known || fact.value.url === undefined) return true;
  const url = parseCanonicalUrl(fact.value.url);
  if (!url.ok) return true;
  const chart = valueAt(input.object, chartNameTokens(input.subject.kind));
  const place = source?.kind === 'HelmRepository' && typeof chart === 'string' ? chart : '';
  return coversUrl(wanted, true, withChartPath(url.url, place));
}

function versionTokens(kind: string): readonly string[] {
  return kind === 'HelmChart' ? ['spec', 'version'] : ['spec', 'chart', 'spec', 'version'];
}

/** As messages show it; an absent version means every stable one. */
function versionText({ object }: RuleInput, tokens: readonly string[]): string {
  const version = valueAt(object, tokens) ?? '*';
  return typeof version === 'string' ? version : 'no text';
}
