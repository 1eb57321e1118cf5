import { applyPatch } from '../../core/json/apply.ts';
import { formatPath } from '../../core/json/path.ts';
import { parsePointer, valueAt } from '../../core/json/pointer.ts';
import { policyPlaceText } from '../../core/policy/built-in.ts';
import type { Mutation } from '../../core/policy/decision.ts';
import { repairText } from '../../core/policy/find-repair.ts';
import type { LocatedError } from '../../core/policy/located-error.ts';
import { shortText } from '../../core/policy/short-text.ts';
import type { Place } from '../../core/policy/yaml-file.ts';
import { counted } from '../output/counted.ts';
import { maskSecrets } from '../output/mask-secrets.ts';
import { shownValue } from '../output/shown-value.ts';
import { sourceFrame } from '../output/source-frame.ts';
import type { CheckedManifest, CheckResult, ManifestNote } from './check-manifests.ts';
import { furtherWarnings, pathOfWarning } from './check-report.ts';
import type { PassedOver } from './find-manifest-files.ts';
import type { Manifest } from './manifest.ts';
import { nameOf, placeOfFinding, placeOfPath } from './manifest-place.ts';

const VERDICTS = { Deny: 'denied', Warn: 'warning', Audit: 'audit' } as const;

/** What a terminal shows: each finding with the line it is about, then what the webhook would change, then a count. */
export function printCheckText(result: CheckResult): string {
  const notes = Map.groupBy(result.notes, ({ manifest }) => manifest);
  const judged = new Set(result.checked.map(({ manifest }) => manifest));
  const parts = [
    ...result.errors.map(printError),
    ...result.checked.flatMap((each) => [
      ...findingTexts(each),
      ...repairTexts(each),
      ...(notes.get(each.manifest) ?? []).map(noteText),
      ...remarkTexts(each),
    ]),
    ...result.notes.filter(({ manifest }) => !judged.has(manifest)).map(noteText),
    ...passedOverTexts(result.passedOver),
    summary(result),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** Findings of one object, each with its line. */
export function findingTexts({ manifest, decision }: CheckedManifest): readonly string[] {
  return decision.findings.map((finding) => {
    const { enforcement, path, message, wouldPass, reason, policy, rule, place } = finding;
    const head = `${VERDICTS[enforcement]}: ${nameOf(manifest)}: ${path}: ${message}`;
    const more = [
      ...(wouldPass === undefined ? [] : [`  would pass: ${wouldPass}`]),
      `  ${reason} from ${policy}/${rule} (${policyPlaceText(place)})`,
    ];
    return located(
      manifest,
      placeOfFinding(finding, manifest),
      head,
      more,
      reason === 'PlainSecret' ? 'hide' : 'show',
    );
  });
}

/** What to write so that the object passes. */
function repairTexts({ manifest, repair }: CheckedManifest): readonly string[] {
  if (repair === undefined) return [];
  const { document, tokens } = manifest;
  const { line, column } = document.placeOf(tokens);
  const head = `${document.source.file}:${line}:${column}: ${shortText(nameOf(manifest))}`;
  return [`${head} passes with: ${shortText(repairText(repair.edits), 400)}`];
}

export function noteText({ manifest, field, message, hint }: ManifestNote): string {
  const more = hint === undefined ? [] : [`  ${hint}`];
  return located(
    manifest,
    placeOfPath(field, manifest),
    `note: ${nameOf(manifest)}: ${field}: ${message}`,
    more,
  );
}

/** What was not looked at, each file or folder in a line. */
export function passedOverTexts(passedOver: readonly PassedOver[]): readonly string[] {
  return passedOver.map(({ path, why }) => `${shortText(path)}: note: passed over: ${shortText(why)}`);
}

function located(
  manifest: Manifest,
  at: Place,
  head: string,
  more: readonly string[],
  value: 'show' | 'hide' = 'show',
): string {
  const { source } = manifest.document;
  const lines = [`${source.file}:${at.line}:${at.column}: ${head}`, sourceFrame(source, at, value), ...more];
  return lines.map(shownLines).join('\n');
}

/** An error of a file, its line without the secrets in it. */
export function printError(error: LocatedError): string {
  const { file, line, column, message, hint } = error;
  const more = hint === undefined ? '' : ` (${hint})`;
  const head = `${file}:${line}:${column}: ${message}${more}`;
  return error.frame === '' ? head : `${head}\n${maskedFrame(error)}`;
}

/** The line of an error, and its caret, without secrets. */
export function maskedFrame({ frame }: LocatedError): string {
  if (frame === '') return frame;
  const [shown = '', caret = ''] = frame.split('\n');
  return `${maskSecrets(shown)}\n${caret}`;
}

function remarkTexts({ manifest, decision }: CheckedManifest): readonly string[] {
  const { document, tokens } = manifest;
  const { line, column } = document.placeOf(tokens);
  const name = shortText(nameOf(manifest));
  const changes = changeLines({ manifest, decision });
  return [
    ...furtherWarnings(decision).map((warning) => {
      const at = placeOfPath(pathOfWarning(warning, manifest.object), manifest);
      return `${document.source.file}:${at.line}:${at.column}: note: ${name}: ${warning}`;
    }),
    ...(changes.length === 0
      ? []
      : [[`${document.source.file}:${line}:${column}: ${name} would be changed:`, ...changes].join('\n')]),
  ];
}

function changeLines({ manifest, decision }: CheckedManifest): readonly string[] {
  const after = applyPatch(manifest.object, decision.patch);
  return decision.mutations.map((mutation: Mutation) => {
    const tokens = parsePointer(mutation.pointer) ?? [];
    const value = valueAt(after, tokens);
    // What is rewritten for a newer version was written by the author, and may hold anything.
    const shown =
      value === undefined
        ? '(removed)'
        : mutation.kind === 'lift'
          ? '(rewritten)'
          : shownValue(tokens, value);
    const place = mutation.place === undefined ? '' : ` at ${policyPlaceText(mutation.place)}`;
    return `  ${shortText(formatPath(tokens))}: ${shown}  (${mutation.kind} by ${mutation.policy}/${mutation.rule}${place})`;
  });
}

function summary({ checked, otherObjects, skipped, errors }: CheckResult): string {
  const denied = checked.filter(({ decision }) => !decision.allowed).length;
  const changed = checked.filter(({ decision }) => decision.patch.length > 0).length;
  const counts = [`${checked.length} checked`, `${denied} denied`, `${changed} would be changed`];
  if (otherObjects > 0) counts.push(`${otherObjects} of other kinds`);
  if (skipped > 0)
    counts.push(counted(skipped, 'document that is no object', 'documents that are no objects'));
  const unreadable = new Set(errors.map(({ file }) => file)).size;
  if (unreadable > 0) counts.push(`${unreadable} unreadable`);
  return counts.join(', ');
}

/** Frames have two lines; everything else that an author wrote is freed of what a terminal would act on. */
function shownLines(text: string): string {
  return text
    .split('\n')
    .map((line) => shortText(line, 400))
    .join('\n');
}
