import { isJsonObject, type JsonObject } from '../../core/json/json.ts';
import { type LocatedError, locatedError } from '../../core/policy/located-error.ts';
import { isJudged } from '../../core/policy/object-shape.ts';
import type { PolicySet } from '../../core/policy/policy-set.ts';
import { isEqualBesidesPatchText, liftPatchLists } from '../../core/yamledit/lift-patch-lists.ts';
import { liftValuesFile } from '../../core/yamledit/lift-values-file.ts';
import { type RewriteOptions, rewriteYaml } from '../../core/yamledit/rewrite-yaml.ts';
import { type VersionNote, versionNotes } from '../check/api-version.ts';
import {
  type CheckedManifest,
  judgeManifest,
  type ManifestNote,
  type OnProgress,
} from '../check/check-manifests.ts';
import type { PassedOver } from '../check/find-manifest-files.ts';
import { type Manifest, manifestsOf, type ReadManifests, readManifests } from '../check/manifest.ts';
import { nameOf } from '../check/manifest-place.ts';
import type { ManifestFile } from '../check/read-manifest-files.ts';
import { substitutionNotes } from '../check/substitution-notes.ts';
import { type FixedField, liftedFix, type ObjectFix, policyFix } from './fix-object.ts';

/** A file whose text differs from what was read. */
export interface FixedFile {
  readonly file: ManifestFile;
  /** Without the byte order mark. */
  readonly text: string;
}

/** An object with the fields that are written, and what is to be said about its old version. */
export interface FixedObject {
  readonly file: string;
  /** In the file as it was. */
  readonly line: number;
  readonly column: number;
  readonly name: string;
  readonly fields: readonly FixedField[];
  readonly notes: readonly VersionNote[];
}

export interface FixResult {
  readonly files: readonly FixedFile[];
  readonly objects: readonly FixedObject[];
  /** Files that cannot be read or edited; they are not among `files`. */
  readonly errors: readonly LocatedError[];
  /** The verdict on every judged object as it stands after the changes. */
  readonly checked: readonly CheckedManifest[];
  /** About what Flux fills in, which is left alone. */
  readonly notes: readonly ManifestNote[];
  /** Files and folders that were not looked at. */
  readonly passedOver: readonly PassedOver[];
}

/**
 * One round makes what the policies want; a second one is needed where that changes what is known about other objects (a source's
 * URL), and the last finds nothing to do. More mean that rules answer one another without end.
 */
const MAX_ROUNDS = 5;

/** A file in work: its text so far, and what was read from it. */
interface Work {
  readonly file: ManifestFile;
  text: string;
  read: ReadManifests;
  refused: boolean;
}

interface Wanted {
  readonly manifest: Manifest;
  readonly fix: ObjectFix;
}

/** Finds what the files need so that the webhook has nothing to change, and makes their new texts. Nothing is written. */
export function fixManifests(
  set: PolicySet,
  files: readonly ManifestFile[],
  namespace: string,
  now: string,
  onProgress: OnProgress = () => {},
): FixResult {
  const errors: LocatedError[] = [];
  const objects = new Map<string, FixedObject>();
  const work = files.map((file, index): Work => {
    onProgress('reading', index, files.length);
    const read = readManifests(file, namespace);
    errors.push(...read.errors);
    return { file, text: file.text, read, refused: read.errors.length > 0 };
  });
  const apply = (
    wantedOf: (manifest: Manifest) => ObjectFix | undefined,
    options: RewriteOptions,
  ): boolean => {
    let changed = false;
    for (const each of work) {
      if (each.refused) continue;
      const wanted = each.read.manifests.flatMap((manifest): readonly Wanted[] => {
        const fix = wantedOf(manifest);
        return fix === undefined ? [] : [{ manifest, fix }];
      });
      if (wanted.length === 0) continue;
      const problems = edit(each, wanted, namespace, options);
      errors.push(...problems);
      if (problems.length > 0) giveUp(each, namespace);
      else {
        changed = true;
        for (const one of wanted) remember(objects, one);
      }
    }
    return changed;
  };
  apply(liftedFix, { planners: [liftValuesFile, liftPatchLists], isExpected: isEqualBesidesPatchText });
  let checked: readonly CheckedManifest[] = [];
  for (let round = 0; round <= MAX_ROUNDS; round += 1) {
    checked = judgeAll(set, work, now, onProgress);
    const manifests = allOf(work);
    const decisions = new Map(checked.map(({ manifest, decision }) => [manifest, decision]));
    const changed = apply((manifest) => {
      const decision = decisions.get(manifest);
      const judge = (other: Manifest) => judgeManifest(set, other, manifests, now);
      return decision === undefined ? undefined : policyFix(manifest, decision, judge);
    }, {});
    if (!changed) break;
    if (round === MAX_ROUNDS) errors.push(...work.filter(isChanged).map(unsettled));
  }
  const done = work.filter((each) => !each.refused && isChanged(each));
  const refused = new Set(work.filter(({ refused }) => refused).map(({ file }) => file.file));
  return {
    files: done.map(({ file, text }) => ({ file, text })),
    objects: [...objects.values()].filter(({ file }) => !refused.has(file)),
    errors,
    checked,
    notes: checked.flatMap(({ manifest }) => substitutionNotes(manifest)),
    passedOver: [],
  };
}

function allOf(work: readonly Work[]): readonly Manifest[] {
  return work.flatMap(({ read }) => read.manifests);
}

function judgeAll(
  set: PolicySet,
  work: readonly Work[],
  now: string,
  onProgress: OnProgress,
): readonly CheckedManifest[] {
  const manifests = allOf(work);
  const judged = manifests.filter(({ group, kind }) => isJudged(group, kind));
  return judged.map((manifest, index) => {
    onProgress('judging', index, judged.length);
    return { manifest, decision: judgeManifest(set, manifest, manifests, now) };
  });
}

/** Edits the text of a file and reads it again; on errors nothing has changed. */
function edit(
  each: Work,
  wanted: readonly Wanted[],
  namespace: string,
  options: RewriteOptions,
): readonly LocatedError[] {
  const sealed = wanted.filter(({ manifest }) => isSealed(manifest));
  if (sealed.length > 0) return sealed.map(({ manifest }) => sealedError(manifest));
  const source = { file: each.file.file, text: each.text };
  const rewrites = wanted.map(({ manifest, fix }) => ({
    document: manifest.documentIndex,
    tokens: manifest.tokens,
    from: manifest.object,
    to: fix.to,
  }));
  const result = rewriteYaml(source, each.read.documents, rewrites, options);
  if (!result.ok) return result.errors;
  each.text = result.text;
  each.read = manifestsOf(result.documents, namespace, each.file.named);
  return each.read.errors;
}

/** What was done to the file so far does not count. */
function giveUp(each: Work, namespace: string): void {
  each.refused = true;
  each.text = each.file.text;
  each.read = readManifests(each.file, namespace);
}

/** SOPS keeps a checksum over all values of a file, encrypted or not: who changes one by hand makes it unreadable for Flux. */
function isSealed({ document }: Manifest): boolean {
  return isJsonObject(document.value) && isJsonObject((document.value as JsonObject)['sops']);
}

function sealedError({ document, tokens }: Manifest): LocatedError {
  const message = 'cannot be edited: SOPS holds a checksum over the values of this document';
  return locatedError(document.source, document.placeOf(tokens), message, 'make the change with sops edit');
}

function unsettled({ file }: Work): LocatedError {
  const message = `after ${MAX_ROUNDS} rounds of fixes the policies still want changes`;
  return locatedError(file, { line: 1, column: 1 }, message, 'helmgate lint may name rules that fight');
}

function remember(objects: Map<string, FixedObject>, { manifest, fix }: Wanted): void {
  const { document, documentIndex, tokens } = manifest;
  const key = JSON.stringify([document.source.file, documentIndex, tokens]);
  const known = objects.get(key);
  const fields = new Map((known?.fields ?? []).map((field) => [field.path, field]));
  for (const field of fix.fields) fields.set(field.path, field);
  objects.set(key, {
    file: document.source.file,
    ...(known ?? document.placeOf(tokens)),
    name: nameOf(manifest),
    notes: known?.notes ?? versionNotes(manifest).filter(({ code }) => code === 'HistoryDefault'),
    fields: [...fields.values()],
  });
}

function isChanged({ file, text }: Work): boolean {
  return text !== file.text;
}
