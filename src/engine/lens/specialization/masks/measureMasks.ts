import { modelError } from '../../../../protocol/errors.ts';
import type { Pipeline } from '../../../pipeline/generate.ts';
import { observeScene } from '../factors/observeScene.ts';
import { otherNetwork } from '../looks/lookAt.ts';
import type { MeasureContext } from '../measureUnit.ts';
import type { ReportManifest } from '../reportManifest.ts';
import { activeCells } from './activeCells.ts';
import type { SceneMasks } from './maskFile.ts';
import { maskPlaces, nounMasks, sizeOf } from './nounMasks.ts';

/**
 * One picture of a known scene with the cells that show each noun, as the model's classifier has it, and those in which
 * the features of the report's blocks are active, over all steps.
 *
 * @throws as `Pipeline.generate`, `Classifier.locate`; `invalidInput` for SAEs or a classifier that are others by now
 */
export async function measureMasks(
  scene: number,
  { settled }: ReportManifest,
  pipeline: Pipeline,
  { signal, components }: Pick<MeasureContext, 'signal' | 'components'>,
): Promise<SceneMasks> {
  const { factor = '', nouns = [] } = settled.masks ?? {};
  const { picture, blocks, updates, readings } = await observeScene(scene, settled, pipeline, {
    ...{ signal, isDecoded: true },
  });
  const map = picture && (await pipeline.classifier.locate(picture, factor, signal));
  if (map?.sha256 !== settled.classifier?.sha256 || !map) throw otherNetwork('classifier');
  const masks = nounMasks(map, nouns);
  const known = await components();
  const found: SceneMasks['blocks'] = {};
  for (const [index, { name, sae }] of (masks.length > 0 ? blocks : []).entries()) {
    const reading = readings.find(({ block }) => block === name);
    if (!sae || !reading) throw modelError(`The SAE of ${name} read nothing.`);
    const { cellsHigh, cellsWide, steps } = reading;
    found[name] = {
      ...{ cellCount: cellsHigh * cellsWide, stepCount: steps.length },
      masks: masks.map((mask) => maskPlaces(mask, cellsHigh, cellsWide)),
      active: await activeCells(sae.definition, steps, updates.get(name) ?? [], {
        ...{ components: known.get(name), seed: settled.seed + index },
      }),
    };
  }
  return {
    scene,
    nouns: masks.map(({ noun, values }) => ({ noun, cells: sizeOf(values) })),
    blocks: found,
  };
}
