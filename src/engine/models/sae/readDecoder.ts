import { modelError } from '../../../protocol/errors.ts';
import { openSafetensors } from '../safetensors.ts';
import type { InstalledSae } from './installedSaes.ts';
import type { SaeDefinition } from './saeDefinition.ts';
import { checkSaeWeights } from './saeWeightsFile.ts';
import { readFloat32 } from './storedTensor.ts';

/** What turns codes back into samples. */
export type SaeDecoder = Pick<SaeDefinition, 'dModel' | 'decoder' | 'preBias' | 'normalisation'>;

/** Reads the half of an SAE that decodes. @throws `model` when manifest and weights do not agree */
export async function readDecoder(sae: InstalledSae): Promise<SaeDecoder> {
  const { dModel, nFeatures, normalisation } = sae.manifest;
  const file = await openSafetensors(await checkSaeWeights(sae));
  try {
    const read = async (name: string, shape: readonly number[]): Promise<Float32Array> => {
      const tensor = file.tensors.get(name);
      if (tensor?.shape.join() === shape.join()) return readFloat32(tensor);
      throw modelError(`The SAE in ${sae.folder} has no tensor "${name}" [${shape.join(', ')}].`);
    };
    const decoder = await read('decoder', [nFeatures, dModel]);
    return { dModel, normalisation, decoder, preBias: await read('pre_bias', [dModel]) };
  } finally {
    await file.close();
  }
}
