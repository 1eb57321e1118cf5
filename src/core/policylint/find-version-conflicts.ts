/** Rules about chart versions that leave nothing to choose: one alone, or two together. */
import { isJsonObject } from '../json/json.ts';
import { coversUrl } from '../policy/canonical-url.ts';
import type { ChartFilter } from '../policy/chart-filter.ts';
import { compileChartVersion, type WrittenChartVersion } from '../policy/chart-version-options.ts';
import { intersect, isEmpty, type Range } from '../version/range.ts';
import { canMeet } from './can-meet.ts';
import { type LintFinding, lintFinding } from './lint-finding.ts';
import type { LintedRule } from './linted-rule.ts';

interface VersionDemand {
  readonly entry: LintedRule;
  /** As it is written. */
  readonly within: string;
  /** The versions that pass. */
  readonly range: Range;
  /** By name; absent means all charts. */
  readonly charts?: ReadonlyMap<string, readonly ChartFilter[]>;
}

/** Rules `chartVersion` whose range holds no version, and pairs of them about one chart whose ranges have none in common. */
export function findVersionConflicts(rules: readonly LintedRule[]): readonly LintFinding[] {
  const demands = rules.flatMap(demandOf);
  const met: VersionDemand[] = [];
  const found: LintFinding[] = [];
  for (const demand of demands) {
    const { entry, within, range } = demand;
    const at = [...entry.tokens, 'chartVersion', 'within'];
    if (isEmpty(range)) {
      const message = `no version is within "${within}", so the rule ${entry.rule.id} refuses every version`;
      found.push(lintFinding('Contradiction', entry.document, at, message, { level: 'error' }));
      continue;
    }
    const other = met.find((before) => excludeEachOther(before, demand));
    met.push(demand);
    if (other === undefined) continue;
    const { policy, id, place } = other.entry.rule;
    const message = `no version is within both "${within}" and "${other.within}" of ${policy}/${id} (${place.file}:${place.line}), and both rules can apply to one object`;
    found.push(lintFinding('Contradiction', entry.document, at, message));
  }
  return found;
}

function demandOf(entry: LintedRule): readonly VersionDemand[] {
  const written = isJsonObject(entry.written) ? entry.written['chartVersion'] : undefined;
  if (!isJsonObject(written)) return [];
  const options = compileChartVersion(written as WrittenChartVersion, [], {
    placeOf: () => entry.rule.place,
    error: () => undefined,
    warn: () => undefined,
  });
  if (options?.within === undefined) return [];
  const { within, noPrereleases, charts } = options;
  const range: Range = noPrereleases ? { stable: within.range.stable, prerelease: [] } : within.range;
  const byName = charts === undefined ? {} : { charts: Map.groupBy(charts, ({ name }) => name) };
  return [{ entry, within: within.text, range, ...byName }];
}

function excludeEachOther(left: VersionDemand, right: VersionDemand): boolean {
  return (
    haveCommonChart(left.charts, right.charts) &&
    canMeet(left.entry.rule, right.entry.rule, left.entry.rule.body.kinds) &&
    isEmpty(intersect(left.range, right.range))
  );
}

function haveCommonChart(left: VersionDemand['charts'], right: VersionDemand['charts']): boolean {
  if (left === undefined || right === undefined) return true;
  return [...left].some(([name, own]) =>
    right.get(name)?.some((other) => own.some(({ source }) => canBeOne(source, other.source))),
  );
}

/** Whether a chart can lie below both URLs. */
function canBeOne(left: ChartFilter['source'], right: ChartFilter['source']): boolean {
  if (left === undefined || right === undefined) return true;
  return coversUrl(left, true, right) || coversUrl(right, true, left);
}
