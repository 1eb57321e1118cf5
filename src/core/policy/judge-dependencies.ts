/** What rule `dependencies` finds in a HelmRelease. */
import { isJsonObject, type Json } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';
import type { Edit } from './decision.ts';
import {
  type CycleSearch,
  type DependencyGraph,
  findCycles,
  WALK_LIMITS,
  wayBack,
} from './dependency-cycles.ts';
import { NOT_GATHERED, type ReleaseFact } from './facts.ts';
import { describeRelease, type ReleaseReference, readReference } from './release-fact.ts';
import type { FindingDraft, Judgement, RuleInput } from './rule.ts';
import { shortText } from './short-text.ts';
import { judgeUnknown, type UnknownVerdict } from './unknown-fact.ts';
import type { WorkMeter } from './work-meter.ts';

const TOKENS = ['spec', 'dependsOn'];

/** A denial lists as many findings; an object may hold entries by the ten thousand. */
const MAX_FINDINGS = 20;

/** Steps of reading one entry in all the ways that are needed, and of following or comparing one reference. */
const STEPS_PER_ENTRY = 100;
const STEPS_PER_REFERENCE = 20;

/** A circle as the audit log has it: some ten names of usual length, of which a message shows the first few. */
const MAX_CYCLE_TEXT = 1000;

export interface DependencyOptions {
  /** What to do about a release that does not exist. */
  readonly missing: 'Warn' | 'Deny';
  readonly unknown: UnknownVerdict;
}

/** Judges the dependencies of a HelmRelease against the other releases. */
export function judgeDependencies(options: DependencyOptions, input: RuleInput): Judgement {
  const { subject, object, facts, work } = input;
  const written = valueAt(object, TOKENS);
  const list = Array.isArray(written) ? (written as readonly Json[]) : [];
  if (list.length === 0) return { findings: [], warnings: [] };
  work?.charge(list.length * STEPS_PER_ENTRY);
  const entries: Entries = { list, namespace: subject.namespace, work };
  const own = keyOf(describeRelease({ namespace: subject.namespace, name: subject.name, object }));
  const targets = targetsOf(entries);
  const findings = [...unreadable(entries)];
  const itself = targets.get(own);
  if (itself !== undefined) findings.push(onItself(entries, own, itself));
  targets.delete(own);
  if (targets.size === 0) return { findings, warnings: [] };
  const releases = facts.releases ?? NOT_GATHERED;
  if (!releases.known) {
    const said = judgeUnknown(
      options.unknown,
      'what the releases it depends on wait for',
      releases.why,
      'spec.dependsOn',
    );
    return { findings: [...findings, ...said.findings], warnings: said.warnings };
  }
  const graph = graphOf(releases.value);
  const search = findCycles(own, [...targets.keys()], graph);
  work?.charge((search.visited + search.followed) * STEPS_PER_REFERENCE);
  findings.push(...cycles(entries, own, targets, search));
  const absent = [...targets].filter(([target]) => !graph.has(target));
  if (options.missing === 'Deny')
    findings.push(...absent.slice(0, MAX_FINDINGS).map(([target, at]) => gone(entries, target, at)));
  return {
    findings,
    warnings: options.missing === 'Warn' ? warningsOf(absent.map(([target]) => target)) : [],
  };
}

interface Entries {
  readonly list: readonly Json[];
  /** The object's own. */
  readonly namespace: string;
  readonly work: WorkMeter | undefined;
}

/** The releases named, each with the place of its first entry. */
function targetsOf({ list, namespace }: Entries): Map<string, number> {
  const targets = new Map<string, number>();
  for (const [index, entry] of list.entries()) {
    const reference = readReference(entry, namespace);
    if (reference === undefined) continue;
    const target = keyOf(reference);
    if (!targets.has(target)) targets.set(target, index);
  }
  return targets;
}

/** The API would drop `kind` and take the name for a HelmRelease's. */
function unreadable(entries: Entries): readonly FindingDraft[] {
  const findings: FindingDraft[] = [];
  for (const [index, entry] of entries.list.entries()) {
    if (findings.length === MAX_FINDINGS) break;
    const kind = isJsonObject(entry) ? entry['kind'] : undefined;
    const named = readReference(entry, entries.namespace) !== undefined;
    if (named && (kind === undefined || kind === 'HelmRelease')) continue;
    findings.push({
      reason: 'DependencyMissing',
      path: named ? `spec.dependsOn.${index}.kind` : `spec.dependsOn.${index}`,
      ...(typeof kind === 'string' ? { found: shortText(kind) } : {}),
      message: named
        ? 'a release can depend on HelmReleases only; the name is taken for one'
        : 'the entry names no release',
      wouldPass: 'the name of a HelmRelease',
      repairs: [[withoutEntry(index)]],
    });
  }
  return findings;
}

function onItself(entries: Entries, own: string, index: number): FindingDraft {
  return {
    reason: 'DependencyOnItself',
    path: `spec.dependsOn.${index}`,
    found: shortText(own),
    message: shortText(`${own} depends on itself, so it waits for ever`),
    wouldPass: shortText(`without the dependency on ${own}`),
    repairs: [withoutTarget(entries, own)],
  };
}

function cycles(
  entries: Entries,
  own: string,
  targets: ReadonlyMap<string, number>,
  search: CycleSearch,
): readonly FindingDraft[] {
  const back = [...targets].filter(([target]) => search.nextStep.has(target)).slice(0, MAX_FINDINGS);
  const findings = back.map(([target, index]) => {
    const way = [own, ...wayBack(search, target)].join(' -> ');
    return {
      reason: 'DependencyCycle',
      path: `spec.dependsOn.${index}`,
      found: shortText(way, MAX_CYCLE_TEXT),
      message: shortText(`these releases wait for one another for ever: ${way}`),
      wouldPass: shortText(`without the dependency on ${target}, or with the circle broken at another place`),
      repairs: [withoutTarget(entries, target)],
    } as const;
  });
  if (search.complete || findings.length > 0) return findings;
  const { maxReleases, maxReferences } = WALK_LIMITS;
  const message = shortText(
    `it depends on more than ${maxReleases} releases or ${maxReferences} references, so a circle cannot be ruled out`,
  );
  return [{ reason: 'FactUnknown', path: 'spec.dependsOn', message }];
}

function gone(entries: Entries, target: string, index: number): FindingDraft {
  return {
    reason: 'DependencyMissing',
    path: `spec.dependsOn.${index}`,
    found: shortText(target),
    message: shortText(`HelmRelease '${target}' does not exist`),
    wouldPass: 'the name of a HelmRelease that exists; apply that one first',
    repairs: [withoutTarget(entries, target)],
  };
}

/** One line for all of them. */
function warningsOf(absent: readonly string[]): readonly string[] {
  if (absent.length === 0) return [];
  const names = absent.slice(0, MAX_FINDINGS).map((target) => `'${target}'`);
  const [verb, until] = absent.length === 1 ? ['does', 'it is Ready'] : ['do', 'they are Ready'];
  return [
    shortText(
      `spec.dependsOn: HelmRelease ${names.join(', ')} ${verb} not exist yet: nothing is installed until ${until}`,
    ),
  ];
}

/** The edits that take out all entries that name a release. */
function withoutTarget({ list, namespace, work }: Entries, target: string): readonly Edit[] {
  work?.charge(list.length * STEPS_PER_REFERENCE);
  return list.flatMap((entry, index) => {
    const reference = readReference(entry, namespace);
    return reference !== undefined && keyOf(reference) === target ? [withoutEntry(index)] : [];
  });
}

function withoutEntry(index: number): Edit {
  return { tokens: [...TOKENS, String(index)] };
}

/** Lists of facts never change, and all rules of a set are given the same one. */
const graphs = new WeakMap<readonly ReleaseFact[], DependencyGraph>();

function graphOf(releases: readonly ReleaseFact[]): DependencyGraph {
  const known = graphs.get(releases);
  if (known !== undefined) return known;
  const graph = new Map(releases.map((release) => [keyOf(release), release.dependsOn.map(keyOf)]));
  graphs.set(releases, graph);
  return graph;
}

function keyOf({ namespace, name }: ReleaseReference): string {
  return `${namespace}/${name}`;
}
