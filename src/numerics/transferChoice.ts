/** Mean codes of one block's features (or means of its neurons) within the mask of one run; those that are not named are 0. */
export interface BlockMeans {
  readonly block: string;
  readonly edited: ReadonlyMap<number, number>;
  readonly original: ReadonlyMap<number, number>;
}

/** `raw`: over the features of all blocks; `normalised`: over those of the feature's own block. */
export const shareKinds = ['raw', 'normalised'] as const;
export type ShareKind = (typeof shareKinds)[number];

export interface ChosenFeature {
  readonly block: string;
  readonly feature: number;
  /** Share in the edited prompt's run minus share in the original prompt's. */
  readonly score: number;
}

export interface TransferChoice {
  /** Highest first; all above 0. */
  readonly added: readonly ChosenFeature[];
  /** Lowest first; all below 0. */
  readonly removed: readonly ChosenFeature[];
}

/**
 * The features that tell two prompts' runs apart:
 * ```
 * score_f = m_f / Σ |m| (edited) - m_f / Σ |m| (original)
 * ```
 * with m the mean code over the masked cells and the sums over the features of all blocks (`raw`) or of one
 * (`normalised`); codes are never negative, neurons may be. Added are the `count` highest, removed the `count` lowest, all blocks in one list; scores of 0 or of
 * the wrong sign never count. A run in which nothing is active in the mask has shares of 0. Ties: earlier block, then
 * lower id.
 *
 * @source RIEBench `best_features_saeuron` over concatenated blocks; its own normalised form divides each block by the
 *   length of its means instead, keeps zero and wrong-sign scores, and sums neurons with their signs (a sum near 0 would
 *   turn the order around)
 */
export function transferChoice(
  blocks: readonly BlockMeans[],
  count: number,
  kind: ShareKind,
): TransferChoice {
  const sumOf = (means: ReadonlyMap<number, number>): number =>
    [...means.values()].reduce((sum, value) => sum + Math.abs(value), 0);
  const sums = blocks.map(({ edited, original }) => [sumOf(edited), sumOf(original)] as const);
  const totals = [0, 1].map((run) => sums.reduce((sum, each) => sum + (each[run] ?? 0), 0));
  const share = (value = 0, sum = 0): number => (sum > 0 ? value / sum : 0);
  const scores = blocks.flatMap(({ block, edited, original }, b) => {
    const [ofEdited, ofOriginal] = kind === 'raw' ? totals : (sums[b] ?? []);
    return [...new Set([...edited.keys(), ...original.keys()])]
      .sort((one, other) => one - other)
      .map((feature): ChosenFeature => {
        const here = share(edited.get(feature), ofEdited);
        return { block, feature, score: here - share(original.get(feature), ofOriginal) };
      });
  });
  // Sorting is stable: ties stay in the order of blocks and ids.
  const take = (sign: 1 | -1): readonly ChosenFeature[] =>
    scores
      .filter(({ score }) => sign * score > 0)
      .sort((one, other) => sign * (other.score - one.score))
      .slice(0, count);
  return { added: take(1), removed: take(-1) };
}
