import { meanOf } from '../../../numerics/meanOf.ts';
import { benjaminiHochberg } from '../../../numerics/benjaminiHochberg.ts';
import { studentT975 } from '../../../numerics/distributions.ts';
import { mannWhitney } from '../../../numerics/mannWhitney.ts';
import { invalidInput } from '../../../protocol/errors.ts';
import type { ContrastEffect, ContrastResult, ContrastRow } from '../../../protocol/contrast.ts';

/** Mean strength over samples of one picture by feature; features that are not there were not active. */
export type PictureMeans = ReadonlyMap<number, number>;

interface Halves {
  readonly chosenOn: readonly PictureMeans[];
  readonly measuredOn: readonly PictureMeans[];
}

const picturesMin = 4;

export type ContrastFigures = Omit<ContrastResult, 'rows'> & {
  /** `feature` numbers as in the pictures. */
  readonly rows: readonly (Omit<ContrastRow, 'block' | 'id' | 'label'> & { feature: number })[];
};

/**
 * Features that tell two sets of pictures apart. Features are chosen on one half of each set (Mann-Whitney, false
 * discovery rate over all features that were active there) and measured on the other, which had no part in the choice.
 *
 * @param left, right pictures in the order in which halves are taken alternately
 * @throws `invalidInput` for fewer than four pictures on a side, or a rate out of range
 */
export function contrastSets(
  left: readonly PictureMeans[],
  right: readonly PictureMeans[],
  falseDiscoveryRate: number,
): ContrastFigures {
  for (const [name, pictures] of [
    ['first', left],
    ['second', right],
  ] as const) {
    if (pictures.length >= picturesMin) continue;
    throw invalidInput(
      `The ${name} set has ${pictures.length} pictures; at least ${picturesMin} are needed: half of them choose features, the other half measures.`,
    );
  }
  if (!(falseDiscoveryRate >= 0.001 && falseDiscoveryRate <= 0.5)) {
    throw invalidInput(
      `The false discovery rate is ${falseDiscoveryRate}; allowed are 0.001 to 0.5.`,
    );
  }
  const [a, b] = [halve(left), halve(right)];
  const features = new Set([...a.chosenOn, ...b.chosenOn].flatMap((means) => [...means.keys()]));
  const tested = [...features]
    .sort((one, other) => one - other)
    .map((feature) => ({ feature, effect: effectOf(feature, a.chosenOn, b.chosenOn) }));
  const qValues = benjaminiHochberg(tested.map(({ effect }) => effect.pValue));
  const chosen = tested.flatMap(({ feature, effect }, i) => {
    const qValue = qValues[i]!;
    if (qValue > falseDiscoveryRate) return [];
    const measured = effectOf(feature, a.measuredOn, b.measuredOn);
    return [{ feature, chosenOn: { ...effect, qValue }, measured }];
  });
  const measuredQ = benjaminiHochberg(chosen.map(({ measured }) => measured.pValue));
  const rows = chosen.map(({ feature, chosenOn, measured }, i) => {
    const qValue = measuredQ[i]!;
    const interval = welch(
      a.measuredOn.map((means) => means.get(feature) ?? 0),
      b.measuredOn.map((means) => means.get(feature) ?? 0),
    );
    const isSameWay = Math.sign(chosenOn.auc - 0.5) === Math.sign(measured.auc - 0.5);
    return {
      feature,
      chosenOn,
      measuredOn: { ...measured, qValue, ...interval },
      isConfirmed: isSameWay && qValue <= falseDiscoveryRate,
    };
  });
  const distance = ({ measuredOn }: { measuredOn: ContrastEffect }): number =>
    Math.abs(measuredOn.auc - 0.5);
  return {
    rows: rows.sort((one, other) => distance(other) - distance(one) || one.feature - other.feature),
    testedCount: tested.length,
    chosenCount: chosen.length,
    confirmedCount: rows.filter(({ isConfirmed }) => isConfirmed).length,
    leftCounts: countsOf(a),
    rightCounts: countsOf(b),
  };
}

const halve = (pictures: readonly PictureMeans[]): Halves => ({
  chosenOn: pictures.filter((_, i) => i % 2 === 0),
  measuredOn: pictures.filter((_, i) => i % 2 === 1),
});

const countsOf = ({ chosenOn, measuredOn }: Halves): ContrastResult['leftCounts'] => ({
  chosenOn: chosenOn.length,
  measuredOn: measuredOn.length,
});

function effectOf(
  feature: number,
  left: readonly PictureMeans[],
  right: readonly PictureMeans[],
): ContrastEffect {
  const [a, b] = [left, right].map((side) => side.map((means) => means.get(feature) ?? 0));
  return { leftMean: meanOf(a!), rightMean: meanOf(b!), ...mannWhitney(a!, b!) };
}

const variance = (values: readonly number[]): number => {
  const middle = meanOf(values);
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1);
};

/** 95 % interval of the difference of two means with unequal variances (Welch, Satterthwaite's degrees of freedom). */
function welch(
  left: readonly number[],
  right: readonly number[],
): { differenceLow: number; differenceHigh: number } {
  const difference = meanOf(left) - meanOf(right);
  const [a, b] = [variance(left) / left.length, variance(right) / right.length];
  if (!(a + b > 0)) return { differenceLow: difference, differenceHigh: difference };
  const degrees = (a + b) ** 2 / (a ** 2 / (left.length - 1) + b ** 2 / (right.length - 1));
  const half = studentT975(degrees) * Math.sqrt(a + b);
  return { differenceLow: difference - half, differenceHigh: difference + half };
}
