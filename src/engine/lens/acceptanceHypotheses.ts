import { foldInputScale } from '../models/sae/fold.ts';
import { transpose } from '../models/sae/orientation.ts';
import type { SaeDefinition, SaeNormalisation } from '../models/sae/saeDefinition.ts';

/** What might be wrong with an SAE, by name. */
export const hypothesisNames = [
  'as-declared',
  'another-block',
  'output-instead-of-update',
  'update-instead-of-output',
  'transposed',
  'order-swapped',
  'b-pre-dropped',
  'normaliser',
] as const;
export type HypothesisName = (typeof hypothesisNames)[number];

/** Samples of one stage at one denoising step. */
export interface StepSamples {
  readonly stepIndex: number;
  readonly update: Float32Array; // [cells, dModel], output - input
  readonly output: Float32Array; // [cells, dModel]
}

export interface StageSamples {
  readonly blockPath: string;
  readonly dModel: number;
  readonly steps: readonly StepSamples[];
}

/** A reading of the SAE under which it might explain the samples better than as its manifest declares it. */
export interface Reading {
  readonly name: HypothesisName;
  readonly description: string;
  readonly sae: SaeDefinition;
  readonly samples: Float32Array; // [cells, dModel]
}

/** The matrix that comes out when rows and columns were mixed up: the same numbers, read along the other axis. */
const misread = (matrix: Float32Array, nFeatures: number, dModel: number): Float32Array =>
  transpose(matrix, dModel, nFeatures);

/** And back: for d = n both are the plain transpose. */
const reread = (matrix: Float32Array, nFeatures: number, dModel: number): Float32Array =>
  transpose(matrix, nFeatures, dModel);

/** All steps' samples of a stage in one array, at most `maxCells` of them, evenly taken. */
export function poolCells(
  { steps, dModel }: StageSamples,
  target: 'update' | 'output',
  maxCells: number,
): Float32Array {
  const cells = steps.flatMap((step) => {
    const values = step[target];
    return Array.from({ length: values.length / dModel }, (_, i) =>
      values.subarray(i * dModel, (i + 1) * dModel),
    );
  });
  const count = Math.min(maxCells, cells.length);
  const out = new Float32Array(count * dModel);
  for (let i = 0; i < count; i++) {
    out.set(cells[Math.floor((i * cells.length) / count)] ?? [], i * dModel);
  }
  return out;
}

/**
 * Other readings of the SAE on samples that an honest one cannot explain as well: other blocks' samples, the other
 * target, matrices read along the other axis (both ways that they can have been misread), `b_pre` subtracted or not,
 * and other normalisers. `b-pre-dropped` with an estimated `b_pre` is made by the caller, which has the errors.
 *
 * @param samples of every stage with the SAE's width; the declared one among them
 */
export function* readings(
  sae: SaeDefinition,
  declared: StageSamples,
  samples: readonly StageSamples[],
  maxCells: number,
): Generator<Reading> {
  const target = sae.target === 'output' ? 'output' : 'update';
  const own = poolCells(declared, target, maxCells);
  const { nFeatures: n, dModel: d, encoder, decoder } = sae;
  const onOwn = (
    name: HypothesisName,
    description: string,
    change: Partial<SaeDefinition>,
  ): Reading => ({
    name,
    description,
    sae: { ...sae, ...change },
    samples: own,
  });
  for (const stage of samples) {
    if (stage.blockPath === declared.blockPath || stage.dModel !== d) continue;
    const description = `the samples of ${stage.blockPath}`;
    yield { name: 'another-block', description, sae, samples: poolCells(stage, target, maxCells) };
  }
  // Named after the defect: what the manifest declares, where the SAE fits the other.
  yield target === 'output'
    ? {
        name: 'output-instead-of-update',
        description: "the stage's update ΔD",
        sae,
        samples: poolCells(declared, 'update', maxCells),
      }
    : {
        name: 'update-instead-of-output',
        description: "the stage's output",
        sae,
        samples: poolCells(declared, 'output', maxCells),
      };
  for (const [way, turn] of [
    ['misread', misread],
    ['reread', reread],
  ] as const) {
    const e = turn(encoder, n, d);
    const w = turn(decoder, n, d);
    yield onOwn('transposed', `the decoder along its other axis (${way})`, { decoder: w });
    yield onOwn('transposed', `the encoder along its other axis (${way})`, { encoder: e });
    yield onOwn('transposed', `both matrices along their other axis (${way})`, {
      encoder: e,
      decoder: w,
    });
    if (n === d) break;
  }
  const applied = !sae.applyDecBiasToInput;
  const how = applied ? 'b_pre subtracted from the input' : 'b_pre not subtracted from the input';
  yield onOwn('b-pre-dropped', how, { applyDecBiasToInput: applied });
  for (const normalisation of ['none', 'layer-norm', 'constant-norm'] as SaeNormalisation[]) {
    if (normalisation === sae.normalisation) continue;
    yield onOwn('normaliser', `normaliser ${normalisation}`, { normalisation });
  }
  const factor = Math.sqrt(d) / meanNorm(own, d);
  if (sae.normalisation === 'none' && Number.isFinite(factor)) {
    const scale = `samples times ${factor.toPrecision(3)}, so that their mean norm is sqrt(d)`;
    yield onOwn('normaliser', scale, foldInputScale(sae, factor, false));
  }
}

function meanNorm(samples: Float32Array, dModel: number): number {
  const cells = samples.length / dModel;
  let sum = 0;
  for (let cell = 0; cell < cells; cell++) {
    const values = samples.subarray(cell * dModel, (cell + 1) * dModel);
    sum += Math.sqrt(values.reduce((squares, value) => squares + value * value, 0));
  }
  return sum / cells;
}
