import type { BlockReading, StepReading } from '../../protocol/features.ts';
import { FeaturescopeError, modelError } from '../../protocol/errors.ts';
import type { TensorFile } from '../models/sae/storedTensor.ts';
import { openSafetensors } from '../models/safetensors.ts';
import { type TensorToWrite, writeSafetensors } from '../models/safetensorsWriter.ts';

const formatName = 'featurescope-readings';
const arrays = {
  ids: 'I32',
  values: 'F32',
  norm: 'F32',
  error: 'F32',
  spread: 'F32',
} as const satisfies Record<keyof StepReading, 'I32' | 'F32'>;
type ArrayName = keyof typeof arrays;
const perSlot: readonly ArrayName[] = ['ids', 'values'];

/** ΔD of one block, a step each, `[width, cellsHigh, cellsWide]`. */
export interface BlockUpdates {
  readonly block: string;
  readonly width: number;
  readonly steps: readonly Float32Array[];
}

/**
 * What the SAEs read in one picture as a safetensors file: tensors `<block>/<step>/ids|values [cells, slots]` and
 * `.../norm|error|spread [cells]`; the blocks' facts as JSON in the metadata.
 *
 * @param updates beside them `.../update [width, cellsHigh, cellsWide]`
 * @param notes more metadata, JSON texts
 * @returns no bytes when nothing was read
 */
export function encodeReadings(
  readings: readonly BlockReading[],
  updates: readonly BlockUpdates[] = [],
  notes: Readonly<Record<string, string>> = {},
): Uint8Array {
  if (readings.length === 0) return new Uint8Array(0);
  const tensors: TensorToWrite[] = [];
  for (const { block, cellsHigh, cellsWide, slotCount, steps } of readings) {
    const cells = cellsHigh * cellsWide;
    steps.forEach((step, index) => {
      for (const name of Object.keys(arrays) as ArrayName[]) {
        const { buffer, byteOffset, byteLength } = step[name];
        tensors.push({
          name: `${block}/${String(index)}/${name}`,
          dtype: arrays[name],
          shape: perSlot.includes(name) ? [cells, slotCount] : [cells],
          bytes: new Uint8Array(buffer, byteOffset, byteLength),
        });
      }
    });
    const { steps: ofBlock = [], width = 0 } = updates.find((each) => each.block === block) ?? {};
    ofBlock.forEach(({ buffer, byteOffset, byteLength }, index) => {
      tensors.push({
        name: `${block}/${String(index)}/update`,
        dtype: 'F32',
        shape: [width, cellsHigh, cellsWide],
        bytes: new Uint8Array(buffer, byteOffset, byteLength),
      });
    });
  }
  const blocks = readings.map(({ steps, ...facts }) => ({ ...facts, stepCount: steps.length }));
  return writeSafetensors(tensors, {
    format: formatName,
    version: '1',
    blocks: JSON.stringify(blocks),
    ...notes,
  }).bytes;
}

/** @throws `invalidInput` when the run has no readings, `model` for a file that is not one of ours */
export async function decodeReadings(path: string): Promise<readonly BlockReading[]> {
  const file = await openSafetensors(path).catch((error: unknown) => {
    throw new FeaturescopeError(
      'invalidInput',
      'This run has no features: it was made without SAEs. Generate it again to see them.',
      { cause: error },
    );
  });
  try {
    return await readBlocks(file);
  } finally {
    await file.close();
  }
}

async function readBlocks(file: TensorFile): Promise<readonly BlockReading[]> {
  const blocks = file.metadata.get('blocks');
  const isOurs = file.metadata.get('format') === formatName;
  if (!isOurs || file.metadata.get('version') !== '1' || blocks === undefined) {
    throw modelError('The file of readings was not written by this version of Featurescope.');
  }
  const facts = JSON.parse(blocks) as readonly (Omit<BlockReading, 'steps'> & {
    stepCount: number;
  })[];
  return Promise.all(
    facts.map(async ({ stepCount, ...fact }) => ({
      ...fact,
      steps: await Promise.all(
        Array.from({ length: stepCount }, (_, index) => readStep(file, `${fact.block}/${index}`)),
      ),
    })),
  );
}

async function readStep(file: TensorFile, prefix: string): Promise<StepReading> {
  const bytesOf = async (name: ArrayName): Promise<ArrayBuffer> => {
    const tensor = file.tensors.get(`${prefix}/${name}`);
    if (tensor?.dtype !== arrays[name]) throw modelError(`The readings lack ${prefix}/${name}.`);
    return (await tensor.readBytes()).slice().buffer;
  };
  return {
    ids: new Int32Array(await bytesOf('ids')),
    values: new Float32Array(await bytesOf('values')),
    norm: new Float32Array(await bytesOf('norm')),
    error: new Float32Array(await bytesOf('error')),
    spread: new Float32Array(await bytesOf('spread')),
  };
}
