/** Edits that take back a destructive change. */

import { isEqualJson } from '../json/equal.ts';
import { isJsonObject, type JsonObject } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';
import type { Edit } from './decision.ts';
import type { DestructiveChange, DestructiveChangeKind } from './destructive-changes.ts';

export interface EditToRestore {
  readonly version: string;
  readonly oldObject: JsonObject;
  readonly object: JsonObject;
  readonly changes: readonly DestructiveChange[];
}

const PLACE = ['storageNamespace', 'targetNamespace', 'releaseName'].map((field) => ['spec', field]);

/** Alternatives, the plainest first. A reinstallation is taken back as a whole, since its parts bring it about together. */
export function restoringEdits(
  what: DestructiveChangeKind,
  edit: EditToRestore,
): readonly (readonly Edit[])[] {
  switch (what) {
    case 'kubeConfig':
      return [restored(edit, [['spec', 'kubeConfig']])];
    case 'keepHistory':
      if (edit.changes.some((change) => change.what === what && change.from !== change.to))
        return [restored(edit, [['spec', 'uninstall', 'keepHistory']])];
      return [
        [{ tokens: ['spec', 'uninstall', 'keepHistory'], value: false }],
        [{ tokens: ['spec', 'install', 'replace'], value: true }],
      ];
    case 'deletionPropagation':
      return [restored(edit, [['spec', 'uninstall', 'deletionPropagation']])];
    default:
      return reinstallEdits(edit);
  }
}

function reinstallEdits(edit: EditToRestore): readonly (readonly Edit[])[] {
  const place = restored(edit, PLACE);
  if (!edit.changes.some(({ what }) => what === 'chartName')) return [place];
  const chart = [...place, ...restored(edit, [['spec', 'chartRef'], ...chartFields(edit)])];
  // Only v2 knows the strategy.
  if (edit.version !== 'v2') return [chart];
  const inPlace = { tokens: ['spec', 'upgrade', 'chartNameChangeStrategy'], value: 'InPlaceUpdate' };
  return [chart, [...place, inPlace]];
}

/** The chart's name where both have one, else the whole of `spec.chart`, which one of them has not. */
function chartFields({ oldObject, object }: EditToRestore): readonly (readonly string[])[] {
  const both = [oldObject, object].every((one) => isJsonObject(valueAt(one, ['spec', 'chart', 'spec'])));
  return [both ? ['spec', 'chart', 'spec', 'chart'] : ['spec', 'chart']];
}

/** The fields as the old object has them, where that differs. */
function restored(
  { oldObject, object }: EditToRestore,
  fields: readonly (readonly string[])[],
): readonly Edit[] {
  return fields.flatMap((tokens) => {
    const value = valueAt(oldObject, tokens);
    if (isEqualJson(value, valueAt(object, tokens))) return [];
    return [value === undefined ? { tokens } : { tokens, value }];
  });
}
