import type { JsonObject } from '../../core/json/json.ts';
import { stringifyJson } from '../../core/json/stringify.ts';
import { textAt } from '../../core/json/text-at.ts';
import { frameOf } from '../../core/policy/located-error.ts';
import { shortText } from '../../core/policy/short-text.ts';
import type { MutantOf } from '../../core/policytest/run-mutants.ts';
import { counted } from '../output/counted.ts';
import type { TriedMutants } from './try-mutants.ts';

/** The mutants that no test noticed, each at the value that was changed, and the counts. */
export function printMutantsText(tried: TriedMutants): string {
  const survivors = tried.survivors.map((entry) => {
    const { document, mutant } = entry;
    const at = document.placeOf(mutant.tokens, mutant.at);
    const text = shortText(`${ownerOf(entry)}: ${mutant.change}`, 400);
    return `${document.source.file}:${at.line}:${at.column}: survived: ${text}\n${frameOf(document.source.text, at)}`;
  });
  const { Killed, Survived, Invalid } = tried.counts;
  const counts = [
    counted(Killed + Survived + Invalid, 'mutant'),
    `${Killed} killed`,
    `${Survived} survived`,
    counted(Invalid, 'that does not load', 'that do not load'),
    ...(tried.notTried === 0 ? [] : [`${tried.notTried} not tried (--max-mutants)`]),
  ];
  return `${[...survivors, counts.join(', ')].join('\n\n')}\n`;
}

/** The same for programs. */
export function printMutantsJson(tried: TriedMutants): string {
  const survivors = tried.survivors.map((entry): JsonObject => {
    const { document, mutant } = entry;
    const { line, column } = document.placeOf(mutant.tokens, mutant.at);
    const { tokens, change } = mutant;
    return { file: document.source.file, line, column, in: ownerOf(entry), path: [...tokens], change };
  });
  const { Killed: killed, Survived: survived, Invalid: invalid } = tried.counts;
  return `${stringifyJson({ survivors, killed, survived, invalid, notTried: tried.notTried })}\n`;
}

/** `production/sources`, or the document's name for what lies outside of its rules. */
export function ownerOf({ document: { value }, mutant }: MutantOf): string {
  const name = textAt(value, ['metadata', 'name']) ?? '';
  const [spec, rules, index] = mutant.tokens;
  if (spec !== 'spec' || rules !== 'rules' || index === undefined) return name;
  const id = textAt(value, ['spec', 'rules', index, 'id']);
  return id === undefined ? name : `${name}/${id}`;
}
