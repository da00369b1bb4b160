import type { SaeSpec } from '../../src/engine/onnx/saeSpec.ts';
import type { CellMap, TapEdit } from '../../src/engine/onnx/tapEdit.ts';

/** An SAE with its weights at hand; all row-major. */
export interface ReferenceSae {
  readonly spec: SaeSpec;
  readonly encoder: Float32Array; // [dModel, nFeatures]
  readonly decoder: Float32Array; // [nFeatures, dModel]
  readonly encoderBias: Float32Array | undefined;
  readonly decoderBias: Float32Array | undefined;
  readonly threshold: Float32Array | undefined;
}

export interface ReferenceCell {
  readonly codes: Float64Array; // [nFeatures]
  readonly rebuilt: Float64Array; // [dModel]
  readonly scale: number;
  /** The decoder's bias in the sample's own scale. */
  readonly bias: Float64Array;
  /** How far the nearest decision (which feature is kept, which is above its threshold) is from turning over. */
  readonly margin: number;
}

const zeros = (length: number): Float64Array => new Float64Array(length);

/** The formulas of `SaeSpec`, in float64, written out for one cell. */
export function encodeCell(sae: ReferenceSae, sample: Float32Array): ReferenceCell {
  const { dModel, nFeatures, activation, normalisation, subtractsDecoderBias } = sae.spec;
  let mean = 0;
  let scale = 1;
  let divisor = 1;
  const norm = Math.sqrt(sample.reduce((sum, x) => sum + x * x, 0));
  if (normalisation.kind === 'constant') divisor = scale = 1 / normalisation.scale;
  if (normalisation.kind === 'unitNorm') divisor = scale = norm / normalisation.norm;
  if (normalisation.kind === 'layerNorm') {
    mean = sample.reduce((sum, x) => sum + x, 0) / dModel;
    scale = Math.sqrt(sample.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (dModel - 1));
    divisor = scale + normalisation.epsilon;
  }
  const input = Float64Array.from(sample, (x, i) => {
    const offset = subtractsDecoderBias ? (sae.decoderBias?.[i] ?? 0) : 0;
    return (x - mean) / divisor - offset;
  });
  const pre = zeros(nFeatures).map((_, feature) =>
    input.reduce(
      (sum, x, i) => sum + x * sae.encoder[i * nFeatures + feature]!,
      sae.encoderBias?.[feature] ?? 0,
    ),
  );
  const codes = zeros(nFeatures);
  let margin = Infinity;
  if (activation.kind === 'topk') {
    const order = [...pre.keys()].sort((a, b) => pre[b]! - pre[a]!);
    for (const feature of order.slice(0, activation.k)) codes[feature] = Math.max(0, pre[feature]!);
    const [last, next] = [order[activation.k - 1]!, order[activation.k]];
    if (next !== undefined && pre[last]! > 0) margin = pre[last]! - pre[next]!;
  } else {
    pre.forEach((value, feature) => {
      const { threshold } = sae;
      const limit =
        activation.kind === 'threshold' ? threshold![threshold!.length === 1 ? 0 : feature]! : 0;
      codes[feature] = value > limit ? Math.max(0, value) : 0;
      if (limit > 0) margin = Math.min(margin, Math.abs(value - limit));
    });
  }
  for (const value of pre) margin = Math.min(margin, Math.abs(value));
  const bias = zeros(dModel).map((_, i) => (sae.decoderBias?.[i] ?? 0) * scale + mean);
  const rebuilt = bias.map(
    (b, i) => b + scale * codes.reduce((sum, s, f) => sum + s * sae.decoder[f * dModel + i]!, 0),
  );
  return { codes, rebuilt, scale, bias, margin };
}

/** The weight that a map gives to one cell of one row. */
function weightAt(map: CellMap, row: number, cell: number): number {
  const rows = typeof map === 'number' || map instanceof Float32Array ? [map] : map;
  const weight = rows[rows.length === 1 ? 0 : row]!;
  return typeof weight === 'number' ? Math.fround(weight) : weight[cell]!;
}

/**
 * What an edit adds to one cell, `[dModel]`: the formula of `editUpdate` in float64.
 *
 * @param addition the edit's addition in this cell
 */
export function editCell(
  update: Float32Array,
  sae: ReferenceSae | undefined,
  encoded: ReferenceCell | undefined,
  edit: TapEdit,
  at: { readonly row: number; readonly cell: number; readonly addition: Float32Array },
): { delta: Float64Array; margin: number } {
  const weight = (map: CellMap | undefined, neutral: number): number =>
    weightAt(map ?? neutral, at.row, at.cell);
  const { length: width } = update;
  let margin = encoded?.margin ?? Infinity;
  const delta = zeros(width).map(
    (_, i) =>
      (weight(edit.keep, 1) - 1) * update[i]! +
      weight(edit.addition?.weight, 0) * at.addition[i]! +
      weight(edit.biasWeight, 0) * (encoded?.bias[i] ?? 0),
  );
  const add = (row: (i: number) => number, coefficient: number): void => {
    for (let i = 0; i < width; i++) delta[i]! += coefficient * row(i);
  };
  const decoderRow =
    (feature: number) =>
    (i: number): number =>
      sae!.decoder[feature * width + i]! * encoded!.scale;
  if (edit.gain && encoded) {
    const gains = edit.gain instanceof Float32Array ? [edit.gain] : edit.gain;
    const gain = gains[gains.length === 1 ? 0 : at.row]!;
    encoded.codes.forEach((code, feature) => {
      add(decoderRow(feature), weight(edit.gainMap, 1) * gain[feature]! * code);
    });
  }
  for (const { source, map, constant, byCode, whereActive } of edit.list ?? []) {
    let strength: number;
    let row: (i: number) => number;
    if ('feature' in source) {
      strength = encoded!.codes[source.feature]!;
      row = decoderRow(source.feature);
    } else {
      const { direction, read, readBias } = source;
      strength = update.reduce(
        (sum, x, i) => sum + x * (read?.[i] ?? 0),
        Math.fround(readBias ?? 0),
      );
      if (strength !== 0) margin = Math.min(margin, Math.abs(strength));
      row = (i) => direction[i]!;
    }
    const terms = [constant, byCode, whereActive].map((term) => Math.fround(term ?? 0));
    const sum = terms[0]! + terms[1]! * strength + (strength > 0 ? terms[2]! : 0);
    add(row, weight(map, 0) * sum);
  }
  return { delta, margin };
}
