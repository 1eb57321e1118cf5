import { isEqualJson } from '../json/equal.ts';
import { indexOfKey, type MapPlanner, pairsOf, splice } from './draft.ts';
import { layoutIn } from './edit-block.ts';
import { flowStyleOf } from './edit-flow.ts';
import { lineBreakAt, markEnd } from './extent.ts';
import { indentOf, styleOfScalar } from './layout.ts';
import { spaces } from './render-block.ts';
import { renderScalar, type ScalarPlace } from './render-scalar.ts';

const OLD = 'valuesFile';
const NEW = 'valuesFiles';

/** Turns `valuesFile: x` into `valuesFiles` with this one item where it stands, its comment beside it. */
export const liftValuesFile: MapPlanner = (draft, map, from, to) => {
  const { [OLD]: file, ...before } = from;
  const { [NEW]: files, ...after } = to;
  if (typeof file !== 'string' || from[NEW] !== undefined || to[OLD] !== undefined) return undefined;
  if (!isEqualJson(files, [file])) return undefined;
  const pair = pairsOf(map)[indexOfKey(map, OLD)];
  const value = pair?.value;
  const [start = 0, end = 0] = value?.range ?? [];
  const isInline = styleOfScalar(value) !== undefined && !draft.text.slice(start, end).includes('\n');
  if (pair === undefined || value === undefined || !isInline || markEnd(pair) > start) return undefined;
  const [keyStart, keyEnd] = pair.key.range ?? [0, 0];
  const place: ScalarPlace = map.flow === true ? flowStyleOf(draft, map).place : 'block';
  splice(draft, keyStart, keyEnd, renderScalar(NEW, place, draft.layout.quote, styleOfScalar(pair.key)));
  if (map.flow === true) {
    splice(draft, start, start, '[');
    splice(draft, end, end, ']');
  } else {
    const column = (indentOf(map) ?? 0) + layoutIn(draft, map).itemOffset;
    splice(draft, markEnd(pair), start, `${lineBreakAt(draft.text, start)}${spaces(column)}- `);
  }
  return { from: before, to: after };
};
