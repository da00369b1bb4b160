import { largestOf, signedDifference, type DifferenceKind } from './difference.ts';
import { shownCell, type PanelState } from './state.ts';
import type { Picture } from '../../src/protocol/engine.ts';

const known = new WeakMap<Picture, { other: Picture; kind: DifferenceKind; largest: number }>();

function largest(original: Picture, edited: Picture, kind: DifferenceKind): number {
  if (original.rgb.length !== edited.rgb.length) return 0;
  const found = known.get(edited);
  if (found?.other === original && found.kind === kind) return found.largest;
  const value = largestOf(signedDifference(original, edited, kind));
  known.set(edited, { other: original, kind, largest: value });
  return value;
}

/** The largest difference of all pictures of the board: where the colours of a common scale end. */
export function commonLimit(state: PanelState): number {
  const { host, pixels, difference } = state;
  let limit = 0;
  host?.columns.forEach(({ original }, column) => {
    const one = original && pixels[original.pictureId];
    if (!one) return;
    for (const { id } of host.document.variants) {
      const cell = shownCell(state, column, id)?.cell;
      const other = cell && pixels[cell.pictureId];
      if (other) limit = Math.max(limit, largest(one, other, difference));
    }
  });
  return limit;
}
