import { Buffer } from 'node:buffer';
import { invalidInput } from '../../../protocol/errors.ts';
import type { EditRecipe } from '../../../protocol/recipe.ts';
import type { BlockFacts } from '../intervene/blockFacts.ts';
import { applyEdits, type CompileContext, editedBlocks } from '../intervene/compileRecipe.ts';
import type { ResolvedSource } from '../intervene/editSources.ts';
import { rowsAt } from '../intervene/staticCodes.ts';
import type { EditSink, EditTerms, RowMaps } from '../intervene/tapEditBuilder.ts';

/** An editor should still open the text. */
const arrayBytesMax = 24 * 2 ** 20;

/** One thing that is done to an update, as the script's `apply` reads it; numbers name arrays. */
export type PythonOperation =
  | { readonly do: 'fade' | 'own' | 'rebuild' | 'bias'; readonly mask: number }
  | { readonly do: 'tensor'; readonly tensor: number; readonly mask: number }
  | {
      readonly do: 'add';
      readonly vector: number;
      readonly maps: number;
      readonly terms: readonly [number, number, number];
      /** Feature of the SAE whose code counts; null where none does. */
      readonly feature: number | null;
      readonly read: number | null;
      readonly readBias: number;
    };

export interface PythonEdits {
  /** By step and module path. */
  readonly steps: readonly Readonly<Record<string, readonly PythonOperation[]>>[];
  /** Base64 of little-endian float32. */
  readonly arrays: readonly string[];
  /** Blocks whose codes the script must compute itself. */
  readonly saes: readonly BlockFacts[];
}

/** What a recipe does, in the few operations of `EditSink`, with all numbers in place. @throws as `compileRecipe` */
export function pythonEdits(recipe: EditRecipe, context: CompileContext): PythonEdits {
  const table = new ArrayTable();
  const saes = new Set<BlockFacts>();
  const steps = context.base.steps.map((_, stepIndex) =>
    Object.fromEntries(
      editedBlocks(recipe, context.blocks, stepIndex).map((block) => {
        const rows = rowsAt(context.base, stepIndex, block.name);
        const sink = new PythonSink(table, block, rows.rows, () => saes.add(block));
        applyEdits(recipe, sink, { ...context, block, rows, stepIndex });
        return [block.path, sink.operations];
      }),
    ),
  );
  return { steps, arrays: table.arrays, saes: [...saes] };
}

class ArrayTable {
  readonly arrays: string[] = [];
  readonly #known = new Map<string, number>();
  #sizeBytes = 0;

  add(values: Float32Array): number {
    const text = Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString(
      'base64',
    );
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    this.#sizeBytes += values.byteLength;
    if (this.#sizeBytes > arrayBytesMax) {
      throw invalidInput(
        `The script would hold more than ${String(arrayBytesMax / 2 ** 20)} MiB of numbers. Copy the edit as JSON, or use adaptive maps.`,
      );
    }
    this.#known.set(text, this.arrays.length);
    return this.arrays.push(text) - 1;
  }
}

class PythonSink implements EditSink {
  readonly operations: PythonOperation[] = [];
  readonly #table: ArrayTable;
  readonly #block: BlockFacts;
  readonly #rows: number;
  readonly #needSae: () => void;

  constructor(table: ArrayTable, block: BlockFacts, rows: number, needSae: () => void) {
    this.#table = table;
    this.#block = block;
    this.#rows = rows;
    this.#needSae = needSae;
  }

  fade(mask: Float32Array): void {
    this.operations.push({ do: 'fade', mask: this.#table.add(mask) });
  }

  addOwn(mask: Float32Array): void {
    this.operations.push({ do: 'own', mask: this.#table.add(mask) });
  }

  addRebuilt(mask: Float32Array): void {
    this.#needSae();
    this.operations.push({ do: 'rebuild', mask: this.#table.add(mask) });
  }

  addBias(mask: Float32Array): void {
    const { sae } = this.#block;
    if (sae?.definition.normalisation === 'none') {
      const maps = Array.from({ length: this.#rows }, () => mask);
      this.operations.push({
        do: 'add',
        vector: this.#table.add(sae.definition.preBias),
        maps: this.#table.add(joined(maps)),
        terms: [1, 0, 0],
        feature: null,
        read: null,
        readBias: 0,
      });
      return;
    }
    this.#needSae();
    this.operations.push({ do: 'bias', mask: this.#table.add(mask) });
  }

  addTensor(tensor: Float32Array, mask: Float32Array): void {
    const [tensorIndex, maskIndex] = [this.#table.add(tensor), this.#table.add(mask)];
    this.operations.push({ do: 'tensor', tensor: tensorIndex, mask: maskIndex });
  }

  list(source: ResolvedSource, maps: RowMaps, terms: EditTerms): void {
    const { constant = 0, byCode = 0, whereActive = 0 } = terms;
    const readsCode = byCode !== 0 || whereActive !== 0;
    // The decoder of an SAE that scales each cell counts in that scale, which only the SAE can tell.
    const isScaled = this.#block.sae?.definition.normalisation !== 'none';
    const isFeature = source.feature !== undefined;
    if (isFeature && (readsCode || isScaled)) this.#needSae();
    this.operations.push({
      do: 'add',
      vector: this.#table.add(source.vector),
      maps: this.#table.add(joined(maps)),
      terms: [constant, byCode, whereActive],
      feature: isFeature && (readsCode || isScaled) ? source.feature : null,
      read: readsCode && source.read ? this.#table.add(source.read) : null,
      readBias: source.readBias,
    });
  }
}

function joined(maps: RowMaps): Float32Array {
  const cells = maps[0]?.length ?? 0;
  const all = new Float32Array(maps.length * cells);
  maps.forEach((map, row) => {
    all.set(map, row * cells);
  });
  return all;
}
