import { setImmediate } from 'node:timers/promises';
import { cancelled, invalidInput } from '../../protocol/errors.ts';
import { isTopK, type SaeDefinition } from '../models/sae/saeDefinition.ts';
import { FitSums, formulas, type FitFigures } from './acceptanceFigures.ts';
import {
  poolCells,
  readings,
  type HypothesisName,
  type Reading,
  type StageSamples,
} from './acceptanceHypotheses.ts';
import { judge, type AcceptanceVerdict, type ReadingFigures } from './acceptanceVerdict.ts';

export interface AcceptanceInput {
  readonly sae: SaeDefinition;
  /** Stages with samples; the SAE's own must be there, the others let another block's SAE be found out. */
  readonly samples: readonly StageSamples[];
  /** Pictures, each of another prompt, that the samples come from. */
  readonly pictureCount: number;
  /** Cells that each other reading is tried on, taken evenly. */
  readonly maxCells?: number;
}

export interface AcceptanceReport {
  readonly blockPath: string;
  readonly target: 'update' | 'output';
  readonly formulas: typeof formulas;
  readonly perStep: readonly { readonly stepIndex: number; readonly figures: FitFigures }[];
  /** All steps together, on the cells that the readings are compared on. */
  readonly overall: FitFigures;
  readonly readings: readonly ReadingFigures[];
  readonly verdict: AcceptanceVerdict;
}

export type AcceptanceProgress =
  | { readonly phase: 'steps'; readonly doneSteps: number; readonly totalSteps: number }
  | { readonly phase: 'readings'; readonly doneReadings: number; readonly name: HypothesisName };

/** Multiply-adds between two breaths of the event loop: about 30 ms. */
const chunkMacs = 2e7;
const defaultMaxCells = 256;
const biasRounds = 3;

/**
 * Figures of an SAE on the person's own samples, and the verdict: the SAE as declared against other readings of it. One
 * that explains the samples clearly better names the defect.
 *
 * @throws `invalidInput` when the SAE's stage has no samples, or samples of another width; `cancelled`
 */
export async function* acceptSae(
  { sae, samples, pictureCount, maxCells = defaultMaxCells }: AcceptanceInput,
  signal?: AbortSignal,
): AsyncGenerator<AcceptanceProgress, AcceptanceReport> {
  const declared = samples.find(({ blockPath }) => blockPath === sae.blockPath);
  if (declared === undefined)
    throw invalidInput(`There are no samples of ${sae.blockPath ?? 'a stage'}.`);
  if (declared.dModel !== sae.dModel) {
    throw invalidInput(
      `The SAE has dModel ${String(sae.dModel)}, ${declared.blockPath} is ${String(declared.dModel)} wide.`,
    );
  }
  const target = sae.target === 'output' ? 'output' : 'update';
  const perStep: { stepIndex: number; figures: FitFigures }[] = [];
  for (const step of declared.steps) {
    perStep.push({
      stepIndex: step.stepIndex,
      figures: (await fit(sae, step[target], signal)).figures(),
    });
    yield { phase: 'steps', doneSteps: perStep.length, totalSteps: declared.steps.length };
  }
  const own = poolCells(declared, target, maxCells);
  const overall = (await fit(sae, own, signal)).figures();
  const tried: ReadingFigures[] = [];
  const attempt = async ({ name, description, sae: other, samples: cells }: Reading) => {
    tried.push({ name, description, figures: (await fit(other, cells, signal)).figures() });
  };
  for (const reading of readings(sae, declared, samples, maxCells)) {
    await attempt(reading);
    yield { phase: 'readings', doneReadings: tried.length, name: reading.name };
  }
  if (sae.normalisation === 'none') {
    const preBias = await estimatePreBias(sae, own, signal);
    const description = 'b_pre estimated from every second sample';
    await attempt({
      name: 'b-pre-dropped',
      description,
      sae: { ...sae, preBias, applyDecBiasToInput: true },
      samples: own,
    });
    yield { phase: 'readings', doneReadings: tried.length, name: 'b-pre-dropped' };
  }
  const verdict = judge(overall, tried, { swappedOrder: swappedOrder(sae), pictureCount });
  return {
    blockPath: declared.blockPath,
    target,
    formulas,
    perStep,
    overall,
    readings: tried,
    verdict,
  };
}

async function fit(
  sae: SaeDefinition,
  samples: Float32Array,
  signal?: AbortSignal,
): Promise<FitSums> {
  const sums = new FitSums(sae);
  const cells = samples.length / sae.dModel;
  const chunk = Math.max(1, Math.floor(chunkMacs / (sae.dModel * sae.nFeatures)));
  for (let first = 0; first < cells; first += chunk) {
    if (signal?.aborted === true) throw cancelled();
    const count = Math.min(chunk, cells - first);
    sums.add(sae, samples.subarray(first * sae.dModel, (first + count) * sae.dModel), count);
    await setImmediate();
  }
  return sums;
}

/** The bias that leaves no constant error: starts at the samples' mean, then adds what is left over, a few times. */
async function estimatePreBias(
  sae: SaeDefinition,
  samples: Float32Array,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const { dModel } = sae;
  const half = new Float32Array(Math.ceil(samples.length / dModel / 2) * dModel);
  for (let cell = 0; cell < half.length / dModel; cell++) {
    half.set(samples.subarray(2 * cell * dModel, (2 * cell + 1) * dModel), cell * dModel);
  }
  const bias = new Float32Array(dModel);
  for (let i = 0; i < half.length; i++)
    bias[i % dModel] = (bias[i % dModel] ?? 0) + ((half[i] ?? 0) * dModel) / half.length;
  for (let round = 0; round < biasRounds; round++) {
    const left = await fit(
      { ...sae, preBias: bias.slice(), applyDecBiasToInput: true },
      half,
      signal,
    );
    left.meanError().forEach((error, i) => {
      bias[i] = (bias[i] ?? 0) + error;
    });
  }
  return bias;
}

/**
 * The order of TopK and ReLU changes no code (see `encodeCells`), so samples cannot show it: what can be wrong is only
 * the manifest against the code that the file comes from.
 */
function swappedOrder({ activation, provenance }: SaeDefinition): string | undefined {
  const { formatActivation, format } = provenance;
  if (formatActivation === undefined || formatActivation === activation) return undefined;
  if (!isTopK(activation) || !isTopK(formatActivation)) return undefined;
  return `it is declared ${activation}, but ${format} computes ${formatActivation}; the codes are the same, the record is wrong`;
}
