import type { YamlDocument } from '../policy/yaml-file.ts';
import { type LintFinding, lintFinding } from './lint-finding.ts';

/** Words and numbers without quotes that policies hold as texts, and that kubectl, Flux and other readers of YAML 1.1 take for something else. */
export function findOtherReadings(document: YamlDocument): readonly LintFinding[] {
  return document.readAlsoAs().map(({ place, written, meaning }) => {
    const message = `${written} is read as a text here, and as ${meaning} by kubectl and other readers of YAML 1.1`;
    return lintFinding('ReadDifferently', document, place, message, { hint: `write "${written}"` });
  });
}
