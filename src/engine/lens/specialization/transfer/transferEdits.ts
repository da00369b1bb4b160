import type { ChosenFeature, TransferChoice } from '../../../../numerics/transferChoice.ts';
import type { TapEdit } from '../../../onnx/tapEdit.ts';
import type { EditSchedule } from '../../../pipeline/editing.ts';
import type { BlockFacts } from '../../intervene/blockFacts.ts';
import { resolveSource } from '../../intervene/editSources.ts';
import { rowsAt, staticMaps } from '../../intervene/staticCodes.ts';
import { TapEditBuilder } from '../../intervene/tapEditBuilder.ts';
import type { SettledPair } from '../reportManifest.ts';
import { type PairMasks, pairMasks, type PairRuns } from './pairMasks.ts';

/** What is transferred in one block: features by the SAE, neurons of a tap at them, or all of the update. */
export type Transferred =
  | { readonly kind: 'features' | 'neurons'; readonly choice: TransferChoice }
  | { readonly kind: 'everything' };

/**
 * The edits that carry one prompt's run to another's. With m the strength, M the masks, S the codes of the two unedited
 * runs at the same step (static maps, cell by cell; features were chosen at the first step, and act at all):
 * ```
 * features    D_out += m · (Σ_added M_edited · S_edited · W - Σ_removed M_original · S_original · W)
 * everything  D_out += m · (M_edited · ΔD_edited - M_original · ΔD_original)
 * neurons     v     += m · ([added] · M_edited · v_edited - [removed] · M_original · v_original)
 * ```
 * With guidance only the conditional row is edited, by its own codes.
 *
 * @param blocks those that are edited; of neurons, the taps at them
 * @param runs with the updates of the blocks, except for features
 * @source RIEBench `setup_activation_interventions` and `setup_neuron_interventions`, modes `sae`, `steering` and `neurons`
 *   with `maintain_spatial_info` and `subtract_target_add_source`
 */
export function transferEdits(
  what: Transferred,
  strength: number,
  { where }: Pick<SettledPair, 'where'>,
  runs: PairRuns,
  blocks: readonly BlockFacts[],
): EditSchedule {
  return runs.original.steps.map((_, stepIndex) => {
    const taps = new Map<string, TapEdit>();
    for (const block of blocks) {
      const own = what.kind === 'everything' ? undefined : ofBlock(what.choice, block.name);
      if (own && own.added.length + own.removed.length === 0) continue;
      const rows = rowsAt(runs.original, stepIndex, block.name);
      const { cellsHigh, cellsWide } = rows;
      const size = { rows: rows.rows, cells: cellsHigh * cellsWide, width: block.width };
      const builder = new TapEditBuilder({ ...size, nFeatures: 0 });
      const place = {
        ...{ block, runs, stepIndex, strength },
        masks: pairMasks(where, runs, cellsHigh, cellsWide),
      };
      if (what.kind === 'features' && own) addFeatures(builder, own, place);
      else {
        const everywhere = new Float32Array(size.cells).fill(1);
        builder.addTensor(updateChange(place, size.rows, own), everywhere);
      }
      taps.set(block.name, builder.build(rows));
    }
    return taps.size > 0 ? taps : undefined;
  });
}

interface Place {
  readonly block: BlockFacts;
  readonly runs: PairRuns;
  readonly stepIndex: number;
  readonly strength: number;
  readonly masks: PairMasks;
}

const ofBlock = ({ added, removed }: TransferChoice, name: string): TransferChoice => {
  const here = ({ block }: ChosenFeature): boolean => block === name;
  return { added: added.filter(here), removed: removed.filter(here) };
};

function addFeatures(
  builder: TapEditBuilder,
  { added, removed }: TransferChoice,
  { block, runs, stepIndex, strength, masks }: Place,
): void {
  const give = (list: readonly ChosenFeature[], run: keyof PairRuns, sign: 1 | -1): void => {
    const rows = rowsAt(runs[run], stepIndex, block.name);
    for (const { feature } of list) {
      const source = resolveSource({ feature }, block);
      const maps = staticMaps(rows, source).map((map, row, all) =>
        map.map((value, cell) => (row < all.length - 1 ? 0 : value * masks[run][cell]!)),
      );
      builder.list(source, maps, { constant: sign * strength });
    }
  };
  give(added, 'edited', 1);
  give(removed, 'original', -1);
}

/** @param chosen neurons that count; all without them @returns f32 `[rows, width, cells]` */
function updateChange(
  { block, runs, stepIndex, strength, masks }: Place,
  rowCount: number,
  chosen: TransferChoice | undefined,
): Float32Array {
  const cells = masks.original.length;
  const change = new Float32Array(rowCount * block.width * cells);
  const start = (rowCount - 1) * block.width * cells;
  const give = (run: keyof PairRuns, sign: 1 | -1, ids: ReadonlySet<number> | undefined): void => {
    const { update } = rowsAt(runs[run], stepIndex, block.name);
    if (!update) throw new RangeError(`The update of ${block.name} was not kept.`);
    for (let channel = 0; channel < block.width; channel++) {
      if (ids && !ids.has(channel)) continue;
      for (let cell = 0; cell < cells; cell++) {
        const at = start + channel * cells + cell;
        change[at] = change[at]! + sign * strength * masks[run][cell]! * update[at]!;
      }
    }
  };
  const idsOf = (list: readonly ChosenFeature[] | undefined): ReadonlySet<number> | undefined =>
    list && new Set(list.map(({ feature }) => feature));
  give('edited', 1, idsOf(chosen?.added));
  give('original', -1, idsOf(chosen?.removed));
  return change;
}
