import type { GenerateProgress } from '../../protocol/engine.ts';
import type { PictureRequest } from '../pipeline/checkRequest.ts';
import { type StageSample, type StageWatch, toCells } from '../pipeline/stageSamples.ts';
import type { StageSamples, StepSamples } from './acceptanceHypotheses.ts';

/** Cells of the SAE's own stage at one step, over all pictures; more would take memory and tell little. */
const ownCellsMax = 2048;
/** Of the other stages, which only have to show that the SAE is not theirs. */
const otherCellsMax = 256;

export interface CollectInput {
  /** One picture each. */
  readonly requests: readonly PictureRequest[];
  /** The SAE's stage, without `unet.`. */
  readonly stagePath: string;
  readonly target: 'update' | 'output';
  /** Stages of the same width that it might belong to. */
  readonly otherPaths: readonly string[];
}

/** Makes one picture's latents and hands out what the watched stages did. */
export type Observe = (
  request: PictureRequest,
  watch: StageWatch,
  onStages: (stepIndex: number, stages: readonly StageSample[]) => void,
  progress: (progress: GenerateProgress) => void,
) => Promise<void>;

export interface CollectProgress {
  readonly phase: 'pictures';
  readonly donePictures: number;
  readonly totalPictures: number;
  readonly within?: GenerateProgress;
}

/**
 * Samples of an SAE's stage and of those that it might belong to instead, from pictures that are made for it.
 *
 * @param progress called from within a picture as well
 * @throws what making a picture throws
 */
export async function collectSamples(
  { requests, stagePath, target, otherPaths }: CollectInput,
  observe: Observe,
  progress: (progress: CollectProgress) => void,
): Promise<readonly StageSamples[]> {
  const stages = new Map<string, { dModel: number; steps: Map<number, StepParts> }>();
  const paths = [stagePath, ...otherPaths];
  const watch: StageWatch = {
    updates: target === 'update' ? paths : [stagePath],
    outputs: target === 'output' ? paths : [stagePath],
    readCodes: false,
  };
  const keep = (stepIndex: number, { path, width, update, output }: StageSample): void => {
    const stage = stages.get(path) ?? { dModel: width, steps: new Map<number, StepParts>() };
    stages.set(path, stage);
    const step = stage.steps.get(stepIndex) ?? { update: [], output: [] };
    stage.steps.set(stepIndex, step);
    const cellsMax = path === stagePath ? ownCellsMax : otherCellsMax;
    const share = Math.max(1, Math.floor(cellsMax / requests.length));
    if (update) step.update.push(someCells(toCells(update, width), width, share));
    if (output) step.output.push(someCells(toCells(output, width), width, share));
  };
  const totalPictures = requests.length;
  for (const [donePictures, request] of requests.entries()) {
    progress({ phase: 'pictures', donePictures, totalPictures });
    await observe(
      request,
      watch,
      (stepIndex, found) => {
        for (const stage of found) keep(stepIndex, stage);
      },
      (within) => {
        progress({ phase: 'pictures', donePictures, totalPictures, within });
      },
    );
  }
  progress({ phase: 'pictures', donePictures: totalPictures, totalPictures });
  return [...stages].map(([path, { dModel, steps }]) => ({
    blockPath: `unet.${path}`,
    dModel,
    steps: [...steps].map(([stepIndex, { update, output }]): StepSamples => ({
      stepIndex,
      update: joined(update),
      output: joined(output),
    })),
  }));
}

interface StepParts {
  readonly update: Float32Array[];
  readonly output: Float32Array[];
}

/** At most `count` cells of `[cells, width]`, evenly taken. */
function someCells(cells: Float32Array, width: number, count: number): Float32Array {
  const all = cells.length / width;
  if (all <= count) return cells;
  const out = new Float32Array(count * width);
  for (let i = 0; i < count; i++) {
    const cell = Math.floor(((i + 0.5) * all) / count);
    out.set(cells.subarray(cell * width, (cell + 1) * width), i * width);
  }
  return out;
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}
