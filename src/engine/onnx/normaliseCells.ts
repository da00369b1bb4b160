import type { NodeWriter } from './nodeWriter.ts';
import type { SaeSpec } from './saeSpec.ts';

/** How each cell was normalised, to put the decoder's result back; undefined parts change nothing. */
export interface CellScale {
  readonly scale: string | undefined; // [] or [rows, cells, 1]
  readonly shift: string | undefined; // [rows, cells, 1]
}

/**
 * @param hidden [rows, cells, dModel]
 * @returns the SAE's input of the same shape, and what undoes the normalisation
 */
export function normaliseCells(
  w: NodeWriter,
  hidden: string,
  { normalisation, dModel }: SaeSpec,
): { input: string; cell: CellScale } {
  switch (normalisation.kind) {
    case 'none':
      return { input: hidden, cell: { scale: undefined, shift: undefined } };
    case 'constant': {
      const input = w.op('Mul', [hidden, w.float(normalisation.scale)]);
      return { input, cell: { scale: w.float(1 / normalisation.scale), shift: undefined } };
    }
    case 'layerNorm': {
      const mean = w.reduce('ReduceMean', hidden, 2, 1);
      const centred = w.op('Sub', [hidden, mean]);
      const sum = w.reduce('ReduceSumSquare', centred, 2, 1);
      const std = w.op('Sqrt', [w.op('Div', [sum, w.float(dModel - 1)])]);
      const divisor = w.op('Add', [std, w.float(normalisation.epsilon)]);
      return { input: w.op('Div', [centred, divisor]), cell: { scale: std, shift: mean } };
    }
    case 'unitNorm': {
      // An update of zero stays zero instead of becoming NaN.
      const norm = w.op('Max', [w.reduce('ReduceL2', hidden, 2, 1), w.float(1e-12)]);
      const scale = w.op('Div', [norm, w.float(normalisation.norm)]);
      return { input: w.op('Div', [hidden, scale]), cell: { scale, shift: undefined } };
    }
  }
}
