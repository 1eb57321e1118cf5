/** What is to be said about the version that is written for a chart: before it resolves to one. */
import { type Constraint, check } from '../version/constraint.ts';
import { parseChartVersion } from '../version/narrow.ts';
import { printRange } from '../version/print-range.ts';
import { isSubset, type Range, toRange } from '../version/range.ts';
import { formatVersion, parseVersion } from '../version/version.ts';
import type { RangeComparison, VersionRange } from './narrowing.ts';
import type { FindingDraft } from './rule.ts';
import { shortText } from './short-text.ts';
import type { WrittenVersion } from './written-version.ts';

/** What the version must fulfil as it is written. */
export interface VersionDemands {
  readonly within?: VersionRange;
  /** Compares a text with `within`; there whenever that is. */
  readonly compareText?: (text: string) => RangeComparison;
  /** Exact versions only. */
  readonly pinned: boolean;
  readonly noPrereleases: boolean;
}

type Known = Exclude<WrittenVersion, { readonly kind: 'unknown' }>;
type Place = Pick<FindingDraft, 'path' | 'found'> & { readonly prefix: string };

/** All findings; none for a version that could not be looked up, which is the caller's to judge. */
export function judgeWrittenVersion(
  demands: VersionDemands,
  version: WrittenVersion,
): readonly FindingDraft[] {
  if (version.kind === 'unknown') return [];
  const { path, of } = version;
  const found = shortText(textOf(version));
  const place: Place = { path, found, prefix: of === undefined ? '' : `${of}: ` };
  if (version.kind === 'digest') return judgeDigest(demands, place);
  if (version.kind === 'tag') return judgeTag(demands, version.text, place);
  return judgeRange(demands, version, place);
}

/** As messages show it; an absent version means every stable one. */
function textOf(version: Known): string {
  if (typeof version.text !== 'string') return 'no text';
  return version.text === '' ? '*' : version.text;
}

/** A digest pins, and leaves the version to be found out when the chart is there. */
function judgeDigest({ within, noPrereleases }: VersionDemands, place: Place): readonly FindingDraft[] {
  if (within === undefined && !noPrereleases) return [];
  const message = 'a digest does not say which version it is, and Flux reads no tag beside it';
  return [finding('VersionUnknown', place, message, within?.text ?? 'a tag or a range')];
}

function judgeTag(demands: VersionDemands, tag: string, place: Place): readonly FindingDraft[] {
  const { within, pinned, noPrereleases } = demands;
  // A tag cannot hold a plus sign: helm writes an underscore for it.
  const version = parseVersion(tag.replaceAll('_', '+'));
  if (!version.ok) {
    const message = `the tag ${shortText(tag, 60)} is no version, so that it may stand for any`;
    return [finding(pinned ? 'VersionNotPinned' : 'VersionInvalid', place, message, within?.text)];
  }
  const findings: FindingDraft[] = [];
  if (within !== undefined && !check(within.constraint, version.version)) {
    const message = `the tag ${shortText(tag, 60)} is outside ${within.text}`;
    findings.push(finding('VersionNotAllowed', place, message, within.text));
  }
  if (noPrereleases && version.version.prerelease.length > 0)
    findings.push(finding('PrereleaseNotAllowed', place, `${shortText(tag, 60)} is a prerelease`));
  return findings;
}

function judgeRange(demands: VersionDemands, version: Known, place: Place): readonly FindingDraft[] {
  const { within, pinned, noPrereleases } = demands;
  const { text } = version;
  // The comparer remembers its answers: a text that was seen inside needs no reading.
  const comparison = typeof text === 'string' ? demands.compareText?.(text) : undefined;
  if (comparison?.kind === 'inside' && !pinned && !noPrereleases) return [];
  const parsed = typeof text === 'string' ? parseChartVersion(text) : undefined;
  if (parsed?.ok !== true) {
    const why = parsed === undefined ? 'it is not a text' : parsed.error.message;
    const message = `the version constraint cannot be read: ${why}`;
    return [finding('VersionInvalid', place, message, within?.text, repair(version, within?.text))];
  }
  const findings: FindingDraft[] = [];
  if (pinned && !isExact(parsed.constraint)) {
    const message = `${shortText(textOf(version), 60)} is not one exact version`;
    findings.push(finding('VersionNotPinned', place, message, 'an exact version, such as 1.2.3'));
  }
  if (comparison !== undefined && within !== undefined)
    findings.push(...outside(comparison, within, version, place));
  if (noPrereleases) findings.push(...prereleases(toRange(parsed.constraint), version, place));
  return findings;
}

/** One comparison for equality, with all three numbers written: the text of one version. */
function isExact({ groups }: Constraint): boolean {
  const [atom, ...more] = groups.flatMap(({ atoms }) => atoms);
  return more.length === 0 && atom?.operator === '=' && atom.wildcard === 'none';
}

function outside(
  comparison: RangeComparison,
  within: VersionRange,
  version: Known,
  place: Place,
): readonly FindingDraft[] {
  const whole = repair(version, within.text);
  switch (comparison.kind) {
    case 'inside':
    // Told apart already, with the place of the fault.
    case 'invalid':
      return [];
    case 'disjoint': {
      const message = `no version that it matches is allowed, such as ${comparison.counterExample}; allowed are ${within.text}`;
      return [finding('RangeDisjoint', place, message, within.text, whole)];
    }
    default: {
      const { counterExample, narrowed } = comparison;
      const message = `it also matches ${counterExample}, which is outside ${within.text}`;
      const repairs = [...repair(version, narrowed), ...whole];
      return [finding('RangeTooWide', place, message, narrowed ?? within.text, repairs)];
    }
  }
}

function prereleases(range: Range, version: Known, place: Place): readonly FindingDraft[] {
  const stable: Range = { stable: range.stable, prerelease: [] };
  const inside = isSubset(range, stable);
  if (inside.subset) return [];
  const message = `it matches prereleases, such as ${formatVersion(inside.counterExample)}`;
  const printed = range.stable.length === 0 ? undefined : printRange(stable);
  const text = printed?.ok === true ? printed.text : undefined;
  return [finding('PrereleaseNotAllowed', place, message, text, repair(version, text))];
}

/** Writing the text where the version stands; nothing where it stands in another object. */
function repair({ tokens }: Known, value: string | undefined): NonNullable<FindingDraft['repairs']> {
  return tokens === undefined || value === undefined ? [] : [[{ tokens, value }]];
}

function finding(
  reason: FindingDraft['reason'],
  { prefix, ...place }: Place,
  message: string,
  wouldPass?: string,
  repairs: NonNullable<FindingDraft['repairs']> = [],
): FindingDraft {
  return {
    ...place,
    reason,
    message: shortText(`${prefix}${message}`),
    ...(wouldPass === undefined ? {} : { wouldPass: shortText(wouldPass) }),
    ...(repairs.length === 0 ? {} : { repairs }),
  };
}
