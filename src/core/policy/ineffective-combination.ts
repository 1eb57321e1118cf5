/** The words in which combinations are described that the API accepts and a controller ignores. */
import type { Json, JsonObject } from '../json/json.ts';
import { formatPath } from '../json/path.ts';
import { valueAt } from '../json/pointer.ts';
import type { Controller } from '../release/field-defaults.ts';
import { applyEdits } from './apply-edits.ts';
import type { Edit } from './decision.ts';
import { effectiveInput } from './effective-input.ts';
import type { Fact, SourceFact } from './facts.ts';
import { isThere } from './field-condition.ts';
import type { KindWithFields } from './judged-fields.ts';
import type { FindingDraft, RuleInput } from './rule.ts';
import { setEdit } from './set-edit.ts';
import { shortText } from './short-text.ts';
import { findSource, sourceOf } from './source-of.ts';

/** One combination; what it finds in an object are the fields that have no effect. */
export interface Combination {
  /** By which a policy switches it off. */
  readonly id: string;
  readonly kinds: readonly KindWithFields[];
  /** For the reference: what is ignored, and when. */
  readonly text: string;
  find(reading: Reading): readonly Ineffective[];
}

/** A field without effect. */
export interface Ineffective {
  /** Tokens below `spec`. */
  readonly path: readonly string[];
  /** Why, as a sentence. */
  readonly why: string;
  /** What would pass; when absent, the object without the field. */
  readonly wouldPass?: string;
  /** Other cures than to leave the field out: a value each, or undefined to leave something else out. */
  readonly instead?: readonly (readonly (readonly [path: readonly string[], value?: Json])[])[];
  /** False where leaving the field out is no cure. */
  readonly removable?: boolean;
}

/** The fields of one object, by dotted paths below `spec`. */
export interface Reading {
  readonly kind: string;
  readonly controller: Controller;
  /** The value that the controller works with. */
  seen(path: string): Json | undefined;
  /** The value that was written; undefined for what says nothing. */
  written(path: string): Json | undefined;
  /** The source that the chart comes from, when the object names one. */
  source(): { readonly kind: string; readonly fact: Fact<SourceFact> } | undefined;
}

function readingOf(input: RuleInput, controller: Controller): Reading {
  const { kind, namespace } = input.subject;
  const effective = effectiveInput(input, controller).object;
  const at = (object: JsonObject, path: string): Json | undefined =>
    valueAt(object, ['spec', ...path.split('.')]);
  return {
    kind,
    controller,
    seen: (path) => at(effective, path),
    written(path) {
      const value = at(input.object, path);
      // A field that the API version loses has no value to the controller either.
      return isThere(value) && at(effective, path) !== undefined ? value : undefined;
    },
    source() {
      const source = sourceOf(kind, input.object, namespace);
      return source === undefined ? undefined : { kind: source.kind, fact: findSource(input.facts, source) };
    },
  };
}

/** Whether a field was written, and not as `false`, which is what its absence means. */
export function isAskedOf(reading: Reading, path: string): boolean {
  const value = reading.written(path);
  return value !== undefined && value !== false;
}

/** What one combination finds in an object. Proposals that do not cure, since the API version knows no such field, are left out. */
export function findIneffective(
  combination: Combination,
  input: RuleInput,
  controller: Controller,
): readonly FindingDraft[] {
  const isFound = (object: JsonObject, path: string): boolean =>
    combination
      .find(readingOf({ ...input, object }, controller))
      .some((other) => other.path.join('.') === path);
  return combination.find(readingOf(input, controller)).map((ineffective) => {
    const { path, instead = [], removable = true } = ineffective;
    const alternatives: readonly (readonly (Edit | undefined)[])[] = [
      ...(removable ? [[{ tokens: ['spec', ...path] }]] : []),
      ...instead.map((edits) => edits.map(([at, value]) => editOf(input.object, ['spec', ...at], value))),
    ];
    const repairs = alternatives.flatMap((alternative) => {
      const edits = alternative.filter((edit) => edit !== undefined);
      const edited = edits.length === alternative.length ? applyEdits(input.object, edits) : undefined;
      return edited !== undefined && !isFound(edited, path.join('.')) ? [edits] : [];
    });
    return { ...described(input.object, ineffective), ...(repairs.length === 0 ? {} : { repairs }) };
  });
}

function described(object: JsonObject, { path: below, why, wouldPass }: Ineffective): FindingDraft {
  const tokens = ['spec', ...below];
  const path = formatPath(tokens);
  const value = valueAt(object, tokens);
  const single = typeof value === 'object' ? undefined : value;
  return {
    reason: 'FieldIneffective',
    path,
    ...(single === undefined ? {} : { found: typeof single === 'string' ? shortText(single) : single }),
    message: shortText(why),
    wouldPass: shortText(wouldPass ?? `no ${path}`),
  };
}

function editOf(object: JsonObject, tokens: readonly string[], value: Json | undefined): Edit | undefined {
  return value === undefined ? { tokens } : setEdit(object, tokens, value);
}
