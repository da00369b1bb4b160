import { elementType } from '../elementTypes.ts';
import type { NodeWriter } from '../nodeWriter.ts';
import { floats } from './graphFile.ts';
import type { StepShape } from './stepShape.ts';

interface AuxiliaryInputs {
  readonly preActivations: string; // [batch, n]
  /** x - b_pre */
  readonly centred: string; // [batch, d]
  /** x_hat - x */
  readonly error: string; // [batch, d]
  readonly deadIds: string; // i64 [dead]
  /** mean(error²) */
  readonly mse: string;
  /** batch · d */
  readonly size: string;
  /** Of the main loss; the auxiliary one is added. */
  readonly gradients: { readonly latentBias: string; readonly preBias: string };
}

/**
 * The dead features rebuild what is left: with r = x - x_hat, taken as a constant,
 * ```
 * AuxK = mean((W_dec^T ReLU(TopK_auxK(a, dead only)) - r)²) / mean((r - mean_batch(r))²)
 * ```
 * b_pre stands on both sides, detached on the right: its gradient is that of the left one. When r has no variance the
 * term is 0. Names the outputs `auxDecoder`, `auxEncoder`, `latentBiasGradient` and `preBiasGradient`.
 *
 * @returns the weighted loss, a scalar
 * @source sdxl-unbox SAE/sae.py `auxk_mask_fn` and scripts/train_sae.py `normalized_mse`
 */
export function auxiliaryLoss(w: NodeWriter, shape: StepShape, inputs: AuxiliaryInputs): string {
  const { dModel: d, nFeatures: n, auxCoefficient } = shape;
  const { error, deadIds, size, gradients } = inputs;
  const spread = w.op('Sub', [error, w.reduce('ReduceMean', error, 0, 1)]);
  const squares = w.reduce('ReduceSumSquare', spread, 1, 0);
  const variance = w.op('Div', [w.reduce('ReduceSum', squares, 0, 0), size]);
  const hasVariance = w.op('Greater', [variance, w.float(0)]);
  const weight = w.op('Where', [
    hasVariance,
    w.op('Div', [w.float(auxCoefficient), variance]),
    w.float(0),
  ]);
  const slope = w.op('Div', [w.op('Mul', [weight, w.float(2)]), size]);

  const dead = rebuildByDead(w.branch('dead'), shape, inputs, weight, slope);
  const none = w.branch('none');
  const empty = none.op('ConstantOfShape', [none.ints([0, d])]);
  const throughBias = none.op('Mul', [none.reduce('ReduceSum', error, 0, 0), slope]);
  const results = [
    none.name(empty, 'none/decoder'),
    none.name(empty, 'none/encoder'),
    none.op('Identity', [gradients.latentBias]),
    none.op('Add', [gradients.preBias, throughBias]),
    none.op('Mul', [inputs.mse, weight]),
  ];
  const declare = (names: readonly string[]) => {
    const dims = [['dead', d], ['dead', d], [n], [d], []];
    return names.map((name, i) => floats(name, ...dims[i]!));
  };
  const anyDead = w.op('Greater', [
    w.op('Squeeze', [w.op('Shape', [deadIds]), w.ints([0])]),
    w.ints(0),
  ]);
  const outputs = ['auxDecoder', 'auxEncoder', 'latentBiasGradient', 'preBiasGradient', 'auxLoss'];
  w.ops(
    'If',
    [anyDead],
    {
      then_branch: dead.writer.asGraph(declare(dead.results)),
      else_branch: none.asGraph(declare(results)),
    },
    outputs,
  );
  return 'auxLoss';
}

function rebuildByDead(
  w: NodeWriter,
  { auxK }: StepShape,
  inputs: AuxiliaryInputs,
  weight: string,
  slope: string,
): { readonly writer: NodeWriter; readonly results: readonly string[] } {
  const { preActivations, centred, error, deadIds, size, gradients } = inputs;
  const encoder = w.op('Gather', ['encoder', deadIds], { axis: 0 }); // [dead, d]
  const decoder = w.op('Gather', ['decoder', deadIds], { axis: 0 }); // [dead, d]
  const activations = w.op('Gather', [preActivations, deadIds], { axis: 1 }); // [batch, dead]
  const count = w.op('Min', [w.ints([auxK]), w.op('Shape', [deadIds])]);
  const [largest = '', places = ''] = w.ops('TopK', [activations, count], { axis: 1, sorted: 0 }, [
    undefined,
    undefined,
  ]);
  const zeros = w.op('ConstantOfShape', [w.op('Shape', [activations])]);
  const codes = w.op('ScatterElements', [zeros, places, w.op('Relu', [largest])], { axis: 1 });
  const miss = w.op('Add', [w.op('Gemm', [codes, decoder]), error]); // [batch, d]
  const misses = w.reduce('ReduceSum', w.reduce('ReduceSumSquare', miss, 1, 0), 0, 0);
  const gradient = w.op('Mul', [miss, slope]);
  const isActive = w.cast(w.op('Greater', [codes, w.float(0)]), elementType.float32);
  const slopes = w.op('Mul', [w.op('Gemm', [gradient, decoder], { transB: 1 }), isActive]);
  const latentBias = w.reduce('ReduceSum', slopes, 0, 0); // [dead]
  const throughEncoder = w.op('MatMul', [w.op('Unsqueeze', [latentBias, w.ints([0])]), encoder]);
  const direct = w.op('Add', [gradients.preBias, w.reduce('ReduceSum', gradient, 0, 0)]);
  return {
    writer: w,
    results: [
      w.op('Gemm', [codes, gradient], { transA: 1 }),
      w.op('Gemm', [slopes, centred], { transA: 1 }),
      w.op('ScatterElements', [gradients.latentBias, deadIds, latentBias], {
        ...{ axis: 0, reduction: 'add' },
      }),
      w.op('Sub', [direct, w.op('Squeeze', [throughEncoder, w.ints([0])])]),
      w.op('Mul', [w.op('Div', [misses, size]), weight]),
    ],
  };
}
