/** What lint says because of the date: exceptions that have ended or soon will, stages that are over. */
import type { Json } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';
import { textAt } from '../json/text-at.ts';
import { EXPIRY_WARNING_MS } from '../policy/exception.ts';
import { formatInstant, parseInstant } from '../policy/instant.ts';
import type { YamlDocument } from '../policy/yaml-file.ts';
import { type LintFinding, lintFinding } from './lint-finding.ts';

/** An exception whose end has come, or comes within the time in which users are warned. */
export function findExpiring(document: YamlDocument, nowMs: number): readonly LintFinding[] {
  const tokens = ['spec', 'expires'];
  const end = instantAt(document, tokens);
  if (end === undefined || end - nowMs > EXPIRY_WARNING_MS) return [];
  const owner = textAt(document.value, ['spec', 'owner']);
  const whose = owner === undefined ? '' : ` (owner ${owner})`;
  if (nowMs >= end) {
    const message = `the exception ended at ${formatInstant(end)} and no longer holds${whose}`;
    return [lintFinding('ExceptionExpired', document, tokens, message, { hint: 'remove it' })];
  }
  const message = `the exception ends at ${formatInstant(end)}${whose}`;
  return [lintFinding('ExceptionExpiring', document, tokens, message)];
}

/** Dates of staged enforcement that have passed, of the policy and of its rules. */
export function findPassedStages(document: YamlDocument, nowMs: number): readonly LintFinding[] {
  const rules = valueAt(document.value, ['spec', 'rules']);
  const count = Array.isArray(rules) ? rules.length : 0;
  const owners = [
    ['spec', 'enforcement'],
    ...Array.from({ length: count }, (_, index) => ['spec', 'rules', String(index), 'enforcement']),
  ];
  const stages = owners.flatMap((tokens) => {
    const list = valueAt(document.value, [...tokens, 'namespaces']);
    const namespaces = Array.isArray(list) ? (list as readonly Json[]) : [];
    return [tokens, ...namespaces.map((_, index) => [...tokens, 'namespaces', String(index)])];
  });
  return stages.flatMap((tokens) => {
    const from = instantAt(document, [...tokens, 'from']);
    if (from === undefined || nowMs < from) return [];
    const action = textAt(document.value, [...tokens, 'action']) ?? 'it';
    const message = `${action} holds since ${formatInstant(from)}`;
    return [
      lintFinding('StageOver', document, [...tokens, 'from'], message, { hint: 'leave out from and before' }),
    ];
  });
}

function instantAt(document: YamlDocument, tokens: readonly string[]): number | undefined {
  const written = textAt(document.value, tokens);
  return written === undefined ? undefined : parseInstant(written);
}
