import { SeededDraws } from '../../../numerics/seededDraws.ts';
import { invalidInput } from '../../../protocol/errors.ts';
import type { Control, ControlKind } from '../../../protocol/interventions.ts';
import type { Edit, EditRecipe, EditSource } from '../../../protocol/recipe.ts';
import type { BaseRun } from '../../pipeline/baseRun.ts';
import { type BlockFacts, decoderRow } from './blockFacts.ts';
import { type Deposit, massOf } from './deposits.ts';

const controlCountMax = 64;

interface ControlWish {
  readonly kinds: readonly ControlKind[];
  readonly count: number;
  /** The same seed, edit and picture give the same controls. */
  readonly seed: number;
}

/**
 * Controls that match an edit in place and mass, as recipes. `random`: each source's part on its own map goes to a
 * live feature of the same SAE, rescaled by ‖W_f‖ / ‖W_g‖. `sign`: every weight negated. `direction`: a random
 * direction of the source's length. `permuted`: cells shuffled, alike in all steps and rows.
 *
 * @throws `invalidInput` where no other live feature is left, or the block has no SAE
 */
export function matchedControls(
  deposits: readonly Deposit[],
  recipe: EditRecipe,
  base: BaseRun,
  { kinds, count, seed }: ControlWish,
): readonly Control[] {
  if (!(Number.isInteger(count) && count >= 1 && count <= controlCountMax)) {
    throw invalidInput(
      `${String(count)} controls are not possible; allowed are 1 to ${String(controlCountMax)} of a kind.`,
    );
  }
  return [...new Set(kinds)].flatMap((kind) => {
    // A stream of its own for each kind: which other kinds are wanted changes nothing.
    const draws = new SeededDraws(seed + streamOf[kind]);
    const wanted = kind === 'sign' ? 1 : count;
    return Array.from({ length: wanted }, (_, index) => {
      const parts = deposits.map((deposit) => change(deposit, kind, deposits, base, draws, index));
      const edits = parts.flatMap(({ deposit, source }) => editsOf(deposit, source));
      const label = parts.map((part) => part.label).join(', ');
      const name = `Control: ${label}`;
      const { version, saes } = recipe;
      return {
        kind,
        label,
        recipe: { version, name, ...(saes && { saes }), edits },
        mass: parts.reduce((sum, { mass }) => sum + mass, 0),
      };
    });
  });
}

const streamOf = { random: 0, sign: 1, direction: 2, permuted: 3 } as const;

interface Part {
  readonly label: string;
  readonly deposit: Pick<Deposit, 'block' | 'cellsHigh' | 'cellsWide' | 'weights' | 'cleared'>;
  readonly source: EditSource;
  readonly mass: number;
}

function change(
  deposit: Deposit,
  kind: ControlKind,
  all: readonly Deposit[],
  base: BaseRun,
  draws: SeededDraws,
  index: number,
): Part {
  const { source, block, weights } = deposit;
  const own: EditSource =
    source.feature === undefined
      ? { name: source.label.slice(block.name.length + 1), vector: Array.from(source.vector) }
      : { feature: source.feature };
  const mass = massOf(deposit);
  const mapped = (map: (values: Float32Array) => Float32Array): Deposit['weights'] =>
    weights.map((rows) => rows.map(map));
  switch (kind) {
    case 'random': {
      const feature = randomFeature(deposit, all, base, draws);
      const norm = Math.hypot(...(block.sae ? decoderRow(block.sae, feature) : []));
      const scaled = mapped((map) => map.map((weight) => (weight * source.norm) / norm));
      const label = `${block.name}/${String(feature)} in place of ${source.label}`;
      return { label, deposit: { ...deposit, weights: scaled }, source: { feature }, mass };
    }
    case 'sign': {
      const negated = mapped((map) => map.map((weight) => -weight));
      const label = `${source.label} with its sign flipped`;
      return { label, deposit: { ...deposit, weights: negated }, source: own, mass };
    }
    case 'direction': {
      const direction = draws.direction(block.width).map((value) => value * source.norm);
      const name = `random direction ${String(index + 1)}`;
      const label = `${block.name}/${name} in place of ${source.label}`;
      return { label, deposit, source: { name, vector: Array.from(direction) }, mass };
    }
    case 'permuted': {
      const cells = Array.from({ length: deposit.cellsHigh * deposit.cellsWide }, (_, i) => i);
      const order = draws.choose(cells, cells.length);
      const shuffled = mapped((map) => map.map((_, cell) => map[order[cell] ?? 0] ?? 0));
      const label = `${source.label} with its cells shuffled (${String(index + 1)})`;
      return { label, deposit: { ...deposit, weights: shuffled }, source: own, mass };
    }
  }
}

function randomFeature(
  { block, source }: Deposit,
  all: readonly Deposit[],
  base: BaseRun,
  draws: SeededDraws,
): number {
  const taken = new Set(
    all.filter((each) => each.block === block).map((each) => each.source.feature),
  );
  const live = liveFeatures(block, base).filter((feature) => !taken.has(feature));
  const [feature] = draws.choose(live, 1);
  if (feature !== undefined) return feature;
  throw invalidInput(
    `There is no live feature at ${block.name} that could take the place of ${source.label}.`,
  );
}

/** Features that fired when the SAE was measured; without such figures those that are active in this picture. */
function liveFeatures({ sae, name }: BlockFacts, base: BaseRun): readonly number[] {
  if (!sae) return [];
  const { featureMean } = sae.definition;
  if (featureMean) {
    return Array.from(featureMean, (mean, feature) => ({ mean, feature }))
      .filter(({ mean, feature }) => mean > 0 && isUsable(sae, feature))
      .map(({ feature }) => feature);
  }
  const active = new Set<number>();
  for (const { rows } of base.steps) {
    const codes = rows.find(({ tap }) => tap.stage.name === name)?.codes;
    codes?.values.forEach((value, slot) => value > 0 && active.add(codes.ids[slot] ?? 0));
  }
  return [...active].filter((feature) => isUsable(sae, feature)).sort((a, b) => a - b);
}

const isUsable = (sae: NonNullable<BlockFacts['sae']>, feature: number): boolean =>
  decoderRow(sae, feature).some((value) => value !== 0);

function editsOf(
  { block, cellsHigh, cellsWide, weights, cleared }: Part['deposit'],
  source: EditSource,
): readonly Edit[] {
  const added: Edit = {
    kind: 'addMap',
    block: block.name,
    sources: [source],
    weights: weights.map((rows) => rows.map((map) => Array.from(map))),
    cellsHigh,
    cellsWide,
  };
  if (!cleared) return [added];
  const { mask, steps } = cleared;
  const ablated: Edit = {
    kind: 'ablate',
    block: block.name,
    ...(mask && { mask }),
    ...(steps && { steps }),
  };
  return [ablated, added];
}
