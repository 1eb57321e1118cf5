/** What rule `destructiveChange` finds in an edit of a HelmRelease. */
import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';
import { effectiveObject } from '../release/effective.ts';
import { CONFIRMATION_ANNOTATION, confirmationHash, confirmationOf } from './change-confirmation.ts';
import { chartOf } from './chart-name.ts';
import {
  type ChangeSide,
  type DestructiveChange,
  type DestructiveChangeKind,
  findDestructiveChanges,
  isNameTaken,
  REINSTALLING,
} from './destructive-changes.ts';
import { type Facts, type SourceFact, sourceKey } from './facts.ts';
import { restoringEdits } from './restoring-edits.ts';
import type { FindingDraft, RuleInput } from './rule.ts';
import { MAX_SHORT_TEXT, shortText } from './short-text.ts';
import type { Subject } from './subject.ts';

/** Judges an edit; `guarded` are the changes that must be confirmed. */
export function judgeDestructiveChange(
  guarded: ReadonlySet<DestructiveChangeKind>,
  { subject, object, facts }: RuleInput,
): readonly FindingDraft[] {
  const { oldObject } = subject;
  if (oldObject === undefined) return [];
  return judgeSides(guarded, subject, { object: oldObject, facts }, { object, facts }, '');
}

/** Judges the edit of a source for a release that takes its chart from it, and that stays as it is. */
export function judgeSourceEdit(
  guarded: ReadonlySet<DestructiveChangeKind>,
  { subject, object, facts }: RuleInput,
): readonly FindingDraft[] {
  const { sourceEdit } = facts;
  if (sourceEdit === undefined) return [];
  const sideOf = (source: SourceFact): Side => {
    const fact = { known: true, value: source } as const;
    return {
      object,
      facts: { sources: new Map([[sourceKey(source.kind, source.namespace, source.name), fact]]) },
    };
  };
  const [before, after] = [sideOf(sourceEdit.before), sideOf(sourceEdit.after)];
  return judgeSides(guarded, subject, before, after, 'on the HelmRelease, ').map(
    ({ repairs: _ofTheRelease, ...finding }) => finding,
  );
}

interface Side {
  readonly object: JsonObject;
  readonly facts: Pick<Facts, 'sources'>;
}

/** `where` says in front of the confirmation where it has to stand. */
function judgeSides(
  guarded: ReadonlySet<DestructiveChangeKind>,
  subject: Subject,
  from: Side,
  to: Side,
  where: string,
): readonly FindingDraft[] {
  const [oldObject, object] = [from.object, to.object];
  if (wasNeverReleased(oldObject)) return [];
  const sideOf = (one: Side): ChangeSide => ({
    effective: effectiveOf(subject, one.object),
    chart: chartOf(one.object, subject.namespace, one.facts),
  });
  const [before, after] = [sideOf(from), sideOf(to)];
  const changes = findDestructiveChanges(before, after, subject.namespace);
  if (!changes.some(({ what }) => guarded.has(what))) return [];
  const hash = confirmationHash(objectOf(subject, oldObject), changes);
  const written = confirmationOf(object);
  if (written === hash) return [];
  const edit = { version: subject.version, oldObject, object, before, after, changes };
  return textsOf(edit, guarded).map(({ what, path, message }) => ({
    reason: 'DestructiveChange',
    path,
    found: shortText(changes.find((change) => change.what === what)?.to ?? ''),
    message: shortText(
      written === undefined || (oldObject !== object && written === confirmationOf(oldObject))
        ? message
        : `${shortText(message, MAX_SHORT_TEXT - OTHER_CHANGE.length)}${OTHER_CHANGE}`,
    ),
    wouldPass: `${where}annotation ${CONFIRMATION_ANNOTATION}: "${hash}", which confirms just this change; or the old value`,
    repairs: restoringEdits(what, edit),
  }));
}

/** Behind a message when the object confirms something else. */
const OTHER_CHANGE = '; the confirmation is for another change';

interface JudgedEdit {
  readonly oldObject: JsonObject;
  readonly object: JsonObject;
  readonly before: ChangeSide;
  readonly after: ChangeSide;
  readonly changes: readonly DestructiveChange[];
}

interface Told {
  readonly what: DestructiveChangeKind;
  readonly path: string;
  readonly message: string;
}

/** One text for the reinstallation, whatever brings it about, and one for each other change. */
function textsOf(edit: JudgedEdit, guarded: ReadonlySet<DestructiveChangeKind>): readonly Told[] {
  const told: Told[] = [];
  const reinstall = edit.changes.filter(({ what }) => REINSTALLING.has(what));
  if (reinstall.some(({ what }) => guarded.has(what))) told.push(reinstallText(edit, reinstall));
  for (const { what, from, to } of edit.changes) {
    if (REINSTALLING.has(what) || !guarded.has(what)) continue;
    const fails = what === 'keepHistory' && isNameTaken(edit.changes, edit.after);
    told.push({ what, path: PATHS[what], message: fails ? NAME_TAKEN : messageOf(what, from, to) });
  }
  return told;
}

function reinstallText({ before, after, object }: JudgedEdit, changes: readonly DestructiveChange[]): Told {
  // A namespace that was edited comes before the release's name, which may only follow from it.
  const what = changes[0]?.what ?? 'releaseName';
  const chart = changes.find((change) => change.what === 'chartName');
  const suspended = valueAt(after.effective, ['spec', 'suspend']) === true ? 'once resumed, ' : '';
  const place = placeText(before) === placeText(after) ? 'it anew' : placeText(after);
  const why = chart === undefined ? '' : chartText(chart, after);
  return {
    what,
    path: what === 'chartName' ? chartPath(object) : PATHS[what],
    message: `${suspended}the controller uninstalls Helm release ${placeText(before)} and installs ${place}${why}`,
  };
}

function chartText({ from, to }: DestructiveChange, { chart }: ChangeSide): string {
  const doubt = chart?.name === undefined ? ', whose chart may have another name' : '';
  return `: chart ${from} -> ${to}${doubt}`;
}

/** `team/flagger (objects in apps)`. */
function placeText({ effective }: ChangeSide): string {
  const text = (field: string) => {
    const value: Json | undefined = valueAt(effective, ['spec', field]);
    return typeof value === 'string' ? value : '';
  };
  const [storage, target] = [text('storageNamespace'), text('targetNamespace')];
  const objects = storage === target ? '' : ` (objects in ${target})`;
  return `${storage}/${text('releaseName')}${objects}`;
}

const NAME_TAKEN =
  'the uninstalled release keeps its name, so that the install fails: cannot re-use a name that is still in use';

function messageOf(what: DestructiveChangeKind, from: string, to: string): string {
  const cluster = (text: string) => (text === '' ? 'this cluster' : `the cluster of ${text}`);
  switch (what) {
    case 'kubeConfig':
      return `the release stays behind in ${cluster(from)}, where nothing looks after it, and is installed in ${cluster(to)}`;
    case 'keepHistory':
      return to === 'true'
        ? "an uninstall will leave Helm's records behind, and with them the release's name taken"
        : "an uninstall will delete Helm's records of the release, which it has kept so far";
    default:
      return "an uninstall will leave behind what the release's objects own, such as ReplicaSets and Pods";
  }
}

const PATHS: Readonly<Record<DestructiveChangeKind, string>> = {
  storageNamespace: 'spec.storageNamespace',
  targetNamespace: 'spec.targetNamespace',
  releaseName: 'spec.releaseName',
  chartName: 'spec.chart.spec.chart',
  kubeConfig: 'spec.kubeConfig',
  keepHistory: 'spec.uninstall.keepHistory',
  deletionPropagation: 'spec.uninstall.deletionPropagation',
};

function chartPath(object: JsonObject): string {
  return valueAt(object, ['spec', 'chartRef']) === undefined ? PATHS.chartName : 'spec.chartRef';
}

function effectiveOf({ kind, version, namespace, name }: Subject, object: JsonObject): JsonObject {
  return effectiveObject({ kind, version, namespace, name, object }).object;
}

function objectOf(
  { namespace, name }: Subject,
  oldObject: JsonObject,
): Parameters<typeof confirmationHash>[0] {
  const uid = valueAt(oldObject, ['metadata', 'uid']);
  return { namespace, name, ...(typeof uid === 'string' ? { uid } : {}) };
}

/** Fields of status that a controller of any version writes before or while it releases something for the first time. */
const TRACES = [
  'history',
  'storageNamespace',
  'lastAttemptedReleaseAction',
  'lastAttemptedRevision',
  'lastAppliedRevision',
  'lastReleaseRevision',
];

/** Whether status says that there is nothing yet to destroy. Only the controller writes it; an object in a file has none. */
function wasNeverReleased(oldObject: JsonObject): boolean {
  const status = valueAt(oldObject, ['status']);
  if (!isJsonObject(status)) return false;
  return TRACES.every((field) => isNothing(Object.hasOwn(status, field) ? status[field] : undefined));
}

function isNothing(value: Json | undefined): boolean {
  return value === undefined || value === '' || value === 0 || (Array.isArray(value) && value.length === 0);
}
