import { readFile } from 'node:fs/promises';
import type { BlockDescription, SaeSummary } from '../../protocol/features.ts';
import type { ModelFolder } from '../models/modelFolder.ts';
import type { InstalledSae } from '../models/sae/installedSaes.ts';
import type { SaeActivation } from '../models/sae/saeDefinition.ts';
import { readSae } from '../models/sae/saeStore.ts';
import { findStages } from '../onnx/findStages.ts';
import { readGraph } from '../onnx/readGraph.ts';

/** Every attention stage of a model, in the order in which they run, with its SAE when one is installed. */
export async function describeBlocks(
  folder: ModelFolder,
  saes: readonly InstalledSae[],
): Promise<readonly BlockDescription[]> {
  const { stages } = findStages(readGraph(await readFile(folder.unet.graph.path)));
  return Promise.all(
    stages.map(async ({ name, path, width }) => {
      const sae = saes.find(({ stagePath }) => stagePath === path);
      const summary = sae ? await summarise(sae) : null;
      return { block: name, path, width: width ?? summary?.dModel ?? 0, sae: summary };
    }),
  );
}

async function summarise({ folder, manifest }: InstalledSae): Promise<SaeSummary> {
  const { definition } = await readSae(folder);
  const { nFeatures, dModel, k, activation, weights, provenance } = manifest;
  return {
    sha256: weights.sha256,
    nFeatures,
    dModel,
    rule: ruleInWords(activation, k),
    source: provenance.format,
    ...(definition.featureMean && { featureMean: definition.featureMean }),
  };
}

/** "TopK 10, then ReLU" */
export function ruleInWords(activation: SaeActivation, k = 0): string {
  switch (activation) {
    case 'topk-relu':
      return `TopK ${String(k)}, then ReLU`;
    case 'relu-topk':
      return `ReLU, then TopK ${String(k)}`;
    case 'relu':
      return 'ReLU';
    case 'jumprelu':
      return 'JumpReLU';
    case 'batchtopk-threshold':
      return 'BatchTopK by its threshold';
  }
}
