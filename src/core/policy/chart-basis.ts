/**
 * By what an object, and the source that it names, say which chart it takes and where that comes from: all of it as it is written, where
 * findings show a part. Two findings about a chart are one only while this is the same.
 */
import { isJsonObject, type Json } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';
import type { Judgement, RuleInput } from './rule.ts';
import { findSource, sourceOf } from './source-of.ts';

/** What a rule reads, in the objects of all kinds that tell of a chart. */
export interface ChartReads {
  readonly fields: readonly string[];
  /** Whether it reads where the source that the object names lies as well. */
  readonly place: boolean;
}

/** The basis of a finding about an object's chart. */
export function chartBasis(reads: ChartReads, { subject, object, facts }: RuleInput): Json {
  const spec = valueAt(object, ['spec']);
  const written =
    subject.kind === 'HelmRelease'
      ? [fieldsOf(reads.fields, valueAt(spec, ['chart', 'spec'])), valueAt(spec, ['chartRef']) ?? null]
      : fieldsOf(reads.fields, spec);
  const source = sourceOf(subject.kind, object, subject.namespace);
  const fact = source === undefined ? undefined : findSource(facts, source);
  if (fact?.known !== true) return [written, fact?.why ?? null];
  const { url, spec: behind } = fact.value;
  if (reads.place) return [written, url ?? null, fieldsOf(reads.fields, behind)];
  const others = reads.fields.filter((field) => field !== 'url');
  return [written, fieldsOf(others, behind)];
}

/** A judgement whose findings are about the chart. */
export function withBasis({ findings, warnings }: Judgement, reads: ChartReads, input: RuleInput): Judgement {
  if (findings.length === 0) return { findings, warnings };
  const basis = chartBasis(reads, input);
  return { findings: findings.map((finding) => ({ ...finding, basis })), warnings };
}

function fieldsOf(fields: readonly string[], spec: Json | undefined): Json {
  if (!isJsonObject(spec)) return null;
  return fields.map((field) => (Object.hasOwn(spec, field) ? (spec[field] ?? null) : null));
}
