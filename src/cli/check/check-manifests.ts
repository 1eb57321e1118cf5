import { withSchemaFindings } from '../../core/crds/schema-findings.ts';
import type { Decision } from '../../core/policy/decision.ts';
import { evaluate } from '../../core/policy/evaluate.ts';
import type { Repair } from '../../core/policy/find-repair.ts';
import type { LocatedError } from '../../core/policy/located-error.ts';
import { isJudged } from '../../core/policy/object-shape.ts';
import type { PolicySet } from '../../core/policy/policy-set.ts';
import { repairObject } from '../../core/policy/repair-object.ts';
import type { Subject } from '../../core/policy/subject.ts';
import type { YamlSource } from '../../core/policy/yaml-file.ts';
import { type VersionNote, versionNotes } from './api-version.ts';
import { factsFor } from './facts-of-manifests.ts';
import type { PassedOver } from './find-manifest-files.ts';
import { findSubstitutions, isSubstituted, withoutSubstituted } from './flux-substitution.ts';
import { type Manifest, readManifests } from './manifest.ts';
import { substitutionNotes } from './substitution-notes.ts';

/** A judged object and what was decided about it. */
export interface CheckedManifest {
  readonly manifest: Manifest;
  readonly decision: Decision;
  /** For a denied object the smallest edit that passes, where one is found and it was looked for. */
  readonly repair?: Repair;
}

/** Objects for which an edit is searched: up to 64 judgements each, which nobody wants for a thousand denied ones. */
const MAX_REPAIRS = 20;

export interface CheckResult {
  readonly checked: readonly CheckedManifest[];
  /** What is to be said about versions and kinds, also of objects that are not judged, and about what Flux fills in. */
  readonly notes: readonly ManifestNote[];
  /** Objects of kinds that no rule knows. */
  readonly otherObjects: number;
  /** Documents that are no objects, in files that were found in a folder. */
  readonly skipped: number;
  /** Files that could not be read as manifests. */
  readonly errors: readonly LocatedError[];
  /** Files and folders that were not looked at. */
  readonly passedOver: readonly PassedOver[];
}

export interface ManifestNote {
  readonly manifest: Manifest;
  readonly code: VersionNote['code'] | 'FilledInLater';
  /** Path of the field that it is about. */
  readonly field: string;
  readonly message: string;
  readonly hint?: string;
}

/** Hears how many of all files were read, or objects judged, so far. */
export type OnProgress = (doing: 'reading' | 'judging', done: number, all: number) => void;

/** Judges all manifests of some files as if each was created at `now` (RFC 3339), with the sources and namespaces among them as facts. */
export function checkManifests(
  set: PolicySet,
  sources: readonly (YamlSource & { readonly named?: boolean })[],
  namespace: string,
  now: string,
  onProgress: OnProgress = () => {},
): CheckResult {
  const read = sources.map((source, index) => {
    onProgress('reading', index, sources.length);
    return readManifests(source, namespace);
  });
  const manifests = read.flatMap((file) => file.manifests);
  const judged = manifests.filter(({ group, kind }) => isJudged(group, kind));
  let repairs = 0;
  const checked = judged.map((manifest, index): CheckedManifest => {
    onProgress('judging', index, judged.length);
    const decision = judgeManifest(set, manifest, manifests, now);
    const isValid = decision.findings.every(({ reason }) => reason !== 'InvalidObject');
    if (decision.allowed || !isValid || repairs >= MAX_REPAIRS) return { manifest, decision };
    repairs += 1;
    const subject = subjectOf(manifest);
    const repair = repairObject(set, subject, factsFor(set, subject, manifests, now));
    const isKnown = repair?.edits.every(({ tokens }) => !isSubstituted(manifest.object, tokens)) === true;
    return isKnown ? { manifest, decision, repair } : { manifest, decision };
  });
  return {
    checked,
    notes: manifests.flatMap(notesOf),
    otherObjects: manifests.length - judged.length,
    skipped: read.reduce((sum, { skipped }) => sum + skipped, 0),
    errors: read.flatMap(({ errors }) => errors),
    passedOver: [],
  };
}

function notesOf(manifest: Manifest): readonly ManifestNote[] {
  const notes = versionNotes(manifest).map((note) => ({ ...note, manifest }));
  return isJudged(manifest.group, manifest.kind) ? [...notes, ...substitutionNotes(manifest)] : notes;
}

/** Judges one manifest among others, as if it was created. Nothing is said about what Flux fills in later. */
export function judgeManifest(
  set: PolicySet,
  manifest: Manifest,
  manifests: readonly Manifest[],
  now: string,
): Decision {
  const subject = subjectOf(manifest);
  const decision = evaluate(set, subject, factsFor(set, subject, manifests, now), 'admission');
  const { kind, version, object, document, tokens } = manifest;
  const writtenAt = (at: readonly string[]) => document.writtenAt([...tokens, ...at]);
  const checked = withSchemaFindings(decision, { kind, version, object, writtenAt });
  return withoutSubstituted(checked, findSubstitutions(object));
}

function subjectOf({ group, version, kind, namespace, name, object }: Manifest): Subject {
  return { operation: 'CREATE', group, version, kind, namespace, name, object, dryRun: true };
}
