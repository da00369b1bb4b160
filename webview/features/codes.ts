import { activities, type BlockCodes, type FeatureActivity } from '../../src/numerics/codes.ts';
import type { ReadBlock } from '../../src/protocol/featurePanel.ts';
import type { StepReading } from '../../src/protocol/features.ts';

/**
 * What strengths are counted in: the SAE's own activations, or multiples of the mean that a feature has where it is
 * active, so that features and blocks of different scales can be compared.
 */
export type StrengthUnit = 'activation' | 'featureMean';

/** In which unit a block's strengths are shown: a block whose SAE came without means keeps its own. */
export const unitOf = ({ featureMean }: ReadBlock, wanted: StrengthUnit): StrengthUnit =>
  featureMean ? wanted : 'activation';

export const unitWords = (unit: StrengthUnit): string =>
  unit === 'activation' ? 'activation' : "× the feature's mean";

/** A picture with fewer steps shows its last one. */
export const stepIndexIn = ({ steps }: Pick<ReadBlock, 'steps'>, stepIndex: number): number =>
  Math.max(0, Math.min(stepIndex, steps.length - 1));

interface ScaledCodes extends BlockCodes {
  /** Active features whose mean is not known: they have no strength in this unit and are left out. */
  readonly unknownIds: ReadonlySet<number>;
}

const known = {
  activation: new WeakMap<StepReading, ScaledCodes>(),
  featureMean: new WeakMap<StepReading, ScaledCodes>(),
};

/** Codes of a block at a step, in a unit; made once. */
export function codesOf(
  reading: ReadBlock,
  stepIndex: number,
  wanted: StrengthUnit = 'activation',
): ScaledCodes {
  const step = reading.steps[stepIndexIn(reading, stepIndex)]!;
  const unit = unitOf(reading, wanted);
  const made = known[unit].get(step) ?? codesIn(reading, step, unit);
  known[unit].set(step, made);
  return made;
}

function codesIn(reading: ReadBlock, step: StepReading, unit: StrengthUnit): ScaledCodes {
  const { cellsHigh, cellsWide, nFeatures, slotCount, featureMean } = reading;
  const { ids } = step;
  const unknownIds = new Set<number>();
  const codes = { cellsHigh, cellsWide, nFeatures, slotCount, ids, unknownIds };
  if (unit === 'activation' || !featureMean) return { ...codes, values: step.values };
  const values = step.values.map((value, slot) => {
    const id = ids[slot]!;
    const mean = featureMean[id]!;
    if (mean > 0 && Number.isFinite(mean)) return value / mean;
    if (value > 0) unknownIds.add(id);
    return 0;
  });
  return { ...codes, values };
}

const knownActivities = new WeakMap<BlockCodes, readonly FeatureActivity[]>();

/** Activity of every active feature of a block at a step; computed once. */
export function activitiesOf(
  reading: ReadBlock,
  stepIndex: number,
  unit: StrengthUnit = 'activation',
): readonly FeatureActivity[] {
  const codes = codesOf(reading, stepIndex, unit);
  const list = knownActivities.get(codes) ?? activities(codes);
  knownActivities.set(codes, list);
  return list;
}
