import { pathToFileURL } from 'node:url';
import { digestOfJson } from '../../core/json/digest.ts';
import {
  detailsOf,
  type Problem,
  type ProblemCase,
  type ProblemReport,
  type ProblemRule,
} from './problem.ts';

/**
 * The report as a SARIF 2.1.0 log (OASIS, 27 March 2020) with one run, as GitHub code scanning and editors read it.
 *
 * Only rules with results are described. A fingerprint is made of rule, file, case and message, so that a finding stays the same
 * one when lines move (section 3.27.16).
 */
export function formatSarif(report: ProblemReport): string {
  const found = report.cases.flatMap((each) => each.problems.map((problem) => ({ each, problem })));
  const used = new Set(found.map(({ problem }) => problem.rule));
  const described = new Map(report.rules.map((rule) => [rule.id, rule]));
  const rules = [...used].map((id) => described.get(id) ?? { id, summary: id, help: id });
  const indexes = new Map(rules.map(({ id }, index) => [id, index]));
  const seen = new Map<string, number>();
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'helmgate',
            fullName: report.title,
            semanticVersion: report.version,
            rules: rules.map(descriptor),
          },
        },
        columnKind: 'utf16CodeUnits',
        invocations: [{ executionSuccessful: !report.cases.some(({ unreadable }) => unreadable === true) }],
        results: found.map(({ each, problem }) => result(each, problem, indexes, seen)),
      },
    ],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

function descriptor({ id, summary, help }: ProblemRule): object {
  return {
    id,
    shortDescription: { text: summary },
    fullDescription: { text: summary },
    help: { text: help, markdown: help },
  };
}

function result(
  each: ProblemCase,
  problem: Problem,
  indexes: ReadonlyMap<string, number>,
  seen: Map<string, number>,
): object {
  const { rule, level, message, file, line, column } = problem;
  const details = [`${each.name}: ${message}`, ...detailsOf(problem)];
  const identity = digestOfJson([rule, file, each.name, message]);
  const times = (seen.get(identity) ?? 0) + 1;
  seen.set(identity, times);
  return {
    ruleId: rule,
    ruleIndex: indexes.get(rule),
    level,
    message: { text: details.join('\n') },
    locations: [
      {
        physicalLocation: {
          artifactLocation: artifact(file),
          region: { startLine: line, startColumn: column },
        },
        logicalLocations: [{ fullyQualifiedName: each.name }],
      },
    ],
    partialFingerprints: { 'helmgateFinding/v1': `${identity.replace('sha256:', '')}:${times}` },
  };
}

/** A path below the working folder stays relative to the root of the sources, which the reader of the log knows. */
function artifact(file: string): object {
  if (file.startsWith('/')) return { uri: pathToFileURL(file).href };
  const path = file === '-' ? 'stdin' : file.replace(/^\.\//, '');
  return { uri: path.split('/').map(encodeURIComponent).join('/'), uriBaseId: '%SRCROOT%' };
}
