/**
 * Edits that destroy something: a Helm controller answers some of them by uninstalling the release and installing another
 * (flux.md rule 6), others leave objects behind. Both objects are read as the controller sees them, so that a default written out
 * is no change.
 */
import type { Json, JsonObject } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';
import type { WrittenChart } from './chart-name.ts';
import { clusterOf } from './release-fact.ts';

/** In the order in which they are told. */
export const DESTRUCTIVE_CHANGES = [
  'storageNamespace',
  'targetNamespace',
  'releaseName',
  'chartName',
  'kubeConfig',
  'keepHistory',
  'deletionPropagation',
] as const;
export type DestructiveChangeKind = (typeof DESTRUCTIVE_CHANGES)[number];

export interface DestructiveChange {
  readonly what: DestructiveChangeKind;
  readonly from: string;
  readonly to: string;
}

/** One side of an edit. */
export interface ChangeSide {
  /** The effective object. */
  readonly effective: JsonObject;
  readonly chart: WrittenChart | undefined;
}

/** The changes after which the controller uninstalls the release and installs another. */
export const REINSTALLING: ReadonlySet<DestructiveChangeKind> = new Set([
  'storageNamespace',
  'targetNamespace',
  'releaseName',
  'chartName',
]);

/**
 * What an edit destroys, in a fixed order; empty for most edits. `keepHistory` counts when it changes, and also where it only makes a
 * reinstallation at the same place fail, since helm then finds the name taken.
 */
export function findDestructiveChanges(
  before: ChangeSide,
  after: ChangeSide,
  namespace: string,
): readonly DestructiveChange[] {
  const place = (['storageNamespace', 'targetNamespace', 'releaseName'] as const).flatMap((what) =>
    changed(what, specText(before, what), specText(after, what)),
  );
  const reinstall = [...place, ...chartChange(before, after)];
  const cluster = ({ effective }: ChangeSide) =>
    clusterOf(namespace, valueAt(effective, ['spec', 'kubeConfig']));
  const [kept, keeps] = [keepsHistory(before), keepsHistory(after)];
  const propagation = (side: ChangeSide) => specText(side, 'uninstall', 'deletionPropagation');
  return [
    ...reinstall,
    ...changed('kubeConfig', cluster(before), cluster(after)),
    ...(kept !== keeps || isNameTaken(reinstall, after)
      ? [{ what: 'keepHistory', from: kept, to: keeps } as const]
      : []),
    ...(propagation(after) === 'orphan'
      ? changed('deletionPropagation', propagation(before), propagation(after))
      : []),
  ];
}

/** Whether a reinstallation finds its own name taken: the history of what it uninstalls is kept, at the same place. */
export function isNameTaken(changes: readonly DestructiveChange[], after: ChangeSide): boolean {
  const reinstall = changes.filter(({ what }) => REINSTALLING.has(what));
  return (
    reinstall.length > 0 &&
    reinstall.every(({ what }) => what === 'targetNamespace' || what === 'chartName') &&
    keepsHistory(after) === 'true' &&
    specValue(after, 'install', 'replace') !== true
  );
}

function keepsHistory(side: ChangeSide): 'true' | 'false' {
  return specValue(side, 'uninstall', 'keepHistory') === true ? 'true' : 'false';
}

/** A chart whose name is not known on one side may have another one, unless it is the same reference. */
function chartChange(before: ChangeSide, after: ChangeSide): readonly DestructiveChange[] {
  if (specValue(after, 'upgrade', 'chartNameChangeStrategy') === 'InPlaceUpdate') return [];
  const [from, to] = [before.chart?.name, after.chart?.name];
  if (from !== undefined && from === to) return [];
  const [text, next] = [before.chart?.text ?? '', after.chart?.text ?? ''];
  // The source itself has changed: one reference stood for another chart.
  const renamed = text === next && from !== undefined && to !== undefined;
  return renamed
    ? changed('chartName', `${text} (${from})`, `${next} (${to})`)
    : changed('chartName', text, next);
}

function changed(what: DestructiveChangeKind, from: string, to: string): readonly DestructiveChange[] {
  return from === to ? [] : [{ what, from, to }];
}

function specValue({ effective }: ChangeSide, ...tokens: readonly string[]): Json | undefined {
  return valueAt(effective, ['spec', ...tokens]);
}

function specText(side: ChangeSide, ...tokens: readonly string[]): string {
  const value = specValue(side, ...tokens);
  return typeof value === 'string' ? value : '';
}
