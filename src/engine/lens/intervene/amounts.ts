import { invalidInput } from '../../../protocol/errors.ts';
import type { Strength } from '../../../protocol/recipe.ts';
import type { BaseRun } from '../../pipeline/baseRun.ts';
import type { ResolvedSource } from './editSources.ts';
import { observedMax } from './staticCodes.ts';

/** Largest codes over many pictures, where an index of them was made. */
export interface ObservedMaxima {
  /** Undefined when no index knows this feature, or it never fired there. */
  maxOf(saeSha256: string, feature: number): number | undefined;
}

export interface KnownMax {
  readonly value: number;
  readonly from: 'index' | 'picture' | 'source';
}

/** The observed maximum of a source: of an index, else of where a direction was made, else of the picture at hand. */
export function maxOf(
  source: ResolvedSource,
  base: BaseRun,
  saeSha256: string | undefined,
  observed: ObservedMaxima | undefined,
): KnownMax {
  if (source.feature !== undefined && saeSha256 !== undefined) {
    const value = observed?.maxOf(saeSha256, source.feature);
    if (value !== undefined) return { value, from: 'index' };
  }
  if (source.max !== undefined) return { value: source.max, from: 'source' };
  return { value: observedMax(base, source), from: 'picture' };
}

/**
 * A strength in codes: `raw` as it is, `mean` times μ_f, `max` times the observed maximum.
 *
 * @throws `invalidInput` where the unit is not known for this source
 */
export function amountOf(strength: Strength, source: ResolvedSource, max: () => KnownMax): number {
  const { value, unit } = strength;
  switch (unit) {
    case 'raw':
      return value;
    case 'mean':
      return value * meanOf(source);
    case 'max': {
      const known = max().value;
      if (known > 0) return value * known;
      throw invalidInput(
        `${source.label} was not active in the unedited picture, so it has no observed maximum here: give the strength in another unit.`,
      );
    }
  }
}

/** @throws `invalidInput` for a source without μ */
export function meanOf({ mean, label, feature }: ResolvedSource): number {
  if (mean === undefined) {
    const what = feature === undefined ? 'This direction' : 'This SAE';
    throw invalidInput(
      `${label}: ${what} comes without the mean of active activations (μ), so strengths cannot be multiples of it. Use the unit "max" or "raw".`,
    );
  }
  if (mean > 0) return mean;
  throw invalidInput(
    `${label}: its mean of active activations (μ) is ${String(mean)}: it never fired when the SAE was measured. Use the unit "raw".`,
  );
}
