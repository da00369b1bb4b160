import { invalidInput } from '../protocol/errors.ts';
import type { ContrastParams, ContrastResult, ContrastSide } from '../protocol/contrast.ts';
import type { BlockReading } from '../protocol/features.ts';
import type { Settled } from '../protocol/provider.ts';
import type { HandlerContext } from '../protocol/request.ts';
import type { FeatureIndexes } from './featureIndexes.ts';
import { pictureMeans } from './lens/catalogue/likePicture.ts';
import { openCollectedSet } from './lens/collected/collectedSet.ts';
import { contrastSets, type PictureMeans } from './lens/contrast/contrastSets.ts';
import { picturesWithWord } from './lens/contrast/picturesWithWord.ts';
import { SaeEncoder } from './lens/indexing/saeEncoder.ts';
import { decodeReadings } from './lens/readingsFile.ts';
import type { Models } from './models.ts';
import type { InstalledSae } from './models/sae/installedSaes.ts';
import { shortName } from './onnx/findStages.ts';
import type { Ort } from './ort/ort.ts';
import type { Store } from './store/store.ts';

export interface ContrastPorts {
  readonly ort: Ort;
  readonly models: Models;
  readonly store: Store;
  readonly indexes: FeatureIndexes;
  readonly threadCount: number;
}

interface PlacedSae {
  readonly sae: InstalledSae;
  readonly offset: number;
}

const picturesMax = 2000;
const rowsMax = 500;

/** Gets the pictures' strengths, wherever they come from, and contrasts them. An index is not needed, only SAEs. */
export async function contrastRequest(
  params: Settled<ContrastParams>,
  ports: ContrastPorts,
  { signal, progress }: HandlerContext<{ done: number; total: number }>,
): Promise<ContrastResult> {
  const { modelDir, labelsPath, falseDiscoveryRate, limit } = params;
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > rowsMax) {
    throw invalidInput(`limit is ${limit}; allowed are whole numbers from 1 to ${rowsMax}.`);
  }
  let offset = 0;
  const saes = (await ports.indexes.saesOf(modelDir)).map((sae): PlacedSae => {
    offset += sae.manifest.nFeatures;
    return { sae, offset: offset - sae.manifest.nFeatures };
  });
  const [left, right] = [await settled(params.left), await settled(params.right)];
  const total = countOf(left) + countOf(right);
  if (total > picturesMax) {
    throw invalidInput(`There are ${total} pictures; at most ${picturesMax} can be contrasted.`);
  }
  let done = 0;
  const onPicture = (): void => {
    progress({ done: ++done, total });
  };
  const means = async (side: SettledSide): Promise<PictureMeans[]> => {
    const found: PictureMeans[] = [];
    for await (const picture of meansOf(side, params, saes, ports, signal)) {
      found.push(picture);
      onPicture();
    }
    return found;
  };
  const figures = contrastSets(await means(left), await means(right), falseDiscoveryRate);
  const catalogue = await ports.indexes.catalogue(modelDir, labelsPath);
  const perBlock = new Map<string, number>();
  const rows = figures.rows.flatMap(({ feature, ...effects }) => {
    const placed = saes.findLast((each) => each.offset <= feature)!;
    const { stagePath } = placed.sae;
    const known = catalogue.blocks.find(({ block }) => block.stagePath === stagePath);
    const id = feature - placed.offset;
    const block = known?.block.summary.block ?? shortName(stagePath);
    const count = (perBlock.get(block) ?? 0) + 1;
    perBlock.set(block, count);
    if (count > limit) return [];
    return [{ block, id, label: known ? catalogue.labels.effective(known, id) : null, ...effects }];
  });
  return { ...figures, rows };
}

type SettledSide = Exclude<ContrastSide, { kind: 'collectedWord' }>;

const settled = async (side: ContrastSide): Promise<SettledSide> =>
  side.kind === 'collectedWord' ? picturesWithWord(side) : side;

const countOf = (side: SettledSide): number => {
  if (side.kind === 'runs') return side.runIds.length;
  return side.kind === 'prompts' ? side.prompts.length : side.pictures.length;
};

async function* meansOf(
  side: SettledSide,
  { modelDir, provider }: Settled<ContrastParams>,
  saes: readonly PlacedSae[],
  { ort, models, store, threadCount }: ContrastPorts,
  signal: AbortSignal,
): AsyncGenerator<PictureMeans> {
  if (side.kind === 'runs') {
    for (const runId of side.runIds) {
      signal.throwIfAborted();
      yield ofReadings(await decodeReadings(store.runs.readingsPath(runId)), saes);
    }
  } else if (side.kind === 'prompts') {
    const { defaults } = await models.describe(modelDir);
    for (const [i, prompt] of side.prompts.entries()) {
      const { readings } = await models.generate(
        {
          modelDir,
          prompt,
          negativePrompt: '',
          seed: (side.firstSeed + i) % 2 ** 32,
          ...defaults,
          provider,
          keep: false,
        },
        { signal, progress: () => undefined },
      );
      yield ofReadings(readings, saes);
    }
  } else {
    yield* ofCollected(side, saes, ort, threadCount, signal);
  }
}

/** @throws `invalidInput` when none of the codes are of the model's SAEs */
function ofReadings(readings: readonly BlockReading[], saes: readonly PlacedSae[]): PictureMeans {
  const means = new Map<number, number>();
  let isKnown = false;
  for (const reading of readings) {
    const placed = saes.find(({ sae }) => sae.manifest.weights.sha256 === reading.saeSha256);
    if (!placed) continue;
    isKnown = true;
    for (const [id, mean] of pictureMeans(reading)) means.set(placed.offset + id, mean);
  }
  if (!isKnown) throw invalidInput('A picture was read by other SAEs than the model has now.');
  return means;
}

async function* ofCollected(
  { setDir, pictures }: Extract<ContrastSide, { kind: 'collected' }>,
  saes: readonly PlacedSae[],
  ort: Ort,
  threadCount: number,
  signal: AbortSignal,
): AsyncGenerator<PictureMeans> {
  const set = await openCollectedSet(setDir);
  const encoders: {
    readonly encoder: SaeEncoder;
    readonly offset: number;
    readonly block: string;
  }[] = [];
  try {
    for (const { block, path } of set.manifest.blocks) {
      const placed = saes.find(({ sae }) => sae.stagePath === path);
      if (!placed) continue;
      const encoder = await SaeEncoder.open(ort, placed.sae, { provider: 'cpu', threadCount });
      encoders.push({ encoder, offset: placed.offset, block });
    }
    if (encoders.length === 0) throw invalidInput('The set has updates of no block with an SAE.');
    for (const picture of pictures) {
      const means = new Map<number, number>();
      for (const { encoder, offset, block } of encoders) {
        const shift = new Float32Array(encoder.spec.dModel);
        for (const step of set.manifest.steps) {
          const hidden = await set.updates(block, step, picture, picture + 1);
          const encoded = await encoder.encode(hidden, shift, signal);
          const { cellCount, listSize, ids, values } = encoded;
          ids.forEach((id, at) => {
            if (!encoder.isActive(values[at]!, id, at % listSize)) return;
            const share = values[at]! / (cellCount * set.manifest.steps.length);
            means.set(offset + id, (means.get(offset + id) ?? 0) + share);
          });
        }
      }
      yield means;
    }
  } finally {
    for (const { encoder } of encoders) await encoder.close();
  }
}
