import { join } from 'node:path';
import type { BuildOptions } from '../../src/engine/lens/indexing/buildIndex.ts';
import { findInstalledSaes } from '../../src/engine/models/sae/installedSaes.ts';
import { halfToFloat32 } from '../../src/numerics/halfPrecision.ts';
import { writeSae } from '../../src/engine/models/sae/saeStore.ts';
import type { Ort } from '../../src/engine/ort/ort.ts';
import { decodeDetail, type FeatureDetail } from '../../src/engine/store/featureDetail.ts';
import type { IndexReader, StoredFeature } from '../../src/engine/store/indexDatabase.ts';
import { fakeCollectedSet } from './fakeCollectedSet.ts';
import { goldenTensor, readGoldenJson, readGoldenTensors } from './golden.ts';

interface SmallFacts {
  readonly nFeatures: number;
  readonly cellCount: number;
}

/** What is needed to index the SAE of test/golden/index.* over its 200 prompts, in `<dir>/index`. */
export async function smallIndex(
  dir: string,
  ort: Ort,
): Promise<{ options: BuildOptions; facts: SmallFacts }> {
  const tensors = readGoldenTensors('index.safetensors');
  const { prompts, meta } = readGoldenJson('index.json') as {
    prompts: string[];
    meta: { k: number; perInterval: number };
  };
  const floats = (name: string) => goldenTensor(tensors, name).data as Float32Array;
  const updates = goldenTensor(tensors, 'updates');
  const [, , cellCount = 0, dModel = 0] = updates.dims;
  const [nFeatures = 0] = goldenTensor(tensors, 'sae.encoder').dims;
  await writeSae(
    join(dir, 'saes', 'small'),
    {
      dModel,
      nFeatures,
      k: meta.k,
      activation: 'topk-relu',
      applyDecBiasToInput: true,
      normalisation: 'none',
      target: 'update',
      blockPath: 'unet.mid_block.attentions.0',
      encoder: floats('sae.encoder'),
      decoder: floats('sae.decoder'),
      preBias: floats('sae.pre_bias'),
      latentBias: floats('sae.latent_bias'),
      provenance: {
        format: 'sdxl-unbox',
        kind: 'made for a test',
        sourceFiles: [],
        config: {},
        isDecoderNormFolded: false,
        notes: [],
      },
    },
    'float32',
  );
  const [sae] = await findInstalledSaes(join(dir, 'saes'));
  const side = Math.sqrt(cellCount);
  const block = {
    block: 'mid.0',
    path: 'mid_block.attentions.0',
    dModel,
    cellsHigh: side,
    cellsWide: side,
  };
  const hidden = halfToFloat32(updates.data as Uint16Array);
  return {
    options: {
      ort,
      set: fakeCollectedSet(join(dir, 'set'), block, prompts, [1, 3], hidden),
      block,
      sae: sae!,
      others: [],
      path: join(dir, 'index', 'mid.0.db'),
      storageDir: join(dir, 'storage'),
      exampleLimit: prompts.length,
      examplesPerInterval: meta.perInterval,
      thumbnailSize: undefined,
      threadCount: 1,
      signal: new AbortController().signal,
    },
    facts: { nFeatures, cellCount },
  };
}

export interface ReadFeature {
  readonly figures: Omit<StoredFeature, 'detail' | 'best'>;
  readonly detail: FeatureDetail;
}

export function readFeature(
  reader: IndexReader,
  id: number,
  { cellCount }: SmallFacts,
): ReadFeature {
  const [figures] = reader.figures(id, id + 1);
  return {
    figures: figures!,
    detail: decodeDetail(reader.detail(id)!, { cellCount, intervalCount: 5 }),
  };
}

/** Runs a generator to its end. @returns what it returns */
export async function finish<T>(work: AsyncGenerator<unknown, T>): Promise<T> {
  for (;;) {
    const step = await work.next();
    if (step.done) return step.value;
  }
}
