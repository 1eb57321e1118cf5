import { applyPatch } from '../../core/json/apply.ts';
import type { Json, JsonObject } from '../../core/json/json.ts';
import { formatPath } from '../../core/json/path.ts';
import { parsePointer, valueAt } from '../../core/json/pointer.ts';
import { stringifyJson } from '../../core/json/stringify.ts';
import type { Mutation, PolicyPlace } from '../../core/policy/decision.ts';
import { formatLocatedError, frameOf } from '../../core/policy/located-error.ts';
import { shortText } from '../../core/policy/short-text.ts';
import type { CheckedManifest, CheckResult } from './check-manifests.ts';

const VERDICTS = { Deny: 'denied', Warn: 'warning', Audit: 'audit' } as const;

/** What a terminal shows: each finding with the line it is about, then what the webhook would change, then a count. */
export function printCheckText(result: CheckResult): string {
  const parts = [
    ...result.errors.map(formatLocatedError),
    ...result.checked.flatMap(manifestText),
    summary(result),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** The same for programs. */
export function printCheckJson(result: CheckResult): string {
  const objects = result.checked.map(({ manifest, decision }): JsonObject => {
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
        at: { ...placeOf(finding.path, manifest) },
      })),
      mutations: decision.mutations.map(plain),
      patch: decision.patch.map(plain),
      warnings: decision.warnings,
    };
  });
  const errors = result.errors.map(plain);
  return `${stringifyJson({ objects, errors, otherObjects: result.otherObjects })}\n`;
}

function manifestText({ manifest, decision }: CheckedManifest): readonly string[] {
  const { document, kind, namespace, name } = manifest;
  const object = `${kind} ${namespace}/${name}`;
  const findings = decision.findings.map((finding) => {
    const at = placeOf(finding.path, manifest);
    const verdict = VERDICTS[finding.enforcement];
    const lines = [
      `${document.source.file}:${at.line}:${at.column}: ${verdict}: ${object}: ${finding.path}: ${finding.message}`,
      frameOf(document.source.text, at),
      ...(finding.wouldPass === undefined ? [] : [`  would pass: ${finding.wouldPass}`]),
      `  ${finding.reason} from ${finding.policy}/${finding.rule} (${policyPlace(finding.place)})`,
    ];
    return lines.map((line) => shownLines(line)).join('\n');
  });
  const said = new Set(decision.findings.map(({ message }) => message));
  const warnings = decision.warnings
    .filter((warning) => ![...said].some((message) => warning.includes(message)))
    .map(
      (warning) =>
        `${document.source.file}:${document.placeOf(manifest.tokens).line}: note: ${object}: ${warning}`,
    );
  const changes = changeLines({ manifest, decision });
  const place = document.placeOf(manifest.tokens);
  const changed = `${document.source.file}:${place.line}:${place.column}: ${shortText(object)} would be changed:`;
  return [...findings, ...warnings, ...(changes.length === 0 ? [] : [[changed, ...changes].join('\n')])];
}

function changeLines({ manifest, decision }: CheckedManifest): readonly string[] {
  const after = applyPatch(manifest.object, decision.patch);
  return decision.mutations.map((mutation: Mutation) => {
    const tokens = parsePointer(mutation.pointer) ?? [];
    const value = valueAt(after, tokens);
    const shown = value === undefined ? '(removed)' : shortText(stringifyJson(value));
    const place = mutation.place === undefined ? '' : ` at ${policyPlace(mutation.place)}`;
    return `  ${shortText(formatPath(tokens))}: ${shown}  (${mutation.kind} by ${mutation.policy}/${mutation.rule}${place})`;
  });
}

function summary({ checked, otherObjects, errors }: CheckResult): string {
  const denied = checked.filter(({ decision }) => !decision.allowed).length;
  const changed = checked.filter(({ decision }) => decision.patch.length > 0).length;
  const counts = [`${checked.length} checked`, `${denied} denied`, `${changed} would be changed`];
  if (otherObjects > 0) counts.push(`${otherObjects} of other kinds`);
  if (errors.length > 0) counts.push(`${errors.length} unreadable`);
  return counts.join(', ');
}

function placeOf(
  path: string,
  { document, tokens }: CheckedManifest['manifest'],
): { line: number; column: number } {
  const parts = [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|[^.[\]]+/g)].map(([all, quoted]) => quoted ?? all);
  const { line, column } = document.placeOf([...tokens, ...parts]);
  return { line, column };
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
