import { mkdir } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { invalidInput } from '../../../protocol/errors.ts';
import type { ExtraTaps } from '../../onnx/findStages.ts';
import type { Pipeline } from '../../pipeline/generate.ts';
import { readBlocks } from '../intervene/blockFacts.ts';
import { FeatureChoice } from './chooseFeatures.ts';
import { componentsOf, writeComponents } from './componentsFile.ts';
import { sceneCodes } from './factors/sceneCodes.ts';
import { appendScene, readScenes } from './factors/sceneFile.ts';
import { scoreFactor } from './factors/scoreFactor.ts';
import { appendUntrained, readUntrained } from './factors/untrainedFile.ts';
import { untrainedModel, untrainedScene, withUntrained } from './factors/untrainedScene.ts';
import { measureLooks } from './looks/measureLooks.ts';
import { appendMasks, readMasks } from './masks/maskFile.ts';
import { measureMasks } from './masks/measureMasks.ts';
import { scoreMasks } from './masks/scoreMasks.ts';
import { type MeasureContext, measureUnit, type PictureUnit } from './measureUnit.ts';
import { requestOf } from './reportEdits.ts';
import {
  choosingPrompts,
  type ReportManifest,
  readManifest,
  type SettledReport,
  writeManifest,
} from './reportManifest.ts';
import { appendRows, readRows, type ReportRow } from './reportRows.ts';
import { doneKeys, unitKey, unitsOf } from './reportUnits.ts';
import { measurePair, measureTransfer } from './transfer/measurePairs.ts';

export interface ReportPorts {
  /**
   * One picture's worth of work with the model.
   *
   * @param form what is tapped beside attention stages; another folder than the report's model
   */
  readonly turn: <T>(
    work: (pipeline: Pipeline) => Promise<T>,
    form: { readonly extraTaps?: ExtraTaps | undefined; readonly modelDir?: string },
  ) => Promise<T>;
  /** Of the report's model. */
  readonly modelDir: string;
  readonly signal: AbortSignal;
}

export interface ReportProgress {
  readonly phase: 'choosing' | 'measuring';
  readonly doneCount: number;
  readonly totalCount: number;
}

/**
 * Measures a report into a folder and goes on with what the folder holds. The row of a picture is written when it was
 * measured; nothing is measured twice.
 *
 * @throws `invalidInput` when the folder holds a report of another choice; as `Pipeline.generate`
 */
export async function* measureReport(
  dir: string,
  settled: SettledReport,
  ports: ReportPorts,
): AsyncGenerator<ReportProgress, { readonly rowCount: number }> {
  await mkdir(dir, { recursive: true });
  const known = (await begun(dir, settled)) ?? (yield* choose(dir, settled, ports));
  const rows = await readRows(dir, true);
  const { manifest } = await withUntrained(known, ports.modelDir);
  if (manifest !== known) await writeManifest(dir, manifest);
  const scenes = [...(await readScenes(dir, true))];
  const untrained = [...(await readUntrained(dir, true))];
  const masks = [...(await readMasks(dir, true))];
  const done = doneKeys({ rows, scenes, untrained, masks });
  const units = [...unitsOf(manifest)];
  const left = units.filter((unit) => !done.has(unitKey(unit, manifest)));
  const totalCount = units.length;
  let doneCount = totalCount - left.length;
  let rowCount = rows.length;
  let untrainedDir: string | undefined;
  const context: MeasureContext = {
    ...{ signal: ports.signal, components: componentsOf(dir) },
    scenes: () => Promise.resolve(scenes),
  };
  for (const unit of left) {
    yield { phase: 'measuring', doneCount, totalCount };
    const form = { extraTaps: unit.extraTaps };
    if (unit.kind === 'scene') {
      const work = (pipeline: Pipeline) => sceneCodes(unit.scene, manifest, pipeline, ports);
      const made = await ports.turn(work, form);
      await appendScene(dir, made);
      scenes.push(made);
    } else if (unit.kind === 'mask') {
      const work = (pipeline: Pipeline) => measureMasks(unit.scene, manifest, pipeline, context);
      const made = await ports.turn(work, form);
      await appendMasks(dir, made);
      masks.push(made);
    } else if (unit.kind === 'untrained') {
      untrainedDir ??= await untrainedModel(dir, manifest, ports);
      const work = (pipeline: Pipeline) =>
        untrainedScene(unit.scene, manifest, pipeline, ports.signal);
      const made = await ports.turn(work, { modelDir: untrainedDir });
      await appendUntrained(dir, made);
      untrained.push(made);
    } else {
      const made =
        unit.kind === 'score'
          ? await scoreFactor(unit, manifest, scenes, {
              ...{ untrained, components: (await context.components()).get(unit.block) },
            })
          : unit.kind === 'maskScore'
            ? scoreMasks(unit, masks)
            : await ports.turn(
                (pipeline) => measurePicture(unit, manifest, pipeline, context),
                form,
              );
      await appendRows(dir, made);
      rowCount += made.length;
    }
    doneCount++;
  }
  yield { phase: 'measuring', doneCount, totalCount };
  return { rowCount };
}

async function measurePicture(
  unit: PictureUnit,
  manifest: ReportManifest,
  pipeline: Pipeline,
  context: MeasureContext,
): Promise<readonly ReportRow[]> {
  switch (unit.kind) {
    case 'concept':
    case 'steer':
    case 'drift':
      return measureLooks(unit, manifest, pipeline, context);
    case 'pair':
      return [await measurePair(unit, manifest, pipeline, context)];
    case 'transfer':
      return [await measureTransfer(unit, manifest, pipeline, context)];
    default:
      return measureUnit(unit, manifest, pipeline, context);
  }
}

/** The report that a folder holds; undefined without one. @throws `invalidInput` for another report */
export async function begun(
  dir: string,
  settled: SettledReport,
): Promise<ReportManifest | undefined> {
  const manifest = await readManifest(dir);
  if (!manifest || isDeepStrictEqual(manifest.settled, settled)) return manifest;
  const different = Object.entries(settled).flatMap(([key, value]) =>
    isDeepStrictEqual(value, manifest.settled[key as keyof SettledReport]) ? [] : [key],
  );
  throw invalidInput(
    `"${dir}" holds a report with another choice of ${different.join(', ')}: choose another folder.`,
  );
}

async function* choose(
  dir: string,
  settled: SettledReport,
  ports: ReportPorts,
): AsyncGenerator<ReportProgress, ReportManifest> {
  const choice = new FeatureChoice(settled);
  const nothing = { features: {}, rms: {}, rSquared: {}, explained: {}, notes: [] };
  const prompts = settled.blocks.length > 0 ? choosingPrompts(settled) : [];
  for (const [index, prompt] of prompts.entries()) {
    yield { phase: 'choosing', doneCount: index, totalCount: prompts.length };
    const request = requestOf({ settled, chosen: nothing }, prompt, 'main');
    const { signal } = ports;
    const work = async (pipeline: Pipeline): Promise<void> => {
      const wish = { updatesOf: settled.blocks };
      const base = await pipeline.editing.base(request, wish, { signal });
      choice.add(base, await readBlocks(pipeline));
    };
    await ports.turn(work, {});
  }
  const manifest = { settled, chosen: choice.settle() };
  if (settled.charts.includes(14) || settled.charts.includes(4))
    await writeComponents(dir, choice.samples);
  await writeManifest(dir, manifest);
  return manifest;
}
