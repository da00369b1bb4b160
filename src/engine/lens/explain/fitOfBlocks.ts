import type { BlockFit } from '../../../protocol/explain.ts';
import type { StepReading } from '../../../protocol/features.ts';
import type { InstalledSae } from '../../models/sae/installedSaes.ts';
import { readDecoder } from '../../models/sae/readDecoder.ts';
import type { PictureReading } from '../../pipeline/pictureReader.ts';
import { toCells } from '../../pipeline/stageSamples.ts';
import { FitSums } from '../acceptanceFigures.ts';
import { decodeCells, type SparseCodes } from '../dictionary/encode.ts';
import { normaliseCells } from '../dictionary/normaliseCells.ts';

/**
 * How well each SAE rebuilds its stage's ΔD, over all cells of all readings; the codes are those that were read.
 *
 * @returns a record a block; none for an SAE that encodes the stage's output instead of ΔD, which was not read
 * @source checked against test/golden/explain.safetensors, |Δ| <= 2e-4 (f32 codes and ΔD of two runtimes)
 */
export async function fitOfBlocks(
  readings: readonly PictureReading[],
  saes: readonly InstalledSae[],
  signal: AbortSignal,
): Promise<readonly BlockFit[]> {
  const fits: BlockFit[] = [];
  for (const sae of saes) {
    signal.throwIfAborted();
    if (sae.manifest.target !== 'update') continue;
    const decoder = await readDecoder(sae);
    const { dModel } = decoder;
    const sums = new FitSums(sae.manifest);
    let block: string | undefined;
    for (const { stages, readings: taps } of readings) {
      const update = stages.find(({ path }) => path === sae.stagePath)?.update;
      const tap = taps.find(({ tap: { stage } }) => stage.path === sae.stagePath);
      if (!update || !tap) continue;
      block = tap.tap.stage.name;
      const hidden = toCells(update, dModel);
      const codes = sparseOf(tap, hidden.length / dModel, sae.manifest.nFeatures);
      const { norms } = normaliseCells(decoder.normalisation, hidden, dModel);
      sums.addCoded(hidden, codes, decodeCells(decoder, codes, norms));
    }
    if (block === undefined) continue;
    const { cellCount, explainedVariance, rSquared } = sums.figures();
    fits.push({ block, cellCount, explainedVariance, rSquared });
  }
  return fits;
}

/** Active slots alone. */
function sparseOf(
  { ids, values }: Pick<StepReading, 'ids' | 'values'>,
  positions: number,
  nFeatures: number,
): SparseCodes {
  const slotCount = values.length / positions;
  const offsets = new Int32Array(positions + 1);
  const active = Array.from(values.keys()).filter((slot) => values[slot]! > 0);
  for (const slot of active) offsets[Math.floor(slot / slotCount) + 1]! += 1;
  for (let i = 0; i < positions; i++) offsets[i + 1]! += offsets[i]!;
  return {
    ...{ positions, nFeatures, offsets },
    ids: Int32Array.from(active, (slot) => ids[slot]!),
    values: Float32Array.from(active, (slot) => values[slot]!),
  };
}
