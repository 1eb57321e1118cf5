/** What is to be said about the chart that a version resolved to: known at release time only. */
import { check, parseConstraint } from '../version/constraint.ts';
import { parseVersion } from '../version/version.ts';
import { type ChartFact, type Facts, NOT_GATHERED } from './facts.ts';
import { formatInstant, parseInstant } from './instant.ts';
import type { VersionRange } from './narrowing.ts';
import type { FindingDraft, Judgement } from './rule.ts';
import { shortText } from './short-text.ts';

/** What the chart must fulfil. */
export interface ChartDemands {
  readonly within?: VersionRange;
  readonly noPrereleases: boolean;
  /** As written, and in milliseconds. */
  readonly minimumAge?: { readonly text: string; readonly ms: number };
  readonly deprecated?: 'Deny' | 'Warn';
  readonly kubeVersion?: 'Deny' | 'Warn';
}

/** Judges the chart; `path` is the field that led to it. */
export function judgeResolvedChart(
  demands: ChartDemands,
  chart: ChartFact,
  facts: Pick<Facts, 'now' | 'kubeVersion'>,
  path: string,
): Judgement {
  const name = shortText(`${chart.name} ${chart.version}`, 80);
  const findings = [
    ...judgeVersion(demands, chart, name, path),
    ...judgeAge(demands, chart, facts, name, path),
  ];
  const warnings: string[] = [];
  for (const [verdict, draft] of [
    [demands.deprecated, deprecation(chart, name, path)],
    [demands.kubeVersion, kubeVersionFinding(demands, chart, facts, name, path)],
  ] as const) {
    if (draft === undefined || verdict === undefined) continue;
    if (verdict === 'Deny') findings.push(draft);
    else warnings.push(draft.message);
  }
  return { findings, warnings };
}

function judgeVersion(
  { within, noPrereleases }: ChartDemands,
  { version: text }: ChartFact,
  name: string,
  path: string,
): readonly FindingDraft[] {
  if (within === undefined && !noPrereleases) return [];
  const base = { path, found: shortText(text) };
  const proposal = within === undefined ? {} : { wouldPass: shortText(within.text) };
  const version = parseVersion(text);
  const outside = within === undefined ? 'no version' : `outside ${within.text}`;
  if (!version.ok || (within !== undefined && !check(within.constraint, version.version))) {
    const message = shortText(`the chart resolved to ${name}, which is ${outside}`);
    const reason = version.ok ? 'VersionNotAllowed' : 'VersionInvalid';
    return [{ ...base, reason, message, ...proposal }];
  }
  if (!noPrereleases || version.version.prerelease.length === 0) return [];
  const message = shortText(`the chart resolved to ${name}, which is a prerelease`);
  return [{ ...base, reason: 'PrereleaseNotAllowed', message, ...proposal }];
}

/** Young charts grow old: the finding ends by itself, so the release waits. */
function judgeAge(
  { minimumAge }: ChartDemands,
  { created }: ChartFact,
  { now }: Pick<Facts, 'now'>,
  name: string,
  path: string,
): readonly FindingDraft[] {
  if (minimumAge === undefined) return [];
  const createdMs = parseInstant(created ?? '');
  if (createdMs === undefined) {
    const message = shortText(`the repository does not say when ${name} was made, so its age cannot be told`);
    return [{ reason: 'FactUnknown', path, message }];
  }
  // Up to whole seconds, so that texts of moments compare like the moments.
  const untilMs = Math.ceil((createdMs + minimumAge.ms) / 1000) * 1000;
  if (Date.parse(now) >= untilMs) return [];
  const until = formatInstant(untilMs);
  const message = shortText(
    `${name} is younger than ${minimumAge.text}: it may be released from ${until} on`,
  );
  return [{ reason: 'ChartTooYoung', path, found: shortText(created ?? ''), message, hold: { until } }];
}

function deprecation({ deprecated }: ChartFact, name: string, path: string): FindingDraft | undefined {
  if (deprecated !== true) return undefined;
  return { reason: 'ChartDeprecated', path, message: shortText(`${name} is deprecated by its authors`) };
}

/**
 * Helm's own condition, told before it fails: the chart's constraint against the version that the API server states, as it states
 * it. Helm takes a vendor's suffix (`v1.30.5-gke.1200`) for a prerelease, and so refuses it where the constraint names none.
 */
function kubeVersionFinding(
  { kubeVersion: verdict }: ChartDemands,
  { kubeVersion: wanted }: ChartFact,
  { kubeVersion: fact = NOT_GATHERED }: Pick<Facts, 'kubeVersion'>,
  name: string,
  path: string,
): FindingDraft | undefined {
  if (verdict === undefined || wanted === undefined || wanted === '') return undefined;
  const constraint = parseConstraint(wanted);
  if (!constraint.ok) {
    const message = `${name} asks for Kubernetes ${wanted}, which is no constraint: helm does not install it`;
    return { reason: 'KubeVersionUnmet', path, message: shortText(message) };
  }
  const version = fact.known ? parseVersion(fact.value) : undefined;
  if (version?.ok !== true) {
    const message = `${name} asks for Kubernetes ${wanted}, and the version here is not known`;
    return { reason: 'FactUnknown', path, message: shortText(message) };
  }
  if (check(constraint.constraint, version.version)) return undefined;
  const message = `${name} asks for Kubernetes ${wanted}, and this is ${version.version.original}`;
  return { reason: 'KubeVersionUnmet', path, message: shortText(message) };
}
