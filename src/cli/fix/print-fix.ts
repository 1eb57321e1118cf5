import { shortText } from '../../core/policy/short-text.ts';
import { findingTexts, noteText, passedOverTexts, printError } from '../check/print-check.ts';
import { counted } from '../output/counted.ts';
import { shownValue } from '../output/shown-value.ts';
import type { FixedObject, FixResult } from './fix-manifests.ts';
import type { FixedField } from './fix-object.ts';

/** What was done, or would be: each object with its fields, what cannot be done, what stays denied, and a count. */
export function printFix(result: FixResult, written: boolean): string {
  const parts = [
    ...result.objects.map((object) => objectText(object, written)),
    ...result.errors.map(printError),
    ...remaining(result).flatMap(findingTexts),
    ...result.notes.map(noteText),
    ...passedOverTexts(result.passedOver),
    summary(result, written),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** What the files still have against them. */
export function remaining({ checked }: FixResult): FixResult['checked'] {
  return checked.filter(({ decision }) => !decision.allowed);
}

function objectText({ file, line, column, name, fields, notes }: FixedObject, written: boolean): string {
  const head = `${file}:${line}:${column}: ${shortText(name)} ${written ? 'was' : 'would be'} fixed:`;
  const remarks = notes.map(({ field, message, hint }) => `  note: ${field}: ${message} (${hint})`);
  return [head, ...fields.map(fieldText), ...remarks].join('\n');
}

function fieldText({ path, value, why }: FixedField): string {
  const shown = value === undefined ? '' : `: ${shownValue(path.split('.'), value)}`;
  return `  ${shortText(path)}${shown}  (${why})`;
}

function summary({ objects, files, errors, checked }: FixResult, written: boolean): string {
  const denied = checked.filter(({ decision }) => !decision.allowed).length;
  const done = written ? 'fixed' : 'would be fixed';
  const counts = [
    `${checked.length} judged`,
    `${objects.length} ${done} in ${files.length} ${files.length === 1 ? 'file' : 'files'}`,
    `${denied} denied`,
  ];
  if (errors.length > 0) counts.push(counted(errors.length, 'error'));
  return counts.join(', ');
}
