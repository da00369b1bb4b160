import type { ValueInfo } from '../../protocol/runner.ts';
import type { Dtype } from '../../protocol/tensors.ts';
import { decoderBias } from './editUpdate.ts';
import { elementType } from './elementTypes.ts';
import { type Codes, decodeCodes, encodeUpdate } from './encodeUpdate.ts';
import type { NodeWriter } from './nodeWriter.ts';
import { type CellScale, normaliseCells } from './normaliseCells.ts';
import type { SaeSpec } from './saeSpec.ts';
import type { SaeWeights } from './saeTensors.ts';
import { portName, type Reading } from './tapPorts.ts';

/** One result of the gate. */
interface GateResult {
  /** The reading that it is; without one it is for the edits. */
  readonly port?: Reading;
  readonly dtype: Dtype;
  /** Size when the gate is shut: zeros, 1 wherever they can be repeated. */
  readonly idleDims: readonly number[];
  readonly value: string;
}

/**
 * The encoder behind its gate: with input `encode` false nothing of it runs, all codes are 0 and each reading holds
 * a single 0.
 *
 * @returns the codes behind the gate, `[1, 1, …]` when it is shut
 * @param hidden [rows, width, height, columns], the update or the output by the SAE's target
 */
export function encodePart(
  w: NodeWriter,
  tap: string,
  hidden: string,
  spec: SaeSpec,
  weights: SaeWeights,
  listSize: number,
): Codes {
  const on = w.branch('encoded');
  const cells = asCells(on, hidden);
  const { input, cell } = normaliseCells(on, cells, spec);
  const codes = encodeUpdate(on, input, spec, weights, listSize);
  const results = [
    ...gateCodes(codes, spec.nFeatures),
    ...readCodes(on, cells, codes, cell, weights),
  ];

  const off = w.branch('idle');
  const idle = results.map(({ dtype, idleDims }) => off.zeros(idleDims, elementType[dtype]));
  const declare = (names: readonly string[]): ValueInfo[] =>
    names.map((name, i) => {
      const { dtype, idleDims } = results[i]!;
      return { name, dtype, dims: idleDims.map((_, axis) => `${name}.${axis}`) };
    });
  const outputs = w.ops(
    'If',
    [portName(tap, 'encode')],
    {
      then_branch: on.asGraph(declare(results.map(({ value }) => value))),
      else_branch: off.asGraph(declare(idle)),
    },
    results.map(({ port }) => port && portName(tap, port)),
  );
  const gated = new Map(results.map(({ value }, i) => [value, outputs[i]!]));
  return {
    values: gated.get(codes.values)!,
    ids: gated.get(codes.ids)!,
    dense: codes.dense === undefined ? undefined : gated.get(codes.dense)!,
  };
}

/** `[rows, cells, width]` */
export const asCells = (w: NodeWriter, hidden: string): string =>
  w.op('Transpose', [w.op('Reshape', [hidden, w.ints([0, 0, -1])])], { perm: [0, 2, 1] });

/** The codes themselves: what edits read. */
function gateCodes(codes: Codes, nFeatures: number): readonly GateResult[] {
  const one = [1, 1, 1];
  const { values, ids, dense } = codes;
  const list: readonly GateResult[] = [
    { port: 'values', dtype: 'float32', idleDims: one, value: values },
    { dtype: 'int64', idleDims: one, value: ids },
  ];
  if (dense === undefined) return list;
  return [...list, { dtype: 'float32', idleDims: [1, 1, nFeatures], value: dense }];
}

/** The readings beside the list of values. */
function readCodes(
  w: NodeWriter,
  hidden: string,
  codes: Codes,
  cell: CellScale,
  weights: SaeWeights,
): readonly GateResult[] {
  const results: GateResult[] = [];
  const add = (port: Reading, dtype: Dtype, rank: number, value: string): void => {
    results.push({ port, dtype, idleDims: Array<number>(rank).fill(1), value });
  };
  add('ids', 'int32', 3, w.cast(codes.ids, elementType.int32));
  if (codes.dense !== undefined) {
    const isActive = w.cast(w.op('Greater', [codes.dense, w.float(0)]), elementType.int32);
    add('active', 'int32', 2, w.reduce('ReduceSum', isActive, 2, 0));
  }
  let rebuilt = decodeCodes(w, codes, weights);
  if (cell.scale !== undefined) rebuilt = w.op('Mul', [rebuilt, cell.scale]);
  const bias = decoderBias(w, weights, cell);
  if (bias !== undefined) rebuilt = w.op('Add', [rebuilt, bias]);
  const squareSum = (a: string, b: string): string =>
    w.reduce('ReduceSumSquare', w.op('Sub', [a, b]), 2, 0);
  add('error', 'float32', 2, squareSum(hidden, rebuilt));
  add('spread', 'float32', 2, squareSum(hidden, w.reduce('ReduceMean', hidden, 1, 1)));
  return results;
}
