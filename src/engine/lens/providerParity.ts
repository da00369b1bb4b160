import { ssim } from '../../numerics/ssim.ts';
import type { Picture } from '../../protocol/engine.ts';
import type { BlockReading, StepReading } from '../../protocol/features.ts';
import type { BlockParity, ParityReport } from '../../protocol/parity.ts';

/**
 * Compares codes of the same picture, block by block.
 *
 * @param reference what the CPU read
 */
export function compareReadings(
  reference: readonly BlockReading[],
  other: readonly BlockReading[],
): readonly BlockParity[] {
  return reference.map((wanted) => {
    const got = other.find(({ block }) => block === wanted.block);
    const parity = { cellCount: 0, equalCellCount: 0, largestValue: 0, largestError: 0 };
    wanted.steps.forEach((step, index) => {
      const cells = codesByCell(step, wanted.slotCount);
      const others = codesByCell(got?.steps[index], got?.slotCount ?? 0);
      cells.forEach((codes, cell) => {
        const error = largestDifference(codes, others[cell] ?? new Map());
        parity.cellCount++;
        if (error.hasSameIds) parity.equalCellCount++;
        parity.largestError = Math.max(parity.largestError, error.largest);
        parity.largestValue = Math.max(parity.largestValue, ...codes.values());
      });
    });
    return { block: wanted.block, ...parity };
  });
}

/** Pixels of two pictures of one size. */
export function comparePictures(reference: Picture, other: Picture): ParityReport['picture'] {
  const { width, height, rgb } = reference;
  let largestError = 0;
  let sum = 0;
  rgb.forEach((value, index) => {
    const error = Math.abs(value - (other.rgb[index] ?? 0));
    largestError = Math.max(largestError, error);
    sum += error;
  });
  return {
    largestError,
    meanError: sum / rgb.length,
    ssim: ssim(rgb, other.rgb, width, height),
  };
}

/** Active features of each cell with their strengths. */
function codesByCell(
  step: StepReading | undefined,
  slotCount: number,
): readonly ReadonlyMap<number, number>[] {
  const cellCount = step?.norm.length ?? 0;
  return Array.from({ length: cellCount }, (_, cell) => {
    const codes = new Map<number, number>();
    for (let slot = cell * slotCount; slot < (cell + 1) * slotCount; slot++) {
      const value = step?.values[slot] ?? 0;
      if (value !== 0) codes.set(step?.ids[slot] ?? -1, value);
    }
    return codes;
  });
}

function largestDifference(
  codes: ReadonlyMap<number, number>,
  others: ReadonlyMap<number, number>,
): { readonly hasSameIds: boolean; readonly largest: number } {
  let largest = 0;
  for (const [id, value] of codes) {
    largest = Math.max(largest, Math.abs(value - (others.get(id) ?? 0)));
  }
  const extra = [...others].filter(([id]) => !codes.has(id));
  for (const [, value] of extra) largest = Math.max(largest, value);
  return { hasSameIds: extra.length === 0 && codes.size === others.size, largest };
}
