import { mapOf } from '../../src/numerics/codes.ts';
import type { FeatureRef, ReadBlock } from '../../src/protocol/featurePanel.ts';
import type { RunManifest } from '../../src/protocol/manifest.ts';
import type { MapColours, PictureMap } from '../shared/picture/pictureMap.ts';
import { codesOf, unitOf, unitWords, type StrengthUnit } from './codes.ts';
import { missedOf } from './missed.ts';
import type { PanelState } from './state.ts';

/** A picture with the maps over it. */
export interface Tile {
  readonly key: string;
  readonly runId: string;
  readonly manifest: RunManifest;
  /** What tells it from the tiles beside it; empty when it is alone. */
  readonly title: string;
  readonly maps: readonly PictureMap[];
}

/**
 * For features that lie over each other: Okabe and Ito 2008, without black and grey. The block colours would say
 * "block", and two features may be of the same one.
 */
const featureColours = ['#e69f00', '#56b4e9', '#009e73', '#f0e442', '#d55e00', '#cc79a7'] as const;

export const featureName = ({ block, id }: FeatureRef): string => `${block}/${id}`;

/** What the maps depend on: while none of these changes, neither do they, nor what was painted of them. */
type Sources = Pick<
  PanelState,
  'host' | 'readings' | 'shown' | 'missedBlock' | 'stepIndex' | 'scale' | 'arrangement' | 'unit'
>;

/** @returns the function that remembers its last answer */
export function tileMaker(): (sources: Sources) => readonly Tile[] {
  let last: { readonly sources: Sources; readonly tiles: readonly Tile[] } | undefined;
  return (sources) => {
    if (last && isUnchanged(last.sources, sources)) return last.tiles;
    last = { sources, tiles: tilesOf(sources) };
    return last.tiles;
  };
}

function isUnchanged(one: Sources, other: Sources): boolean {
  return (
    one.host?.picture?.runId === other.host?.picture?.runId &&
    one.host?.other?.runId === other.host?.other?.runId &&
    one.readings === other.readings &&
    one.shown === other.shown &&
    one.missedBlock === other.missedBlock &&
    one.stepIndex === other.stepIndex &&
    one.scale === other.scale &&
    one.arrangement === other.arrangement &&
    one.unit === other.unit
  );
}

function tilesOf(sources: Sources): readonly Tile[] {
  const { host, readings, arrangement, shown, missedBlock } = sources;
  const pictures = [host?.picture, host?.other].flatMap((one) => (one ? [one] : []));
  const isCompared = pictures.length > 1;
  const maxima = maximaOf(
    sources,
    pictures.map(({ runId }) => readings[runId] ?? []),
  );
  const isSideBySide = arrangement === 'sideBySide' && shown.length > 1 && missedBlock === null;
  return pictures.flatMap(({ runId, manifest }, pictureIndex) => {
    const own = readings[runId] ?? [];
    const which = isCompared ? (pictureIndex === 0 ? 'First' : 'Second') : '';
    const tile = (key: string, title: string, maps: readonly PictureMap[]): Tile => ({
      key: `${runId} ${pictureIndex} ${key}`,
      runId,
      manifest,
      title,
      maps,
    });
    if (missedBlock !== null) {
      const reading = own.find(({ block }) => block === missedBlock);
      return [tile('', which, reading ? [missedOf(reading, sources.stepIndex).map] : [])];
    }
    const maps = shown.map((feature, index) =>
      featureMap(
        own,
        feature,
        sources,
        isSideBySide || shown.length === 1 ? 'viridis' : featureColours[index]!,
        maxima[index]!,
      ),
    );
    if (!isSideBySide)
      return [
        tile(
          '',
          which,
          maps.flatMap((map) => map ?? []),
        ),
      ];
    return maps.map((map, index) => {
      const name = featureName(shown[index]!);
      return tile(name, [which, name].filter(Boolean).join(', '), map ? [map] : []);
    });
  });
}

function featureMap(
  readings: readonly ReadBlock[],
  feature: FeatureRef,
  { stepIndex, unit }: Pick<Sources, 'stepIndex' | 'unit'>,
  colours: MapColours,
  max: number,
): PictureMap | undefined {
  const reading = readings.find(({ block }) => block === feature.block);
  if (!reading) return undefined;
  return {
    name: featureName(feature),
    values: mapOf(codesOf(reading, stepIndex, unit), feature.id),
    cellsHigh: reading.cellsHigh,
    cellsWide: reading.cellsWide,
    unit: unitWords(unitOf(reading, unit)),
    colours,
    range: { min: 0, max },
  };
}

/** Where each feature's colours end: over all steps and both pictures, so that those can be compared. */
function maximaOf(
  { shown, scale, unit }: Sources,
  pictures: readonly (readonly ReadBlock[])[],
): number[] {
  const own = shown.map((feature) => {
    const blocks = pictures.flat().filter(({ block }) => block === feature.block);
    return Math.max(0, ...blocks.map((reading) => largestOf(reading, feature.id, unit))) || 1;
  });
  const units = new Set(
    pictures.flatMap((blocks) =>
      blocks
        .filter(({ block }) => shown.some((feature) => feature.block === block))
        .map((reading) => unitOf(reading, unit)),
    ),
  );
  // Activations and multiples of a mean have no common end.
  return scale === 'own' || units.size > 1 ? own : own.map(() => Math.max(...own));
}

function largestOf(reading: ReadBlock, id: number, unit: StrengthUnit): number {
  let max = 0;
  reading.steps.forEach((_, stepIndex) => {
    const { ids, values } = codesOf(reading, stepIndex, unit);
    for (let slot = 0; slot < ids.length; slot++) {
      if (ids[slot] === id && values[slot]! > max) max = values[slot]!;
    }
  });
  return max;
}

/** The cells in which a choice is made while no map is shown: the finest of all blocks. */
export function finestGrid(
  readings: readonly ReadBlock[],
): { cellsHigh: number; cellsWide: number } | undefined {
  return readings.reduce<ReadBlock | undefined>(
    (finest, one) => (finest && finest.cellsWide >= one.cellsWide ? finest : one),
    undefined,
  );
}
