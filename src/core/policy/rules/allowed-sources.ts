import { valueAt } from '../../json/pointer.ts';
import { textAt } from '../../json/text-at.ts';
import {
  ADDRESSED_KINDS,
  type AddressedKind,
  type AllowedSource,
  compileAllowedSource,
  formatAllowed,
  isAllowed,
  type WrittenSource,
} from '../allowed-source.ts';
import { parseCanonicalUrl, withChartPath } from '../canonical-url.ts';
import { type ChartReads, withBasis } from '../chart-basis.ts';
import { SOURCE_URL_SCHEMA } from '../compile-url.ts';
import type { SourceFact } from '../facts.ts';
import { includesFinding, judgeAddress, judgeUrl } from '../judge-source-url.ts';
import type { FindingDraft, Judgement, RuleBody, RuleInput } from '../rule.ts';
import type { RuleDefinition } from '../rule-definition.ts';
import { shortText } from '../short-text.ts';
import { SOURCE_KINDS } from '../source-fact.ts';
import { chartNameTokens, type FollowedSource, findSource, sourceOf } from '../source-of.ts';

/** Rule `allowedSources`; what it is for and what it says stands in its definition. */
export const allowedSources: RuleDefinition = {
  field: 'allowedSources',
  summary: 'charts come from the listed URLs only',
  why: 'A chart is code that runs with the rights of its release; where it comes from is the first thing to hold.',
  when: ['admission', 'release'],
  reads: [
    'spec.url of HelmRepository, OCIRepository and GitRepository, and spec.include of the last',
    'spec.endpoint, spec.bucketName, spec.insecure and spec.provider of Bucket',
    'for HelmRelease and HelmChart the same of what spec.chart.spec.sourceRef, spec.chartRef or spec.sourceRef leads to',
  ],
  verdicts: `An entry covers exactly its URL, with \`subpaths: true\` also what lies below it, compared by path segments; entries are
alternatives. In an OCI repository a path in front of the chart's name counts as part of the URL. A URL that is not canonical is refused with
the canonical spelling.

A Bucket's URL is \`bucket://ENDPOINT/NAME\`, or \`bucket+http://ENDPOINT/NAME\` when \`spec.insecure\` is set; with provider \`gcp\`, whose client reads no
endpoint, the endpoint is \`storage.googleapis.com\`. An entry is about HelmRepository and OCIRepository when its scheme is \`https\`, \`http\` or
\`oci\`, about GitRepository when it is \`ssh\`, about Bucket when it is \`bucket\` or \`bucket+http\`; \`kinds\` says otherwise, as a Git repository
behind https needs it. A GitRepository that includes others is refused, since their URLs are not judged.

A HelmRelease or HelmChart is refused that refers to a kind that no entry is about, or whose URL cannot be judged (ExternalArtifact). A
GitRepository or Bucket itself is judged only where the policy's \`match.kinds\` names it: Flux itself comes out of a GitRepository, and
other controllers use both. A source that does not exist is a warning at admission (both objects may be on their way in one apply) and
refused at release time; one that could not be looked up is refused in both.`,
  reasons: {
    SourceNotAllowed: 'no entry covers the URL, or the source includes others',
    SourceNotCanonical: 'the URL is spelt in a way that programs read differently',
    SourceUnknown: 'the source does not exist, has no URL, or could not be looked up',
    SourceKindUnsupported: 'no entry is about sources of this kind, or the URL of one cannot be judged',
  },
  options: [
    { path: '[].url', text: 'a URL in canonical form' },
    { path: '[].subpaths', text: 'also what lies below the URL; false when absent' },
    { path: '[].kinds', text: 'the kinds of source that the entry is about; by its scheme when absent' },
  ],
  example: `
- id: sources
  allowedSources:
  - {url: https://flagger.app}
  - {url: oci://ghcr.io/acme/charts, subpaths: true}
  - {url: https://github.com/acme/charts, kinds: [GitRepository]}
  - {url: bucket://minio.example.com:9000/charts}
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
        kinds: {
          type: 'array',
          minItems: 1,
          uniqueItems: true,
          items: { enum: [...ADDRESSED_KINDS] },
          description: 'The kinds of source that the entry is about.',
        },
      },
    },
  },
  compile(written, at, context) {
    const entries = written as unknown as readonly WrittenSource[];
    const allowed = entries.map((entry, index) =>
      compileAllowedSource(entry, [...at, String(index)], context),
    );
    const readable = allowed.filter((entry): entry is AllowedSource => entry !== undefined);
    return readable.length === allowed.length ? allowedSourcesRule(readable) : undefined;
  },
};

const CHART_PATTERN = /^[a-z0-9-]+((\/|\.|\/\.)[a-z0-9-]+)*$/;
const NOTHING: Judgement = { findings: [], warnings: [] };

const READS: ChartReads = {
  fields: ['chart', 'sourceRef', 'url', 'endpoint', 'bucketName', 'include'],
  place: true,
};

/** Makes the rule of its entries. */
export function allowedSourcesRule(allowed: readonly AllowedSource[]): RuleBody {
  return {
    kinds: ['HelmRelease', 'HelmChart', ...ADDRESSED_KINDS],
    kindsOnRequest: ['GitRepository', 'Bucket'],
    reads: [
      ['spec', 'url'],
      ['spec', 'chart', 'spec', 'sourceRef'],
      ['spec', 'chartRef'],
      ['spec', 'sourceRef'],
    ],
    writes: [],
    sources(subject) {
      const source = sourceOf(subject.kind, subject.object, subject.namespace);
      return source !== undefined && SOURCE_KINDS.has(source.kind) ? [source] : [];
    },
    judge(input) {
      const { kind, namespace } = input.subject;
      if (isAddressed(kind))
        return withBasis({ findings: judgeAddress(allowed, kind, input.object), warnings: [] }, READS, input);
      const source = sourceOf(kind, input.object, namespace);
      return source === undefined ? NOTHING : withBasis(judgeSource(allowed, source, input), READS, input);
    },
  };
}

function isAddressed(kind: string): kind is AddressedKind {
  return (ADDRESSED_KINDS as readonly string[]).includes(kind);
}

function judgeSource(allowed: readonly AllowedSource[], source: FollowedSource, input: RuleInput): Judgement {
  const refused = source.kind === 'HelmChart' ? undefined : judgeKind(allowed, source.kind, source);
  if (refused !== undefined) return { findings: [refused], warnings: [] };
  const name = `${source.kind} ${source.namespace}/${source.name}`;
  const fact = findSource(input.facts, source);
  if (fact.known) return { findings: judgeFact(allowed, source, fact.value, input), warnings: [] };
  if (fact.why === 'NotFound' && input.phase === 'admission') {
    const warning = `${name} does not exist yet: its URL is judged when the release runs`;
    return { findings: [], warnings: [shortText(warning)] };
  }
  const why = fact.why === 'NotFound' ? 'does not exist' : `could not be looked up (${fact.why})`;
  const finding: FindingDraft = {
    reason: fact.why === 'Unsupported' ? 'SourceKindUnsupported' : 'SourceUnknown',
    path: source.path,
    found: name,
    message: shortText(`${name} ${why}, so its URL cannot be judged`),
  };
  return { findings: [finding], warnings: [] };
}

/** A kind that has no URL, or that the whole list does not speak of, is refused before anything is known of the source. */
function judgeKind(
  allowed: readonly AllowedSource[],
  kind: string,
  { path }: FollowedSource,
): FindingDraft | undefined {
  if (kind === 'HelmRepository' || kind === 'OCIRepository') return undefined;
  const addressed = isAddressed(kind);
  if (addressed && allowed.some(({ kinds }) => kinds.includes(kind))) return undefined;
  const why = addressed ? 'no entry is about one' : 'its URL cannot be judged';
  return {
    reason: 'SourceKindUnsupported',
    path: `${path}.kind`,
    found: shortText(kind),
    message: shortText(`charts from a ${kind} are not allowed here: ${why}`),
    wouldPass: shortText(`a source at ${formatAllowed(allowed)}`),
  };
}

function judgeFact(
  allowed: readonly AllowedSource[],
  source: FollowedSource,
  fact: SourceFact,
  input: RuleInput,
): readonly FindingDraft[] {
  const behind = textAt(fact.spec, ['sourceRef', 'kind']) || 'HelmRepository';
  const kind = source.kind === 'HelmChart' ? behind : source.kind;
  const refused = judgeKind(allowed, kind, source);
  if (refused !== undefined || !isAddressed(kind)) return refused === undefined ? [] : [refused];
  const prefix = `${source.kind} ${source.namespace}/${source.name} points to `;
  const findings = judgeUrl(allowed, fact.url, { kind, path: source.path, prefix });
  if (findings.length > 0) return findings;
  if (fact.includes === true) {
    const name = `${source.kind} ${source.namespace}/${source.name}: `;
    return [includesFinding(source.path, name)];
  }
  const oci = kind === 'HelmRepository' && fact.url?.startsWith('oci://') === true;
  return oci ? judgeChartPath(allowed, source, fact, input) : [];
}

/** For an OCI repository the chart's name is part of the address that is fetched. */
function judgeChartPath(
  allowed: readonly AllowedSource[],
  source: FollowedSource,
  fact: SourceFact,
  { subject, object }: RuleInput,
): readonly FindingDraft[] {
  const own = source.kind === 'HelmRepository';
  const tokens = chartNameTokens(subject.kind);
  const chart = own ? valueAt(object, tokens) : valueAt(fact.spec, ['chart']);
  const url = parseCanonicalUrl(fact.url ?? '');
  if (typeof chart !== 'string' || !url.ok) return [];
  const base = { path: own ? tokens.join('.') : source.path, found: shortText(chart) };
  if (!CHART_PATTERN.test(chart)) {
    const message = 'the chart name becomes part of an OCI address and is not a plain name or path of names';
    return [{ ...base, reason: 'SourceNotCanonical', message }];
  }
  const place = withChartPath(url.url, chart);
  if (isAllowed(allowed, 'HelmRepository', place)) return [];
  const message = shortText(`the chart lies in ${place.text}, which is not an allowed source`);
  const wouldPass = shortText(formatAllowed(allowed, 'HelmRepository'));
  return [{ ...base, reason: 'SourceNotAllowed', message, wouldPass }];
}
