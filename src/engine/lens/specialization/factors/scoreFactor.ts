import { setImmediate } from 'node:timers/promises';
import { mixed } from '../../../../numerics/permutation.ts';
import { SeededDraws } from '../../../../numerics/seededDraws.ts';
import type { Components } from '../componentsFile.ts';
import type { ReportManifest } from '../reportManifest.ts';
import type { ProbeRow, ReportRow, ScoreRow } from '../reportRows.ts';
import { type Column, columnScore, type ColumnScore, ranked } from './columnScores.ts';
import { denseColumns, sparseColumns, untrainedColumns } from './sceneColumns.ts';
import type { SceneCodes } from './sceneFile.ts';
import { sparseProbe } from './sparseProbe.ts';
import { factorNames, factorPairs } from './statedFactors.ts';
import type { UntrainedScene } from './untrainedFile.ts';
import { unsaidNames, unsaidPairs } from './unsaidPairs.ts';

/** What only some reports have beside their scenes. */
interface ScoreControls {
  /** Of the block's ΔD. */
  readonly components: Components | undefined;
  /** All of the report. */
  readonly untrained: readonly UntrainedScene[];
}

/**
 * What a block's features say of one factor: the best feature and the sparse probes, beside the best channel of ΔD, the
 * best principal component, the best channel of the untrained U-net, an SAE drawn by chance, the prompt's own embedding,
 * and features with shuffled labels. Everything is chosen on one half of the pictures and scored on the other. Of what no prompt states there are no probes.
 *
 * @param scenes all of the report
 */
export async function scoreFactor(
  { block, factor: name }: Pick<ScoreRow, 'block' | 'factor'>,
  { settled }: ReportManifest,
  scenes: readonly SceneCodes[],
  { components, untrained }: ScoreControls,
): Promise<readonly ReportRow[]> {
  const stated = factorNames(settled.scenes);
  const isStated = stated.includes(name);
  const place = isStated ? stated.indexOf(name) : stated.length + unsaidNames(settled.scenes).indexOf(name); // prettier-ignore
  const pairsOf = isStated ? factorPairs : unsaidPairs;
  const { choosing, testing } = pairsOf(settled.scenes.pictures, name);
  const b = settled.blocks.indexOf(block);
  const seed = mixed(settled.seed, b, place);
  const features = sparseColumns(scenes, (scene) => scene.blocks[block]?.codes);
  const channels = denseColumns(scenes, (scene) => scene.blocks[block]?.channels ?? []);
  const random = sparseColumns(scenes, (scene) => scene.blocks[block]?.random);
  const control = untrainedColumns(untrained, block, scenes.length);
  // The same for all blocks: it stands with the first.
  const told = b === 0 ? denseColumns(scenes, (scene) => scene.told) : [];
  const best = async (columns: readonly Column[]): Promise<ColumnScore> => {
    await setImmediate();
    const [first] = ranked(columns, choosing);
    await setImmediate();
    const { column, sign } = first ?? { column: { id: 0, values: [] }, sign: 1 as const };
    return columnScore(column, sign, testing, seed);
  };
  const probe = async (
    arm: ProbeRow['arm'],
    columns: readonly Column[],
    pairs = choosing,
  ): Promise<ProbeRow> => {
    await setImmediate();
    const of = arm === 'told' ? '' : block;
    return {
      kind: 'probe',
      block: of,
      factor: name,
      arm,
      auroc: [...sparseProbe(columns, pairs, testing)],
    };
  };
  const chance = new SeededDraws(seed);
  const shuffled = choosing.map(([one, other]) =>
    chance.below(2) === 1 ? ([other, one] as const) : ([one, other] as const),
  );
  const score: ScoreRow = {
    ...{ kind: 'score', block, factor: name, pairCount: testing.length },
    feature: await best(features),
    random: await best(random),
    channel: await best(channels),
    ...(control.length > 0 && { untrained: await best(control) }),
    ...(components && { component: await best(alongComponents(channels, components)) }),
    ...(b === 0 && { told: await best(told) }),
  };
  if (!isStated) return [score];
  return [
    score,
    await probe('feature', features),
    await probe('shuffled', features, shuffled),
    await probe('channel', channels),
    ...(b === 0 ? [await probe('told', told)] : []),
  ];
}

/** ΔD along each component, up to a constant. */
const alongComponents = (channels: readonly Column[], { vectors }: Components): readonly Column[] =>
  vectors.map((vector, id) => {
    const values = new Float64Array(channels[0]?.values.length ?? 0);
    channels.forEach((channel, c) => {
      for (let i = 0; i < values.length; i++) {
        values[i] = (values[i] ?? 0) + (vector[c] ?? 0) * (channel.values[i] ?? 0);
      }
    });
    return { id, values };
  });
