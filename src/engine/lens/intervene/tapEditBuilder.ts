import type { ListedEdit, TapEdit } from '../../onnx/tapEdit.ts';
import type { ResolvedSource } from './editSources.ts';

/** One weight a cell for each row of the batch. */
export type RowMaps = readonly Float32Array[]; // [rows][cells]

/** What a source's vector is multiplied with: `constant + byCode · s + whereActive · [s > 0]`. */
export type EditTerms = Pick<ListedEdit, 'constant' | 'byCode' | 'whereActive'>;

/**
 * The few things that all edits are made of, told in order. With u the stage's own update and `now` what it is by
 * then, both `[rows, cells, width]`, m the mask:
 */
export interface EditSink {
  /** `now = (1 - m) · now` */
  fade(mask: Float32Array): void;
  /** `now += m · u` */
  addOwn(mask: Float32Array): void;
  /** `now += maps · (constant + byCode · s + whereActive · [s > 0]) · W`, s the source's code in this very run */
  list(source: ResolvedSource, maps: RowMaps, terms: EditTerms): void;
  /** `now += m · h_hat`, from this run's codes, with the decoder's bias */
  addRebuilt(mask: Float32Array): void;
  /** `now += m · b_dec` */
  addBias(mask: Float32Array): void;
  /** `now += m · tensor`. @param tensor f32 `[rows, width, cells]` */
  addTensor(tensor: Float32Array, mask: Float32Array): void;
}

interface Listed {
  readonly source: ResolvedSource;
  readonly maps: RowMaps;
  readonly terms: EditTerms;
}

/** Edits of one stage in one step, applied in order, as the one linear form that the graph computes. */
export class TapEditBuilder implements EditSink {
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

  addOwn(mask: Float32Array): void {
    this.#keep = add(this.#keep, mask);
  }

  list(source: ResolvedSource, maps: RowMaps, terms: EditTerms): void {
    this.#list.push({ source, maps, terms });
  }

  addRebuilt(mask: Float32Array): void {
    this.#rebuilt = add(this.#rebuilt ?? this.constant(0), mask);
    this.addBias(mask);
  }

  addBias(mask: Float32Array): void {
    this.#bias = add(this.#bias ?? this.constant(0), mask);
  }

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
      list: this.#list.map(({ source, maps, terms }) => ({
        source: source.tapSource,
        map: maps,
        ...terms,
      })),
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
