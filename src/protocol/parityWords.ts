import type { ParityReport } from './parity.ts';

/** A parity report line by line: the same in a shell and in the editor. */
export function parityText({ provider, blocks, picture, runMs, note }: ParityReport): string {
  const lines = blocks.map(({ block, cellCount, equalCellCount, largestError, largestValue }) => {
    const share = ((100 * equalCellCount) / cellCount).toFixed(2);
    return (
      `${block.padEnd(10)} same features in ${share} % of ${String(cellCount)} cells; ` +
      `strengths differ by up to ${largestError.toPrecision(2)} of ${largestValue.toPrecision(3)}`
    );
  });
  return [
    `${provider} (one session) against cpu (chain of segments)`,
    ...(lines.length > 0 ? lines : ['features   none: no block of this model has an SAE']),
    `picture    up to ${String(picture.largestError)} of 255, mean ${picture.meanError.toFixed(3)}, SSIM ${picture.ssim.toFixed(5)}`,
    `time       ${runMs.provider.toFixed(0)} ms in one session, ${runMs.cpu.toFixed(0)} ms on the cpu as a chain`,
    ...(note === '' ? [] : [note]),
    '',
  ].join('\n');
}
