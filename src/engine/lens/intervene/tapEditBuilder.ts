import type { EditSource, ListedEdit, TapEdit } from '../../onnx/tapEdit.ts';

/** One weight a cell for each row of the batch. */
export type RowMaps = readonly Float32Array[]; // [rows][cells]

interface Listed {
  readonly source: EditSource;
  readonly maps: RowMaps;
  readonly terms: Pick<ListedEdit, 'constant' | 'byCode' | 'whereActive'>;
}

/** Edits of one stage in one step, applied in order, as the one linear form that the graph computes. */
export class TapEditBuilder {
  readonly #rows: number;
  readonly #cells: number;
  readonly #width: number;
  readonly #nFeatures: number;
  #keep: RowMaps;
  #list: Listed[] = [];
  #rebuilt: RowMaps | undefined;
  #bias: RowMaps | undefined;
  #addition: Float32Array | undefined; // [rows, width, cells]

  constructor(size: { rows: number; cells: number; width: number; nFeatures: number }) {
    this.#rows = size.rows;
    this.#cells = size.cells;
    this.#width = size.width;
    this.#nFeatures = size.nFeatures;
    this.#keep = this.constant(1);
  }

  /** @returns the same weight in every cell and row */
  constant(value: number): RowMaps {
    return Array.from({ length: this.#rows }, () => new Float32Array(this.#cells).fill(value));
  }

  /** Takes away what the update is by now, by the mask's weight. */
  fade(mask: Float32Array): void {
    const left = mask.map((weight) => 1 - weight);
    const fade = (maps: RowMaps): RowMaps => multiply(maps, left);
    this.#keep = fade(this.#keep);
    this.#list = this.#list.map((entry) => ({ ...entry, maps: fade(entry.maps) }));
    this.#rebuilt &&= fade(this.#rebuilt);
    this.#bias &&= fade(this.#bias);
    const addition = this.#addition;
    if (!addition) return;
    for (let i = 0; i < addition.length; i++) {
      addition[i] = (addition[i] ?? 0) * (left[i % this.#cells] ?? 0);
    }
  }

  /** Adds the stage's own update by the mask's weight. */
  addOwn(mask: Float32Array): void {
    this.#keep = add(this.#keep, mask);
  }

  list(source: EditSource, maps: RowMaps, terms: Listed['terms']): void {
    this.#list.push({ source, maps, terms });
  }

  /** Adds what the SAE rebuilds from this run's codes, by the mask's weight; the decoder's bias too. */
  addRebuilt(mask: Float32Array): void {
    this.#rebuilt = add(this.#rebuilt ?? this.constant(0), mask);
    this.addBias(mask);
  }

  addBias(mask: Float32Array): void {
    this.#bias = add(this.#bias ?? this.constant(0), mask);
  }

  /** Adds a tensor of the update's shape, by the mask's weight. @param tensor f32 `[rows, width, cells]` */
  addTensor(tensor: Float32Array, mask: Float32Array): void {
    this.#addition ??= new Float32Array(this.#rows * this.#width * this.#cells);
    const sum = this.#addition;
    for (let i = 0; i < sum.length; i++) {
      sum[i] = (sum[i] ?? 0) + (tensor[i] ?? 0) * (mask[i % this.#cells] ?? 0);
    }
  }

  /** @param grid height and columns of the stage */
  build(grid: { readonly cellsHigh: number; readonly cellsWide: number }): TapEdit {
    const { cellsHigh, cellsWide } = grid;
    return {
      keep: this.#keep,
      list: this.#list.map(({ source, maps, terms }) => ({ source, map: maps, ...terms })),
      ...(this.#rebuilt && {
        gain: new Float32Array(this.#nFeatures).fill(1),
        gainMap: this.#rebuilt,
      }),
      ...(this.#bias && { biasWeight: this.#bias }),
      ...(this.#addition && {
        addition: {
          tensor: {
            dtype: 'float32',
            dims: [this.#rows, this.#width, cellsHigh, cellsWide],
            data: this.#addition,
          },
          weight: 1,
        },
      }),
    };
  }
}

const multiply = (maps: RowMaps, factors: Float32Array): RowMaps =>
  maps.map((map) => map.map((value, cell) => value * (factors[cell] ?? 0)));

const add = (maps: RowMaps, more: Float32Array): RowMaps =>
  maps.map((map) => map.map((value, cell) => value + (more[cell] ?? 0)));
