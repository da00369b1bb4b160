import { invalidInput } from '../../../protocol/errors.ts';
import type { FeatureRef } from '../../../protocol/featurePanel.ts';
import type { FeatureRow } from '../../../protocol/indexSearch.ts';
import type { LabelStore } from '../../store/labelStore.ts';
import type { FoundIndex } from './findIndexes.ts';
import { IndexedBlock } from './indexedBlock.ts';
import { LabelTable, type PlacedBlock } from './labelTable.ts';
import { WordIndex } from './wordIndex.ts';

/** Features of all blocks together; more would need wider numbers in the word index. */
const featuresMax = 2 ** 27;

/** Everything that is known of a model's features, ready to be searched: one index for each block that has one. */
export class Catalogue {
  readonly blocks: readonly PlacedBlock[];
  readonly words: WordIndex;
  readonly labels: LabelTable;
  readonly size: number;

  private constructor(blocks: readonly PlacedBlock[], words: WordIndex, labels: LabelTable) {
    this.blocks = blocks;
    this.words = words;
    this.labels = labels;
    this.size = blocks.reduce((sum, { block }) => sum + block.nFeatures, 0);
  }

  /** @param found one index for each block, in the order in which blocks are listed */
  static async load(
    found: readonly FoundIndex[],
    store: () => LabelStore | undefined,
    onProblem: (text: string) => void,
  ): Promise<Catalogue> {
    const blocks: PlacedBlock[] = [];
    let offset = 0;
    try {
      for (const index of found) {
        const block = await IndexedBlock.load(index, onProblem);
        blocks.push({ block, offset });
        offset += block.nFeatures;
        if (offset > featuresMax) throw invalidInput('The indexes hold too many features.');
      }
      return new Catalogue(blocks, await WordIndex.build(blocks), new LabelTable(blocks, store));
    } catch (error) {
      for (const { block } of blocks) block.reader.close();
      throw error;
    }
  }

  /** @throws `invalidInput` when the block has no index or the id is out of range */
  place({ block: name, id }: FeatureRef): PlacedBlock {
    const placed = this.blocks.find(({ block }) => block.summary.block === name);
    if (!placed) {
      const known = this.blocks.map(({ block }) => block.summary.block).join(', ') || 'none';
      throw invalidInput(`The block "${name}" has no index; blocks with one: ${known}.`);
    }
    const { nFeatures } = placed.block;
    if (Number.isSafeInteger(id) && id >= 0 && id < nFeatures) return placed;
    throw invalidInput(`There is no feature ${name}/${id}: its SAE has 0 ... ${nFeatures - 1}.`);
  }

  /** Block and id of a number in the catalogue. */
  featureAt(feature: number): { readonly placed: PlacedBlock; readonly id: number } {
    const placed = this.blocks.findLast(({ offset }) => offset <= feature)!;
    return { placed, id: feature - placed.offset };
  }

  row(feature: number, matches: FeatureRow['matches'] = []): FeatureRow {
    const { placed, id } = this.featureAt(feature);
    const { block } = placed;
    return {
      block: block.summary.block,
      id,
      ...block.figures(id),
      label: this.labels.effective(placed, id),
      words: block.words[id] === '' ? [] : block.words[id]!.split(' '),
      best: block.best(id),
      matches,
    };
  }

  close(): void {
    for (const { block } of this.blocks) block.reader.close();
    this.labels.close();
  }
}
