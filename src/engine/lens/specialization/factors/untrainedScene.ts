import { join } from 'node:path';
import { makeUntrained, whyNotUntrained } from '../../../models/untrainedFolder.ts';
import type { Pipeline } from '../../../pipeline/generate.ts';
import { short } from '../looks/looksOfScenes.ts';
import type { ReportManifest } from '../reportManifest.ts';
import { channelMeans } from './channelMeans.ts';
import { watchScene } from './observeScene.ts';
import type { UntrainedScene } from './untrainedFile.ts';

/**
 * Decides whether chart 4 has the untrained U-net beside it. Asked once, before anything is measured.
 *
 * @returns the manifest with what was decided, and the sentence that says why not
 */
export async function withUntrained(
  manifest: ReportManifest,
  modelDir: string,
): Promise<{ readonly manifest: ReportManifest; readonly absence?: string }> {
  const { settled, chosen } = manifest;
  if (!settled.charts.includes(4) || chosen.untrained !== undefined) return { manifest };
  const why = await whyNotUntrained(modelDir);
  if (why === undefined) return { manifest: { settled, chosen: { ...chosen, untrained: true } } };
  const absence = `The untrained U-net of chart 4 is absent: ${why}`;
  const notes = [...chosen.notes, absence];
  return { manifest: { settled, chosen: { ...chosen, untrained: false, notes } }, absence };
}

/** The folder of the report's model with an untrained U-net, made where it is not there. @throws as `makeUntrained` */
export async function untrainedModel(
  dir: string,
  { settled }: ReportManifest,
  { modelDir, signal }: { readonly modelDir: string; readonly signal: AbortSignal },
): Promise<string> {
  const target = join(dir, 'untrained');
  const { hashes } = settled.model;
  await makeUntrained(modelDir, target, { hashes, seed: settled.seed, signal });
  return target;
}

/**
 * The run of one known scene with the untrained U-net, as `sceneCodes` has the trained one's `channels`. Nothing is decoded.
 *
 * @param pipeline of the folder `untrainedModel`
 * @throws as `Pipeline.observe`
 */
export async function untrainedScene(
  scene: number,
  { settled }: ReportManifest,
  pipeline: Pipeline,
  signal: AbortSignal,
): Promise<UntrainedScene> {
  const { blocks, updates, request, context } = await watchScene(scene, settled, pipeline, {
    ...{ signal, readCodes: false },
  });
  await pipeline.observe(request, context);
  const means = blocks.map(({ name, width }) => {
    const channels = channelMeans(updates.get(name) ?? [], width);
    return [name, Array.from(channels, (value) => (Number.isFinite(value) ? short(value) : null))] as const; // prettier-ignore
  });
  return { scene, blocks: Object.fromEntries(means) };
}
