import { runTitle, seedWords } from '../../src/protocol/runTitle.ts';
import { cellWords } from '../shared/picture/cells.ts';
import { mapPng, type MapTile } from './mapPng.ts';
import { withPngText } from './pngText.ts';
import { stepCountOf, type PanelState } from './state.ts';
import type { Tile } from './tiles.ts';

/** Keyword of the PNG text chunk; a picture's own manifest has another, since this PNG is no picture to make again. */
const provenanceKeyword = 'featurescope-map';

/** The tiles that are seen as one PNG, with what they show written under them and, as JSON, inside. */
export async function savedMap(
  state: PanelState,
  tiles: readonly Tile[],
): Promise<{ readonly name: string; readonly bytes: Uint8Array } | undefined> {
  const { pixels, overlay, host, readings, stepIndex, area, unit } = state;
  const shown = tiles.flatMap((tile): MapTile[] => {
    const picture = pixels[tile.runId];
    const { title, maps, manifest } = tile;
    const caption = `${runTitle(manifest)} · ${seedWords(manifest)}`;
    return picture ? [{ picture, title, maps, caption }] : [];
  });
  const [first] = tiles;
  if (shown.length === 0 || !first) return undefined;
  const stepCount = stepCountOf(readings[first.runId] ?? []);
  const step = Math.min(stepIndex, stepCount - 1) + 1;
  const words = [
    host?.modelTitle,
    stepCount > 1 ? `step ${step} of ${stepCount}` : undefined,
    area ? cellWords(area.rectangle) : undefined,
    overlay.isShown ? undefined : 'maps are switched off',
  ];
  const png = await mapPng(shown, overlay, words.filter(Boolean).join(' · '));
  const bytes = withPngText(png, provenanceKeyword, {
    version: 1,
    step,
    stepCount,
    unit,
    overlay,
    selection: area,
    tiles: tiles.map(({ runId, manifest, title, maps }) => ({
      runId,
      title,
      manifest,
      maps: maps.map(({ name, unit: mapUnit, range, cellsHigh, cellsWide }) => ({
        name,
        unit: mapUnit,
        range,
        cellsHigh,
        cellsWide,
      })),
    })),
    blocks: (readings[first.runId] ?? []).map(({ block, path, saeSha256 }) => ({
      block,
      path,
      saeSha256,
    })),
  });
  const names = [...new Set(tiles.flatMap(({ maps }) => maps.map(({ name }) => name)))];
  const seeds = [...new Set(tiles.map(({ manifest }) => manifest.seed))];
  const name = [...names.map((one) => one.replaceAll(/[^\w.]+/g, '-')), 'seed', ...seeds].join('-');
  return { name: `${name}.png`, bytes };
}
