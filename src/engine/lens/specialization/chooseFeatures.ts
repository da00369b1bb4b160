import { SeededDraws } from '../../../numerics/seededDraws.ts';
import { invalidInput } from '../../../protocol/errors.ts';
import type { BaseRun } from '../../pipeline/baseRun.ts';
import { toCells } from '../../pipeline/stageSamples.ts';
import { FitSums } from '../acceptanceFigures.ts';
import type { BlockFacts } from '../intervene/blockFacts.ts';
import { rowsAt } from '../intervene/staticCodes.ts';
import { fromFeatures } from './rebuildUpdate.ts';
import { featureCharts } from './chartNeeds.ts';
import { choosingPrompts, type ChosenFeatures, type SettledReport } from './reportManifest.ts';

/** Pictures of the choosing half in which a feature must be active to be one that could be drawn. */
const activePicturesMin = 2;

/** Cells of a block that are kept for its principal components at most: an even sample. */
const samplesMax = 2048;

interface BlockSums {
  readonly pictures: Map<number, number>;
  cells: number;
  squares: number;
}

/** What the choosing half of the prompts says about each block, one picture after the other. */
export class FeatureChoice {
  readonly #settled: SettledReport;
  readonly #sums = new Map<string, BlockSums>();
  readonly #fits = new Map<string, FitSums>();
  /** Of the updates, by block: f32 `[cells, width]` each. */
  readonly samples = new Map<string, { readonly width: number; readonly parts: Float32Array[] }>();

  constructor(settled: SettledReport) {
    this.#settled = settled;
  }

  /** @param base made with the updates of the report's blocks */
  add(base: BaseRun, blocks: readonly BlockFacts[]): void {
    for (const block of blocks) {
      if (this.#settled.blocks.includes(block.name)) this.#addUpdates(base, block);
    }
    for (const { block, steps } of base.readings) {
      if (!this.#settled.blocks.includes(block)) continue;
      const sums = this.#sums.get(block) ?? {
        ...{ pictures: new Map<number, number>(), cells: 0, squares: 0 },
      };
      this.#sums.set(block, sums);
      const active = new Set<number>();
      for (const { ids, values, norm } of steps) {
        values.forEach((value, slot) => value > 0 && active.add(ids[slot]!));
        sums.cells += norm.length;
        for (const length of norm) sums.squares += length * length;
      }
      for (const id of active) sums.pictures.set(id, (sums.pictures.get(id) ?? 0) + 1);
    }
  }

  /** Explained variance and samples; of the conditional row. */
  #addUpdates(base: BaseRun, block: BlockFacts): void {
    const { name, width, sae } = block;
    const parts = this.samples.get(name)?.parts ?? [];
    this.samples.set(name, { width, parts });
    const fit = this.#fits.get(name) ?? new FitSums({ dModel: width, nFeatures: 0 });
    this.#fits.set(name, fit);
    for (const stepIndex of base.steps.keys()) {
      const rows = rowsAt(base, stepIndex, name);
      const last = rows.update?.subarray((rows.rows - 1) * (rows.update.length / rows.rows));
      const cells = toCells(last ?? new Float32Array(), width);
      const positions = cells.length / width;
      const all = positions * base.steps.length * choosingPrompts(this.#settled).length;
      const every = Math.ceil(all / samplesMax);
      parts.push(cells.filter((_, i) => Math.floor(i / width) % every === 0));
      if (!sae) continue;
      const rebuilt = fromFeatures(cells, rows, rows.rows - 1, block, Infinity);
      fit.addCoded(cells, { ids: new Int32Array(), positions }, rebuilt);
    }
  }

  /**
   * Features are drawn by chance from those that were active in two pictures: the strongest ones would say nothing about
   * a block's others.
   *
   * @throws `invalidInput` where a block has fewer than two such features
   */
  settle(): ChosenFeatures {
    const { blocks, featureCount, seed, charts } = this.#settled;
    const notes: string[] = [];
    const needsFeatures = charts.some((id) => featureCharts.includes(id));
    const sums = blocks.flatMap((block) => {
      const found = this.#sums.get(block);
      return found ? [[block, found] as const] : [];
    });
    const features = sums.map(([block, { pictures }], index) => {
      const live = [...pictures]
        .filter(([, count]) => count >= activePicturesMin)
        .map(([id]) => id)
        .sort((a, b) => a - b);
      if (needsFeatures && live.length < 2) {
        throw invalidInput(
          `${block} has ${live.length} features that were active in at least ${activePicturesMin} of the choosing pictures; at least 2 are needed. Take more prompts.`,
        );
      }
      if (needsFeatures && live.length < featureCount) {
        notes.push(`${block}: only ${live.length} of ${featureCount} features were active.`);
      }
      // A stream of its own for each block: which others are measured changes nothing.
      const drawn = new SeededDraws(seed + index).choose(live, featureCount);
      return [block, drawn.sort((a, b) => a - b)] as const;
    });
    const fits = [...this.#fits].map(([block, fit]) => [block, fit.figures()] as const);
    return {
      features: Object.fromEntries(features),
      rms: Object.fromEntries(
        sums.map(([block, { squares, cells }]) => [block, Math.sqrt(squares / cells)]),
      ),
      rSquared: Object.fromEntries(fits.map(([block, { rSquared }]) => [block, rSquared])),
      explained: Object.fromEntries(
        fits.map(([block, { explainedVariance }]) => [block, explainedVariance]),
      ),
      notes,
    };
  }
}
