import { REDACTED, redact } from '../../core/audit/redact.ts';
import { applyPatch } from '../../core/json/apply.ts';
import type { Json, JsonObject } from '../../core/json/json.ts';
import type { PatchOperation } from '../../core/json/patch.ts';
import { formatPath } from '../../core/json/path.ts';
import { parsePointer, valueAt } from '../../core/json/pointer.ts';
import { stringifyJson } from '../../core/json/stringify.ts';
import type { Edit, Mutation, PolicyPlace } from '../../core/policy/decision.ts';
import { repairText } from '../../core/policy/find-repair.ts';
import type { LocatedError } from '../../core/policy/located-error.ts';
import { shortText } from '../../core/policy/short-text.ts';
import { maskSecrets } from '../output/mask-secrets.ts';
import { shownValue } from '../output/shown-value.ts';
import { sourceFrame } from '../output/source-frame.ts';
import type { CheckedManifest, CheckResult, ManifestNote } from './check-manifests.ts';
import { furtherWarnings } from './check-report.ts';
import type { Manifest } from './manifest.ts';
import { nameOf, placeOfPath } from './manifest-place.ts';

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
    summary(result),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** The same for programs. */
export function printCheckJson(result: CheckResult): string {
  const objects = result.checked.map(({ manifest, decision, repair }): JsonObject => {
    const { group, version, kind, namespace, name, document, tokens } = manifest;
    return {
      file: document.source.file,
      ...document.placeOf(tokens),
      apiVersion: `${group}/${version}`,
      kind,
      namespace,
      name,
      allowed: decision.allowed,
      findings: decision.findings.map((finding) => ({
        ...plain(finding),
        at: { ...placeOfPath(finding.path, manifest) },
      })),
      mutations: decision.mutations.map(plain),
      patch: decision.patch.map(patchJson),
      warnings: decision.warnings,
      ...(repair === undefined ? {} : { repair: repair.edits.map(editJson) }),
    };
  });
  const notes = result.notes.map(
    ({ manifest, ...note }): JsonObject => ({
      file: manifest.document.source.file,
      ...placeOfPath(note.field, manifest),
      object: nameOf(manifest),
      ...note,
    }),
  );
  const errors = result.errors.map((error) => ({ ...plain(error), frame: maskedFrame(error) }));
  return `${stringifyJson({ objects, notes, errors, otherObjects: result.otherObjects, skipped: result.skipped })}\n`;
}

/** Texts that hold other values: old patch lists become some, and the annotation that remembers defaults is one. */
const TEXTS = /^\/(spec\/postRenderers|metadata\/annotations)/;

function patchJson(operation: PatchOperation): JsonObject {
  if (operation.op === 'remove') return plain(operation);
  const value = TEXTS.test(operation.path) ? REDACTED : redact(operation.value);
  return { ...plain(operation), value };
}

function editJson({ tokens, value }: Edit): JsonObject {
  return { path: formatPath(tokens), ...(value === undefined ? {} : { value }) };
}

/** Findings of one object, each with its line. */
export function findingTexts({ manifest, decision }: CheckedManifest): readonly string[] {
  return decision.findings.map((finding) => {
    const { enforcement, path, message, wouldPass, reason, policy, rule, place } = finding;
    const head = `${VERDICTS[enforcement]}: ${nameOf(manifest)}: ${path}: ${message}`;
    const more = [
      ...(wouldPass === undefined ? [] : [`  would pass: ${wouldPass}`]),
      `  ${reason} from ${policy}/${rule} (${policyPlace(place)})`,
    ];
    return located(manifest, path, head, more, reason === 'PlainSecret' ? 'hide' : 'show');
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

function noteText({ manifest, field, message, hint }: ManifestNote): string {
  const more = hint === undefined ? [] : [`  ${hint}`];
  return located(manifest, field, `note: ${nameOf(manifest)}: ${field}: ${message}`, more);
}

function located(
  manifest: Manifest,
  path: string,
  head: string,
  more: readonly string[],
  value: 'show' | 'hide' = 'show',
): string {
  const { source } = manifest.document;
  const at = placeOfPath(path, manifest);
  const lines = [`${source.file}:${at.line}:${at.column}: ${head}`, sourceFrame(source, at, value), ...more];
  return lines.map(shownLines).join('\n');
}

/** An error of a file, its line without the secrets in it. */
export function printError(error: LocatedError): string {
  const { file, line, column, message, hint } = error;
  const more = hint === undefined ? '' : ` (${hint})`;
  return `${file}:${line}:${column}: ${message}${more}\n${maskedFrame(error)}`;
}

function maskedFrame({ frame }: LocatedError): string {
  const [shown = '', caret = ''] = frame.split('\n');
  return `${maskSecrets(shown)}\n${caret}`;
}

function remarkTexts({ manifest, decision }: CheckedManifest): readonly string[] {
  const { document, tokens } = manifest;
  const { line, column } = document.placeOf(tokens);
  const name = shortText(nameOf(manifest));
  const changes = changeLines({ manifest, decision });
  return [
    ...furtherWarnings(decision).map(
      (warning) => `${document.source.file}:${line}: note: ${name}: ${warning}`,
    ),
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
    const place = mutation.place === undefined ? '' : ` at ${policyPlace(mutation.place)}`;
    return `  ${shortText(formatPath(tokens))}: ${shown}  (${mutation.kind} by ${mutation.policy}/${mutation.rule}${place})`;
  });
}

function summary({ checked, otherObjects, skipped, errors }: CheckResult): string {
  const denied = checked.filter(({ decision }) => !decision.allowed).length;
  const changed = checked.filter(({ decision }) => decision.patch.length > 0).length;
  const counts = [`${checked.length} checked`, `${denied} denied`, `${changed} would be changed`];
  if (otherObjects > 0) counts.push(`${otherObjects} of other kinds`);
  if (skipped > 0) counts.push(`${skipped} documents that are no objects`);
  if (errors.length > 0) counts.push(`${errors.length} unreadable`);
  return counts.join(', ');
}

function policyPlace({ file, line, column }: PolicyPlace): string {
  return `${file}:${line}:${column}`;
}

/** Frames have two lines; everything else that an author wrote is freed of what a terminal would act on. */
function shownLines(text: string): string {
  return text
    .split('\n')
    .map((line) => shortText(line, 400))
    .join('\n');
}

function plain(value: object): JsonObject {
  return { ...(value as { readonly [key: string]: Json }) };
}
