import type { CardContent, CardExample } from '../../src/protocol/cardPanel.ts';
import type { PictureMap } from '../shared/picture/pictureMap.ts';
import type { MapScale } from './state.ts';

const known = new WeakMap<CardExample, Map<MapScale, PictureMap>>();

/** An example's map at the step of its peak; made once for each scale. */
export function exampleMap(example: CardExample, card: CardContent, scale: MapScale): PictureMap {
  const scales = known.get(example) ?? new Map<MapScale, PictureMap>();
  known.set(example, scales);
  const made = scales.get(scale);
  if (made) return made;
  const { cellsWide, cellsHigh, figures } = card;
  const map: PictureMap = {
    ...{ cellsWide, cellsHigh, colours: 'viridis', unit: 'activation' },
    name: `step ${String(example.stepIndex + 1)}`,
    values: new Float32Array(example.map),
    range: { min: 0, max: (scale === 'own' ? example.peak : figures.max) || 1 },
  };
  scales.set(scale, map);
  return map;
}
