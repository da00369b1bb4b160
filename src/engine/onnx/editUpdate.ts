import { elementType } from './elementTypes.ts';
import { type Codes, decodeList } from './encodeUpdate.ts';
import type { NodeWriter } from './nodeWriter.ts';
import type { CellScale } from './normaliseCells.ts';
import { decoderRows, type SaeWeights, wholeDecoder } from './saeTensors.ts';
import { type EditPort, portName, type SaeEditPort } from './tapPorts.ts';

/** What the edits of one tap compute with. */
export interface EditContext {
  readonly tap: string;
  readonly update: string; // [rows, cells, width]
  readonly sae:
    | {
        readonly weights: SaeWeights;
        readonly codes: Codes;
        readonly cell: CellScale;
        readonly nFeatures: number;
      }
    | undefined;
}

/**
 * What all edits together add to the stage's output, `[rows, cells, width]`: exactly 0 for neutral inputs.
 * ```
 * delta = (keep - 1) · u
 *       + gainMap · Σ_f gain_f · s_f · W_f
 *       + biasWeight · b_dec
 *       + Σ_e maps_e · (terms_e0 + terms_e1 · s_e + terms_e2 · [s_e > 0]) · v_e
 *       + additionWeight · addition
 * v_e = featureWeights_e · W_dec[features_e] + directions_e
 * s_e = featureWeights_e · s[features_e] + ⟨u, reads_e⟩ + readBias_e
 * ```
 * Decoder rows and bias count as they are put back into u's scale by a normalised SAE; directions are in u's scale.
 */
export function editUpdate(w: NodeWriter, context: EditContext): string {
  const { tap, update, sae } = context;
  const port = (name: EditPort | SaeEditPort): string => portName(tap, name);
  const perCell = (name: EditPort | SaeEditPort): string =>
    w.op('Unsqueeze', [port(name), w.ints([2])]); // [rows|1, cells|1, 1]

  const change = w.op('Sub', [perCell('keep'), w.float(1)]);
  const parts = [w.op('Mul', [update, change]), listedEdits(w, context, port)];
  if (sae) {
    const { cell, weights } = sae;
    const gained = w.op('Mul', [gainedCodes(w, tap, sae), perCell('gainMap')]);
    parts.push(cell.scale === undefined ? gained : w.op('Mul', [gained, cell.scale]));
    const bias = decoderBias(w, weights, cell);
    if (bias !== undefined) parts.push(w.op('Mul', [perCell('biasWeight'), bias]));
  }
  const flat = w.op('Reshape', [port('addition'), w.ints([0, 0, -1])]); // [rows|1, width|1, cells|1]
  const added = w.op('Transpose', [flat], { perm: [0, 2, 1] });
  parts.push(w.op('Mul', [added, perCell('additionWeight')]));
  return parts.reduce((sum, part) => w.op('Add', [sum, part]));
}

/** The decoder's bias as it counts in the update: through the cell's scale, with its shift. */
export function decoderBias(
  w: NodeWriter,
  { decoderBias: bias }: SaeWeights,
  { scale, shift }: CellScale,
): string | undefined {
  const scaled = bias !== undefined && scale !== undefined ? w.op('Mul', [bias, scale]) : bias;
  if (scaled === undefined || shift === undefined) return scaled ?? shift;
  return w.op('Add', [scaled, shift]);
}

type Sae = NonNullable<EditContext['sae']>;

/** `Σ_f gain_f · s_f · W_f`, `[rows, cells, width]`, in the SAE's own scale. */
function gainedCodes(w: NodeWriter, tap: string, { codes, weights, nFeatures }: Sae): string {
  const gain = portName(tap, 'gain'); // [rows|1, nFeatures]
  if (codes.dense !== undefined) {
    const gained = w.op('Mul', [codes.dense, w.op('Unsqueeze', [gain, w.ints([1])])]);
    return w.op('MatMul', [gained, wholeDecoder(w, weights)]);
  }
  const size = w.op('Shape', [codes.ids]);
  const rows = w.op('Slice', [size, w.ints([0]), w.ints([1])]);
  const perRow = w.op('Expand', [gain, w.op('Concat', [rows, w.ints([nFeatures])], { axis: 0 })]);
  const flat = w.op('Reshape', [codes.ids, w.op('Concat', [rows, w.ints([-1])], { axis: 0 })]);
  const gains = w.op('GatherElements', [perRow, flat], { axis: 1 }); // [rows, cells * k]
  const gained = w.op('Mul', [codes.values, w.op('Reshape', [gains, size])]);
  return decodeList(w, gained, codes.ids, weights);
}

/** `Σ_e maps_e · (…) · v_e` of the list of edits. */
function listedEdits(
  w: NodeWriter,
  context: EditContext,
  port: (name: EditPort | SaeEditPort) => string,
): string {
  const { update, sae } = context;
  const readRows = w.op('Transpose', [port('reads')], { perm: [1, 0] }); // [width, edits|1]
  let strength = w.op('Add', [w.op('MatMul', [update, readRows]), port('readBias')]);
  let rows = port('directions');
  let scale: string | undefined;
  if (sae) {
    const weights = port('featureWeights');
    const own = w.op('Mul', [codesOf(w, sae, port('features')), weights]);
    strength = w.op('Add', [own, strength]); // [rows, cells, edits]
    const decoder = decoderRows(w, sae.weights, port('features'));
    const column = w.op('Unsqueeze', [weights, w.ints([1])]);
    rows = w.op('Add', [w.op('Mul', [decoder, column]), rows]); // [edits, width]
    if (sae.cell.scale !== undefined) {
      // 1 for directions, the cell's scale for decoder rows.
      const excess = w.op('Sub', [sae.cell.scale, w.float(1)]);
      scale = w.op('Add', [w.op('Mul', [excess, weights]), w.float(1)]);
    }
  }
  const isActive = w.cast(w.op('Greater', [strength, w.float(0)]), elementType.float32);
  const term = (index: number): string =>
    w.op('Gather', [port('terms'), w.ints(index)], { axis: 1 });
  const byCode = w.op('Mul', [strength, term(1)]);
  const whereActive = w.op('Mul', [isActive, term(2)]);
  const weight = w.op('Add', [w.op('Add', [byCode, whereActive]), term(0)]);
  const maps = w.op('Transpose', [port('maps')], { perm: [0, 2, 1] }); // [rows|1, cells|1, edits]
  const mapped = w.op('Mul', [weight, maps]);
  return w.op('MatMul', [scale === undefined ? mapped : w.op('Mul', [mapped, scale]), rows]);
}

/** The codes of chosen features in every cell, `[rows, cells, edits]`. */
function codesOf(w: NodeWriter, { codes, nFeatures }: Sae, features: string): string {
  if (codes.dense !== undefined) return w.op('Gather', [codes.dense, features], { axis: 2 });
  const leading = w.op('Slice', [w.op('Shape', [codes.ids]), w.ints([0]), w.ints([2])]);
  const size = w.op('Concat', [leading, w.ints([nFeatures])], { axis: 0 });
  // Memory of cells · nFeatures whatever k and the number of edits are; ids of a cell differ, so nothing collides.
  const zeros = w.op('ConstantOfShape', [size]);
  const dense = w.op('ScatterElements', [zeros, codes.ids, codes.values], { axis: 2 });
  return w.op('Gather', [dense, features], { axis: 2 });
}
