import type { BlockReading } from '../../../../protocol/features.ts';
import type { Picture } from '../../../../protocol/engine.ts';
import { invalidInput, modelError } from '../../../../protocol/errors.ts';
import type { PictureRequest } from '../../../pipeline/checkRequest.ts';
import type { ObserveContext, Pipeline } from '../../../pipeline/generate.ts';
import { toCells } from '../../../pipeline/stageSamples.ts';
import { type BlockFacts, readBlocks } from '../../intervene/blockFacts.ts';
import { blockNamed } from '../../intervene/checkAgainstModel.ts';
import type { SettledReport } from '../reportManifest.ts';

/** What a report's blocks did in one picture of a known scene. */
export interface SceneRun {
  readonly blocks: readonly BlockFacts[];
  /** By block, one a step: the update ΔD, f32 `[cells, width]`. */
  readonly updates: ReadonlyMap<string, readonly Float32Array[]>;
  readonly readings: readonly BlockReading[];
  readonly told: Float32Array;
  /** Undefined where it was not decoded. */
  readonly picture: Picture | undefined;
}

/**
 * Makes a scene's picture and watches the report's blocks.
 *
 * @param isDecoded whether the picture is wanted, not only what the blocks did
 * @throws as `Pipeline.observe`; `invalidInput` for SAEs that are others by now
 */
export async function observeScene(
  scene: number,
  settled: SettledReport,
  pipeline: Pipeline,
  { signal, isDecoded }: { readonly signal: AbortSignal; readonly isDecoded: boolean },
): Promise<SceneRun> {
  const { blocks, updates, request, context } = await watchScene(scene, settled, pipeline, {
    ...{ signal, readCodes: true },
  });
  for (const block of blocks) checkSae(block, settled);
  const made = isDecoded
    ? await pipeline.generate(request, context)
    : { ...(await pipeline.observe(request, context)), picture: undefined };
  const { readings, told, picture } = made;
  return { blocks, updates, readings, told, picture };
}

/** What makes a known scene's picture. @throws `model` for a number that the report does not have */
export function sceneRequest(
  scene: number,
  { scenes, picture, steps }: Pick<SettledReport, 'scenes' | 'picture' | 'steps'>,
): PictureRequest {
  const known = scenes.pictures[scene];
  if (!known) throw modelError(`The report has no scene ${scene}.`);
  const { prompt, seed } = known;
  return { prompt, seed, ...picture, steps: steps.main };
}

/** What to ask for to see a scene's picture made, and the updates of the report's blocks, which fill while it is. */
export async function watchScene(
  scene: number,
  settled: SettledReport,
  pipeline: Pipeline,
  { signal, readCodes }: { readonly signal: AbortSignal; readonly readCodes: boolean },
): Promise<
  Pick<SceneRun, 'blocks' | 'updates'> & {
    readonly request: PictureRequest;
    readonly context: ObserveContext & { readonly signal: AbortSignal };
  }
> {
  const facts = await readBlocks(pipeline);
  const blocks = settled.blocks.map((name) => blockNamed(name, facts));
  const updates = new Map<string, Float32Array[]>();
  return {
    ...{ blocks, updates },
    request: sceneRequest(scene, settled),
    context: {
      signal,
      watch: { updates: blocks.map(({ path }) => path), outputs: [], readCodes },
      onStages: (stepIndex, stages) => {
        for (const { block, update, width } of stages) {
          const steps = updates.get(block) ?? [];
          if (update) steps[stepIndex] = toCells(update, width);
          updates.set(block, steps);
        }
      },
    },
  };
}

/** @throws `invalidInput` when a block has another SAE than the report was begun with */
export function checkSae(
  { name, sae }: { readonly name: string; readonly sae?: { readonly sha256: string } | undefined },
  { saes }: Pick<SettledReport, 'saes'>,
): void {
  const wanted = saes[name];
  if (wanted === undefined || wanted === sae?.sha256) return;
  throw invalidInput(
    `The report was begun with another SAE at ${name}: choose that one again, or begin a new report.`,
  );
}
