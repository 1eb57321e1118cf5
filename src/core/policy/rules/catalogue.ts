/** All rules, by the field that configures them in a policy file. */
import type { Json, JsonObject } from '../../json/json.ts';
import { type CanonicalUrl, parseCanonicalUrl } from '../canonical-url.ts';
import { type DefaultsReport, expandDefaults } from '../expand-defaults.ts';
import { compileVersionRange } from '../narrowing.ts';
import type { RuleBody } from '../rule.ts';
import { allowedSourcesRule } from './allowed-sources.ts';
import { type ChartFilter, chartVersionRule } from './chart-version.ts';
import { defaultsRule } from './defaults.ts';

/** How a rule's compiler reports and asks for places; tokens lead through the document. */
export type RuleContext = DefaultsReport;

export interface RuleDefinition {
  /** Compiles what stands under the rule's field, which fits the schema; undefined after an error was reported. */
  compile(written: Json, at: readonly string[], context: RuleContext): RuleBody | undefined;
}

export const RULE_CATALOGUE: Readonly<Record<string, RuleDefinition>> = {
  allowedSources: { compile: compileAllowedSources },
  chartVersion: { compile: compileChartVersion },
  defaults: {
    compile(written, at, context) {
      const leaves = expandDefaults(written as JsonObject, at, context);
      return leaves.length === 0 ? undefined : defaultsRule(leaves);
    },
  },
};

function compileAllowedSources(
  written: Json,
  at: readonly string[],
  context: RuleContext,
): RuleBody | undefined {
  const entries = written as readonly { readonly url: string; readonly subpaths?: boolean }[];
  const allowed = entries.map(({ url, subpaths = false }, index) => ({
    url: compileUrl(url, [...at, String(index), 'url'], context),
    subpaths,
  }));
  const readable = allowed.filter(
    (entry): entry is { url: CanonicalUrl; subpaths: boolean } => entry.url !== undefined,
  );
  return readable.length === allowed.length ? allowedSourcesRule(readable) : undefined;
}

interface WrittenChartVersion {
  readonly charts?: readonly { readonly name: string; readonly source?: string }[];
  readonly within: string;
  readonly wider?: 'Deny' | 'Narrow';
}

function compileChartVersion(
  written: Json,
  at: readonly string[],
  context: RuleContext,
): RuleBody | undefined {
  const { charts, within, wider = 'Deny' } = written as unknown as WrittenChartVersion;
  const range = compileVersionRange(within);
  if (!range.ok) {
    context.error([...at, 'within'], `${JSON.stringify(within)} is no version constraint: ${range.message}`);
  }
  const filters: ChartFilter[] = [];
  for (const [index, { name, source }] of (charts ?? []).entries()) {
    const url =
      source === undefined
        ? undefined
        : compileUrl(source, [...at, 'charts', String(index), 'source'], context);
    if (source !== undefined && url === undefined) return undefined;
    filters.push(url === undefined ? { name } : { name, source: url });
  }
  if (!range.ok) return undefined;
  return chartVersionRule({
    within: range.range,
    wider,
    ...(charts === undefined ? {} : { charts: filters }),
  });
}

function compileUrl(url: string, at: readonly string[], context: RuleContext): CanonicalUrl | undefined {
  const parsed = parseCanonicalUrl(url);
  if (parsed.ok) return parsed.url;
  context.error(
    at,
    `the URL is not in canonical form: ${parsed.problem}`,
    parsed.hint === undefined ? undefined : `write ${parsed.hint}`,
  );
  return undefined;
}
