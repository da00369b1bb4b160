import { setImmediate } from 'node:timers/promises';
import type { Pipeline } from '../../../pipeline/generate.ts';
import { encodeCells } from '../../dictionary/encode.ts';
import { short } from '../looks/looksOfScenes.ts';
import { isLookedAt, lookAt } from '../looks/lookAt.ts';
import type { ReportManifest } from '../reportManifest.ts';
import { sceneCharts } from '../chartNeeds.ts';
import { channelMeans } from './channelMeans.ts';
import { observeScene } from './observeScene.ts';
import { randomSae } from './randomSae.ts';
import type { SceneCodes, SparseMeans } from './sceneFile.ts';

/** Cells that are encoded before other work has its turn. */
const cellsAtOnce = 16;

/**
 * One picture of a known scene as figures: by block the mean code of each feature and the mean ΔD of each channel, over
 * cells and steps; for charts 4 and 6 the same codes of an SAE drawn by chance; and what the U-net was told of the prompt.
 * The picture is decoded only where a network looks at it.
 *
 * @throws as `Pipeline.observe`; `invalidInput` for SAEs that are others by now
 */
export async function sceneCodes(
  scene: number,
  { settled }: ReportManifest,
  pipeline: Pipeline,
  { signal }: { readonly signal: AbortSignal },
): Promise<SceneCodes> {
  const { blocks, updates, readings, told, picture } = await observeScene(
    scene,
    settled,
    pipeline,
    {
      ...{ signal, isDecoded: isLookedAt(settled) },
    },
  );
  const looks = picture ? await lookAt(picture, settled, pipeline, signal) : {};
  const needsRandom = settled.charts.some((id) => sceneCharts.includes(id));
  const needsArea = settled.charts.includes(13);
  const found: Record<string, SceneCodes['blocks'][string]> = {};
  for (const [index, { name, width, sae }] of blocks.entries()) {
    const steps = updates.get(name) ?? [];
    const channels = channelMeans(steps, width);
    const cellCount = steps.reduce((sum, cells) => sum + cells.length / width, 0);
    const random = new Map<number, number>();
    if (sae && needsRandom) {
      const chance = randomSae(sae.definition, settled.seed + index);
      for (const cells of steps) {
        for (let at = 0; at < cells.length; at += cellsAtOnce * width) {
          const some = cells.subarray(at, at + cellsAtOnce * width);
          const { ids, values } = encodeCells(chance, some, some.length / width);
          addTo(random, ids, values, cellCount);
          await setImmediate();
        }
      }
    }
    const codes = new Map<number, number>();
    const area = new Map<number, number>();
    for (const { ids, values } of readings.find(({ block }) => block === name)?.steps ?? []) {
      addTo(codes, ids, values, cellCount);
      if (needsArea) addTo(area, ids, values.map(Math.sign), cellCount);
    }
    found[name] = {
      codes: listed(codes),
      random: listed(random),
      channels: [...channels].map(short),
      ...(needsArea && { area: listed(area) }),
    };
  }
  return { scene, told: Array.from(told, short), blocks: found, ...looks };
}

function addTo(
  sums: Map<number, number>,
  ids: ArrayLike<number>,
  values: ArrayLike<number>,
  cellCount: number,
): void {
  for (let slot = 0; slot < ids.length; slot++) {
    const value = values[slot] ?? 0;
    if (value > 0) sums.set(ids[slot]!, (sums.get(ids[slot]!) ?? 0) + value / cellCount);
  }
}

function listed(sums: ReadonlyMap<number, number>): SparseMeans {
  const sorted = [...sums].sort(([a], [b]) => a - b);
  return { ids: sorted.map(([id]) => id), values: sorted.map(([, value]) => short(value)) };
}
