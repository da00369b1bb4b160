import type { InstalledSae } from '../../models/sae/installedSaes.ts';
import type { SaeDefinition } from '../../models/sae/saeDefinition.ts';
import { readSae } from '../../models/sae/saeStore.ts';
import type { SplicedTap } from '../../onnx/spliceTaps.ts';
import type { Pipeline } from '../../pipeline/generate.ts';

/** An attention stage as edits see it. */
export interface BlockFacts {
  /** Short name: `down.2.1`. */
  readonly name: string;
  /** diffusers path without `unet.`. */
  readonly path: string;
  readonly width: number;
  readonly tap: SplicedTap;
  readonly sae: SaeFacts | undefined;
}

export interface SaeFacts {
  /** Of the weights file. */
  readonly sha256: string;
  readonly definition: SaeDefinition;
}

const read = new WeakMap<InstalledSae, Promise<SaeFacts>>();

/** Every stage that can be edited, in the order in which they run, with its SAE's weights. */
export async function readBlocks({ editing, saes }: Pipeline): Promise<readonly BlockFacts[]> {
  const taps = await editing.taps();
  return Promise.all(
    taps.map(async (tap) => {
      const { name, path } = tap.stage;
      const installed = saes.find(({ stagePath }) => stagePath === path);
      return { name, path, width: tap.width, tap, sae: installed && (await factsOf(installed)) };
    }),
  );
}

/** Read once while the model is open. */
function factsOf(installed: InstalledSae): Promise<SaeFacts> {
  const known = read.get(installed);
  if (known) return known;
  const facts = readSae(installed.folder).then(({ definition, manifest }) => ({
    sha256: manifest.weights.sha256,
    definition,
  }));
  read.set(installed, facts);
  facts.catch(() => read.delete(installed));
  return facts;
}

/** `W_f`, the feature's row of the decoder as stored. */
export const decoderRow = ({ definition }: SaeFacts, feature: number): Float32Array =>
  definition.decoder.subarray(feature * definition.dModel, (feature + 1) * definition.dModel);
