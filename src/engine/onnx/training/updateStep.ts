import type { ValueInfo } from '../../../protocol/runner.ts';
import type { NodeWriter } from '../nodeWriter.ts';
import { adam } from './adam.ts';
import { floats, graphFile, ids } from './graphFile.ts';
import type { StepShape } from './stepShape.ts';

/** Weights and running means of this many bytes of rows go through Adam's dozen passes inside a core's cache. */
const blockBytes = 256 * 2 ** 10;

/** The parameters of an SAE under training; `encoder` and `decoder` are `[n, d]`, a feature a row. */
export const parameters = ['encoder', 'decoder', 'preBias', 'latentBias'] as const;
export type Parameter = (typeof parameters)[number];

/** `[n, d]` as `[n/r, r, d]`: the shape in which `updateStep` wants matrices; the memory is the same. */
export function inBlocks({ nFeatures, dModel }: StepShape): readonly [number, number, number] {
  let rows = Math.max(1, Math.min(nFeatures, Math.floor(blockBytes / (dModel * 4))));
  while (nFeatures % rows > 0) rows--;
  return [nFeatures / rows, rows, dModel];
}

/**
 * Takes what `forwardStep` made and changes the parameters:
 * ```
 * g_dec[f] = errorScale Σ s_bf error_b + AuxK's;  g_enc[f] = Σ (dL/da_bf) (x_b - b_pre) + AuxK's
 * W_dec ← columns of norm 1;  g_dec ← g_dec - (g_dec · W_dec) W_dec;  Adam
 * ```
 * Inputs: `forwardStep`'s outputs, per parameter its value, `.mean` and `.square` (the matrices in blocks, see
 * `inBlocks`), scalars `rate` and `rootScale`. Outputs: the same with `.next`, and `sinceFired.next`. Each may be written
 * into the memory of its input: nothing reads an input's element after the node that makes the output's.
 *
 * Must run with **one** thread: `ScatterND` adds into the same row from several threads and loses some.
 *
 * @source order of the steps: sdxl-unbox scripts/train_sae.py
 */
export function updateStep(shape: StepShape, epsilon: number): Uint8Array {
  const { dModel: d, nFeatures: n, k, batchSize } = shape;
  const dims: Readonly<Record<Parameter, readonly number[]>> = {
    ...{ encoder: inBlocks(shape), decoder: inBlocks(shape), preBias: [d], latentBias: [n] },
  };
  const state = (suffix: string): ValueInfo[] =>
    parameters.flatMap((name) =>
      ['', '.mean', '.square'].map((part) =>
        floats(`${stateName(name)}${part}${suffix}`, ...dims[name]),
      ),
    );
  const inputs = [
    ...[floats('values', k, batchSize), floats('slopes', k, batchSize)],
    ids('features', k, batchSize),
    ...(shape.rule === 'batchtopk' ? [ids('rows', k, batchSize)] : []),
    ...[floats('centred', batchSize, d), floats('error', batchSize, d), floats('errorScale')],
    ...[ids('deadIds', 'dead'), floats('auxDecoder', 'dead', d), floats('auxEncoder', 'dead', d)],
    ...[floats('preBiasGradient', d), floats('latentBiasGradient', n), floats('sinceFiredNext', n)],
    ...[...state(''), floats('rate'), floats('rootScale')],
  ];
  const outputs = [...state('.next'), floats('sinceFired.next', n)];
  return graphFile('update', { inputs, outputs }, (w) => {
    writeUpdate(w, shape, epsilon);
  });
}

/** What a parameter is called in this graph: matrices have another shape than in `forwardStep`, so another name. */
export const stateName = (name: Parameter): string =>
  name === 'encoder' || name === 'decoder' ? `${name}Blocks` : name;

function writeUpdate(w: NodeWriter, shape: StepShape, epsilon: number): void {
  const scaled = w.op('Mul', ['values', 'errorScale']);
  const decoder = sumOuter(w, shape, { weights: scaled, of: 'error', dense: 'auxDecoder' });
  const encoder = sumOuter(w, shape, { weights: 'slopes', of: 'centred', dense: 'auxEncoder' });
  updateMatrix(w, shape, 'decoder', decoder, epsilon);
  updateMatrix(w, shape, 'encoder', encoder, epsilon);
  for (const name of ['preBias', 'latentBias'] as const) {
    const gradient = `${name}Gradient`;
    const [mean, square] = [`${name}.mean`, `${name}.square`];
    const fresh = adam(w, { weight: name, gradient, mean, square }, epsilon);
    ['', '.mean', '.square'].forEach((part, i) => w.name(fresh[i]!, `${name}${part}.next`));
  }
  w.name('sinceFiredNext', 'sinceFired.next');
}

interface OuterSum {
  readonly weights: string; // [k, batch]
  /** The vector that each weight multiplies: the one of its sample. */
  readonly of: string; // [batch, d]
  /** What is added for the dead features. */
  readonly dense: string; // [dead, d]
}

/** @returns f32 [blocks, rows, d], for each feature the weighted sum of vectors */
function sumOuter(w: NodeWriter, shape: StepShape, { weights, of, dense }: OuterSum): string {
  const { dModel: d, nFeatures: n, k, rule } = shape;
  const add = (sum: string, features: string, terms: string): string => {
    const column = w.op('Reshape', [features, w.ints([-1, 1])]);
    return w.op('ScatterND', [sum, column, terms], { reduction: 'add' });
  };
  // All products before all sums: ONNX Runtime goes to a node's last written input first, so it then makes each product
  // when its sum is due. The other way round all products would be in memory at once.
  const products = Array.from({ length: k }, (_, j) => {
    const slot = (value: string): string =>
      w.op('Slice', [value, w.ints([j]), w.ints([j + 1]), w.ints([0])]);
    const column = w.op('Reshape', [slot(weights), w.ints([-1, 1])]);
    const vectors =
      rule === 'topk'
        ? of
        : w.op('Gather', [of, w.op('Squeeze', [slot('rows'), w.ints([0])])], { axis: 0 });
    return { features: slot('features'), terms: w.op('Mul', [vectors, column]) };
  });
  let sum = w.op('ConstantOfShape', [w.ints([n, d])]);
  for (const { features, terms } of products) sum = add(sum, features, terms);
  return w.op('Reshape', [add(sum, 'deadIds', dense), w.ints(inBlocks(shape))]);
}

/** Block by block: a body whose values are small. */
function updateMatrix(
  w: NodeWriter,
  shape: StepShape,
  name: 'encoder' | 'decoder',
  gradient: string,
  epsilon: number,
): void {
  const [, rows, d] = inBlocks(shape);
  const body = w.branch(name);
  const inner = ['gradient', 'weight', 'mean', 'square'].map((part) => `${name}/block/${part}`);
  const [blockGradient = '', weight = '', mean = '', square = ''] = inner;
  const values = { weight, gradient: blockGradient, mean, square };
  const fresh = adam(body, name === 'decoder' ? onSphere(body, values) : values, epsilon);
  const block = (each: string): ValueInfo => floats(each, rows, d);
  const outer = ['', '.mean', '.square'].map((part) => `${stateName(name)}${part}`);
  w.ops(
    'Scan',
    [gradient, ...outer],
    { body: body.asGraph(fresh.map(block), inner.map(block)), num_scan_inputs: 4 },
    outer.map((part) => `${part}.next`),
  );
}

/** Decoder rows scaled to norm 1 first, then the part of the gradient along them taken away. */
function onSphere<T extends { readonly weight: string; readonly gradient: string }>(
  w: NodeWriter,
  values: T,
): T {
  const norm = w.op('Sqrt', [w.reduce('ReduceSumSquare', values.weight, 1, 1)]);
  const weight = w.op('Div', [values.weight, norm]);
  const along = w.reduce('ReduceSum', w.op('Mul', [values.gradient, weight]), 1, 1);
  const gradient = w.op('Sub', [values.gradient, w.op('Mul', [along, weight])]);
  return { ...values, weight, gradient };
}
