import { join } from 'node:path';
import { makeUntrained, whyNotUntrained } from '../../../models/untrainedFolder.ts';
import type { ObserveContext, Pipeline } from '../../../pipeline/generate.ts';
import { toCells } from '../../../pipeline/stageSamples.ts';
import { readBlocks } from '../../intervene/blockFacts.ts';
import { blockNamed } from '../../intervene/checkAgainstModel.ts';
import { short } from '../looks/looksOfScenes.ts';
import type { ReportManifest } from '../reportManifest.ts';
import { channelMeans } from './channelMeans.ts';
import type { UntrainedScene } from './untrainedFile.ts';

/**
 * Decides whether chart 4 has the untrained U-net beside it. Asked once, before anything is scored: a report that was begun
 * without goes on as it is where it has scores.
 *
 * @returns the manifest with what was decided, and the sentence that says why not
 */
export async function withUntrained(
  manifest: ReportManifest,
  modelDir: string,
  hasScores: boolean,
): Promise<{ readonly manifest: ReportManifest; readonly absence?: string }> {
  const { settled, chosen } = manifest;
  if (!settled.charts.includes(4) || chosen.untrained !== undefined || hasScores) {
    return { manifest };
  }
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
  const { prompt, seed } = settled.scenes.pictures[scene] ?? { prompt: '', seed: 0 };
  const facts = await readBlocks(pipeline);
  const blocks = settled.blocks.map((name) => blockNamed(name, facts));
  const updates = new Map<string, Float32Array[]>();
  const context: ObserveContext = {
    signal,
    watch: { updates: blocks.map(({ path }) => path), outputs: [], readCodes: false },
    onStages: (stepIndex, stages) => {
      for (const { block, update, width } of stages) {
        const steps = updates.get(block) ?? [];
        if (update) steps[stepIndex] = toCells(update, width);
        updates.set(block, steps);
      }
    },
  };
  await pipeline.observe({ prompt, seed, ...settled.picture, steps: settled.steps.main }, context);
  const means = blocks.map(({ name, width }) => {
    const channels = channelMeans(updates.get(name) ?? [], width);
    return [name, Array.from(channels, (value) => (Number.isFinite(value) ? short(value) : null))] as const; // prettier-ignore
  });
  return { scene, blocks: Object.fromEntries(means) };
}
