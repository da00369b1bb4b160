import { invalidInput } from '../../../protocol/errors.ts';
import type { EditSource as RecipeSource, VectorSource } from '../../../protocol/recipe.ts';
import type { EditSource as TapSource } from '../../onnx/tapEdit.ts';
import { type BlockFacts, decoderRow } from './blockFacts.ts';

/** A feature or direction of one block, ready for the graph and for arithmetic. */
export interface ResolvedSource {
  readonly block: string;
  /** `up.0.1/123`, `up.0.1/channel 4`, `up.0.1/PCA 1`. */
  readonly label: string;
  /** Id of an SAE feature; undefined for directions. */
  readonly feature: number | undefined;
  readonly tapSource: TapSource;
  /** What an amount of 1 adds. */
  readonly vector: Float32Array; // [width]
  readonly norm: number;
  /** Directions: `s = ⟨ΔD, read⟩ + readBias`. */
  readonly read: Float32Array | undefined; // [width]
  readonly readBias: number;
  readonly mean: number | undefined;
  readonly std: number | undefined;
  /** From where the direction was made; features take theirs from an index or the picture. */
  readonly max: number | undefined;
}

/** @throws `invalidInput` for what this block does not have, naming it and the range */
export function resolveSource(source: RecipeSource, block: BlockFacts): ResolvedSource {
  if ('feature' in source) return resolveFeature(source.feature, block);
  const direction = 'channel' in source ? channelOf(source.channel, block) : source;
  const label = `${block.name}/${direction.name}`;
  const vector = Float32Array.from(direction.vector);
  checkLength(label, 'vector', vector, block.width);
  const square = vector.reduce((sum, value) => sum + value * value, 0);
  if (!(square > 0)) throw invalidInput(`${label} is a vector of zeros: it has no direction.`);
  const read = direction.read
    ? Float32Array.from(direction.read)
    : vector.map((value) => value / square);
  checkLength(label, 'read', read, block.width);
  const readBias = direction.readBias ?? 0;
  return {
    block: block.name,
    label,
    feature: undefined,
    tapSource: { direction: vector, read, readBias },
    vector,
    norm: Math.sqrt(square),
    read,
    readBias,
    mean: direction.mean,
    std: direction.std,
    max: direction.max,
  };
}

function resolveFeature(feature: number, block: BlockFacts): ResolvedSource {
  const { name, sae } = block;
  const label = `${name}/${String(feature)}`;
  if (!sae)
    throw invalidInput(`${label}: there is no SAE at ${name} whose features could be edited.`);
  const { nFeatures, featureMean, featureStd } = sae.definition;
  if (!(Number.isInteger(feature) && feature >= 0 && feature < nFeatures)) {
    throw invalidInput(`${label}: the SAE has the features 0 to ${String(nFeatures - 1)}.`);
  }
  const vector = decoderRow(sae, feature);
  return {
    block: name,
    label,
    feature,
    tapSource: { feature },
    vector,
    norm: Math.hypot(...vector),
    read: undefined,
    readBias: 0,
    mean: featureMean?.[feature],
    std: featureStd?.[feature],
    max: undefined,
  };
}

function channelOf(channel: number, { name, width }: BlockFacts): VectorSource {
  if (channel >= width) {
    throw invalidInput(
      `${name}/channel ${String(channel)}: the block has the channels 0 to ${String(width - 1)}.`,
    );
  }
  const vector = Array.from({ length: width }, (_, i) => (i === channel ? 1 : 0));
  return { name: `channel ${String(channel)}`, vector };
}

function checkLength(label: string, what: string, values: Float32Array, width: number): void {
  if (values.length === width) return;
  throw invalidInput(
    `${label}: its ${what} has ${String(values.length)} values; the block's update has ${String(width)} channels.`,
  );
}
