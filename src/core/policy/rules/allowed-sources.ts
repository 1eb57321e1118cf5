import type { Json } from '../../json/json.ts';
import { valueAt } from '../../json/pointer.ts';
import {
  type CanonicalUrl,
  coversUrl,
  parseCanonicalUrl,
  redactUrl,
  withChartPath,
} from '../canonical-url.ts';
import { compileUrl, SOURCE_URL_SCHEMA } from '../compile-url.ts';
import type { FindingDraft, Judgement, RuleBody, RuleInput } from '../rule.ts';
import type { RuleDefinition } from '../rule-definition.ts';
import { shortText } from '../short-text.ts';
import { chartNameTokens, type FollowedSource, findSource, sourceOf } from '../source-of.ts';

/** Rule `allowedSources`; what it is for and what it says stands in its definition. */
export const allowedSources: RuleDefinition = {
  field: 'allowedSources',
  summary: 'charts come from the listed URLs only',
  why: 'A chart is code that runs with the rights of its release; where it comes from is the first thing to hold.',
  when: ['admission', 'release'],
  reads: [
    'spec.url of HelmRepository and OCIRepository',
    'for HelmRelease and HelmChart the URL behind spec.chart.spec.sourceRef, spec.chartRef or spec.sourceRef',
  ],
  verdicts: `An entry covers exactly its URL, with \`subpaths: true\` also what lies below it, compared by path segments; entries are
alternatives. In an OCI repository a path in front of the chart's name counts as part of the URL. A URL that is not canonical is refused with
the canonical spelling. A source of a kind whose URL cannot be judged is refused where it is referred to. A source that does not exist is a
warning at admission (both objects may be on their way in one apply) and refused at release time; one that could not be looked up is
refused in both.`,
  reasons: {
    SourceNotAllowed: 'no entry covers the URL',
    SourceNotCanonical: 'the URL is spelt in a way that programs read differently',
    SourceUnknown: 'the source does not exist, has no URL, or could not be looked up',
    SourceKindUnsupported: 'the URL of a source of this kind cannot be judged',
  },
  options: [
    { path: '[].url', text: 'a URL in canonical form' },
    { path: '[].subpaths', text: 'also what lies below the URL; false when absent' },
  ],
  example: `
- id: sources
  allowedSources:
  - {url: https://flagger.app}
  - {url: oci://ghcr.io/acme/charts, subpaths: true}
`,
  schema: {
    type: 'array',
    minItems: 1,
    maxItems: 1000,
    description: 'URLs that charts may come from.',
    items: {
      type: 'object',
      required: ['url'],
      additionalProperties: false,
      properties: {
        url: SOURCE_URL_SCHEMA,
        subpaths: { type: 'boolean', description: 'Also what lies below the URL.' },
      },
    },
  },
  compile(written, at, context) {
    const entries = written as readonly { readonly url: string; readonly subpaths?: boolean }[];
    const allowed = entries.map(({ url, subpaths = false }, index) => ({
      url: compileUrl(url, [...at, String(index), 'url'], context),
      subpaths,
    }));
    const readable = allowed.filter((entry): entry is AllowedSource => entry.url !== undefined);
    return readable.length === allowed.length ? allowedSourcesRule(readable) : undefined;
  },
};

export interface AllowedSource {
  readonly url: CanonicalUrl;
  readonly subpaths: boolean;
}

/** The kinds of source whose URL tells where a chart comes from. */
const FOLLOWED_KINDS: ReadonlySet<string> = new Set(['HelmRepository', 'OCIRepository', 'HelmChart']);
const CHART_PATTERN = /^[a-z0-9-]+((\/|\.|\/\.)[a-z0-9-]+)*$/;

/** Makes the rule of its entries. */
export function allowedSourcesRule(allowed: readonly AllowedSource[]): RuleBody {
  return {
    kinds: ['HelmRelease', 'HelmRepository', 'HelmChart', 'OCIRepository'],
    reads: [
      ['spec', 'url'],
      ['spec', 'chart', 'spec', 'sourceRef'],
      ['spec', 'chartRef'],
      ['spec', 'sourceRef'],
    ],
    writes: [],
    sources(subject) {
      const source = sourceOf(subject.kind, subject.object, subject.namespace);
      return source !== undefined && FOLLOWED_KINDS.has(source.kind) ? [source] : [];
    },
    judge(input) {
      const { kind, namespace } = input.subject;
      if (kind === 'HelmRepository' || kind === 'OCIRepository') {
        return judgeUrl(allowed, valueAt(input.object, ['spec', 'url']), 'spec.url', '');
      }
      const source = sourceOf(kind, input.object, namespace);
      return source === undefined ? NOTHING : judgeSource(allowed, source, input);
    },
  };
}

const NOTHING: Judgement = { findings: [], warnings: [] };

function found(...findings: readonly FindingDraft[]): Judgement {
  return { findings, warnings: [] };
}

function judgeSource(allowed: readonly AllowedSource[], source: FollowedSource, input: RuleInput): Judgement {
  const name = `${source.kind} ${source.namespace}/${source.name}`;
  if (!FOLLOWED_KINDS.has(source.kind)) {
    return found({
      reason: 'SourceKindUnsupported',
      path: `${source.path}.kind`,
      found: source.kind,
      message: shortText(`charts from a ${source.kind} are not allowed here: its URL cannot be judged`),
      wouldPass: shortText(`a HelmRepository or OCIRepository at ${listOf(allowed)}`),
    });
  }
  const fact = findSource(input.facts, source);
  if (!fact.known) {
    if (fact.why === 'NotFound' && input.phase === 'admission') {
      return {
        findings: [],
        warnings: [shortText(`${name} does not exist yet: its URL is judged when the release runs`)],
      };
    }
    const why = fact.why === 'NotFound' ? 'does not exist' : `could not be looked up (${fact.why})`;
    return found({
      reason: fact.why === 'Unsupported' ? 'SourceKindUnsupported' : 'SourceUnknown',
      path: source.path,
      found: name,
      message: shortText(`${name} ${why}, so its URL cannot be judged`),
    });
  }
  const { url } = fact.value;
  const { findings } = judgeUrl(allowed, url, source.path, `${name} points to `);
  const oci = findings.length === 0 && url?.startsWith('oci://') === true;
  return found(...findings, ...(oci ? chartNameFindings(allowed, source, url, input) : []));
}

/** For an OCI repository the chart's name is part of the address that is fetched. */
function chartNameFindings(
  allowed: readonly AllowedSource[],
  source: FollowedSource,
  text: string,
  { subject, object }: RuleInput,
): readonly FindingDraft[] {
  if (source.kind !== 'HelmRepository') return [];
  const tokens = chartNameTokens(subject.kind);
  const chart = valueAt(object, tokens);
  const url = parseCanonicalUrl(text);
  if (typeof chart !== 'string' || !url.ok) return [];
  const base = { path: tokens.join('.'), found: shortText(chart) };
  if (!CHART_PATTERN.test(chart)) {
    const message = 'the chart name becomes part of an OCI address and is not a plain name or path of names';
    return [{ ...base, reason: 'SourceNotCanonical', message }];
  }
  const place = withChartPath(url.url, chart);
  if (isAllowed(allowed, place)) return [];
  const message = shortText(`the chart lies in ${place.text}, which is not an allowed source`);
  return [{ ...base, reason: 'SourceNotAllowed', message, wouldPass: shortText(listOf(allowed)) }];
}

function judgeUrl(
  allowed: readonly AllowedSource[],
  url: Json | undefined,
  path: string,
  prefix: string,
): Judgement {
  if (typeof url !== 'string') {
    return found({
      reason: 'SourceUnknown',
      path,
      message: shortText(`${prefix}no URL: there is nothing to judge`),
    });
  }
  const parsed = parseCanonicalUrl(url);
  if (parsed.ok && isAllowed(allowed, parsed.url)) return NOTHING;
  const shown = shortText(redactUrl(url));
  if (!parsed.ok) {
    const hint = parsed.hint === undefined ? undefined : parseCanonicalUrl(parsed.hint);
    const passes = hint?.ok === true && isAllowed(allowed, hint.url);
    return found({
      reason: 'SourceNotCanonical',
      path,
      found: shown,
      message: shortText(`${prefix}a URL that is not in canonical form: ${parsed.problem}`),
      ...(parsed.hint === undefined
        ? {}
        : {
            wouldPass: shortText(
              passes
                ? parsed.hint
                : `${parsed.hint} is its canonical form, but allowed are ${listOf(allowed)}`,
            ),
          }),
    });
  }
  return found({
    reason: 'SourceNotAllowed',
    path,
    found: shown,
    message: shortText(`${prefix}${shown}, which is not an allowed source`),
    wouldPass: shortText(listOf(allowed)),
  });
}

function isAllowed(allowed: readonly AllowedSource[], url: CanonicalUrl): boolean {
  return allowed.some((entry) => coversUrl(entry.url, entry.subpaths, url));
}

function listOf(allowed: readonly AllowedSource[]): string {
  return allowed.map(({ url, subpaths }) => (subpaths ? `${url.text} or below it` : url.text)).join(', ');
}
