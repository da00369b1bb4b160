import { significant } from '../../../../numerics/significant.ts';
import { markKey } from '../charts/chartData.ts';
import type { MeasureContext } from '../measureUnit.ts';
import type { ReportManifest } from '../reportManifest.ts';
import type { ReportRow, ScoreRow } from '../reportRows.ts';
import { factorNames, factorPairs } from './statedFactors.ts';
import { unsaidPairs } from './unsaidPairs.ts';

/** Two scenes behind a mark of charts 4 and 6: one states a factor, the other, like it otherwise, does not. */
export interface ScenePair {
  readonly positive: number;
  readonly negative: number;
  readonly label: string;
}

/**
 * The scoring pairs behind a mark of charts 4 and 6: of chart 4 those of its factor, from the one in which the best feature
 * differs least to that in which it does most; of chart 6 all factors in turn.
 *
 * @returns undefined for a key that is not about scenes
 */
export async function scenePairsBehind(
  key: string,
  manifest: ReportManifest,
  rows: readonly ReportRow[],
  { scenes }: Pick<MeasureContext, 'scenes'>,
): Promise<readonly ScenePair[] | undefined> {
  const scored = rows.filter((row): row is ScoreRow => row.kind === 'score');
  const row = scored.find((each) => markKey(each) === key);
  const all = scored.filter(({ block }) => markKey({ kind: 'probe', block }) === key);
  if (!row && all.length === 0) return undefined;
  const codes = new Map((await scenes()).map(({ scene, blocks }) => [scene, blocks]));
  const pairsOf = ({ block, factor, feature: { id, sign } }: ScoreRow): readonly ScenePair[] => {
    const codeIn = (scene: number): number => {
      const { ids, values } = codes.get(scene)?.[block]?.codes ?? { ids: [], values: [] };
      return values[ids.indexOf(id)] ?? 0;
    };
    const { scenes: known } = manifest.settled;
    const pairsOfFactor = factorNames(known).includes(factor) ? factorPairs : unsaidPairs;
    return pairsOfFactor(known.pictures, factor)
      .testing.map(([positive, negative]) => {
        const [having, without] = [codeIn(positive), codeIn(negative)];
        const label = `${factor}: mean code of ${block}/${id} ${significant(having)} with it, ${significant(without)} without`;
        return { positive, negative, label, by: sign * (having - without) };
      })
      .sort((a, b) => a.by - b.by);
  };
  if (row) return pairsOf(row);
  const lists = all.map(pairsOf);
  const longest = Math.max(...lists.map(({ length }) => length));
  return Array.from({ length: longest }, (_, place) => place).flatMap((place) =>
    lists.flatMap((list) => list[place] ?? []),
  );
}
