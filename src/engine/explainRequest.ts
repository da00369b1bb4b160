import type { ModelDescription, Picture } from '../protocol/engine.ts';
import {
  type EncodedPath,
  type ExplainedFile,
  type ExplainParams,
  type ExplainProgress,
  type ExplainResult,
  type MadeHerePath,
  seedCountMax,
} from '../protocol/explain.ts';
import { invalidInput } from '../protocol/errors.ts';
import type { BlockReading } from '../protocol/features.ts';
import type { RunManifest } from '../protocol/manifest.ts';
import type { Settled } from '../protocol/provider.ts';
import type { HandlerContext } from '../protocol/request.ts';
import type { FeatureIndexes } from './featureIndexes.ts';
import { chooseTimestep } from './lens/explain/chooseTimestep.ts';
import { compareWithFile, differingFiles } from './lens/explain/compareWithFile.ts';
import { findManifest, type FoundManifest } from './lens/explain/findManifest.ts';
import { readEncoded } from './lens/explain/readEncoded.ts';
import { startingPointOf } from './lens/explain/startingPoint.ts';
import { makeBoard } from './lens/intervene/board.ts';
import type { Models } from './models.ts';
import { seedMax } from './models/limits.ts';
import { type PictureFile, readPictureFile } from './pictures/readPictureFile.ts';
import { noiseMixAt } from './pipeline/schedulers/addNoise.ts';

export interface ExplainPorts {
  readonly models: Models;
  readonly indexes: FeatureIndexes;
  /** The built `decoder.cjs`. */
  readonly decoderPath: string;
  /** Keeps a run. @throws as `RunStore.keep` */
  readonly keep: (
    picture: Picture,
    manifest: RunManifest,
    readings: readonly BlockReading[],
  ) => Promise<{ readonly runId: string }>;
}

type Context = HandlerContext<ExplainProgress>;
/** What a path finds out; the rest of the result is the same for all. */
type Explained = Omit<ExplainResult, 'file' | 'modelTitle' | 'labels' | 'runId'> & {
  /** Of the run that can be kept; undefined when nothing was run. */
  readonly manifest: RunManifest | undefined;
};

/** Decides the path by what the file says of itself, and goes it. */
export async function explainRequest(
  params: Settled<ExplainParams>,
  ports: ExplainPorts,
  context: Context,
): Promise<ExplainResult> {
  checkParams(params);
  const { models, decoderPath } = ports;
  const { signal, progress } = context;
  const description = await models.describe(params.modelDir);
  progress({ phase: 'readingFile' });
  const read = (path: string): Promise<PictureFile> =>
    readPictureFile(path, description.defaults, { decoderPath, signal });
  const file = await read(params.path);
  const { found, notes }: FoundManifest =
    params.as === 'auto'
      ? await findManifest(params.path, file.texts)
      : { found: undefined, notes: [] };
  const { manifest, ...explained } = found
    ? await explainMadeHere(params, found, file, description, ports, context)
    : await explainEncoded(params, file, read, description, ports, context);
  const labels = await labelsOf(params, explained.readings, ports.indexes);
  const { name, format, sha256, source, crop } = file;
  const about: ExplainedFile = {
    ...{ name, format, sha256, source, crop },
    notes: [...file.notes, ...notes],
  };
  const kept =
    params.keep && manifest
      ? await ports.keep(explained.picture, manifest, explained.readings)
      : undefined;
  return {
    ...{ file: about, modelTitle: description.title, ...explained, labels },
    ...(kept && { runId: kept.runId }),
  };
}

function checkParams({ seedCount, firstSeed }: ExplainParams): void {
  if (!Number.isInteger(seedCount) || seedCount < 1 || seedCount > seedCountMax) {
    throw invalidInput(
      `seedCount is ${String(seedCount)}; allowed are whole numbers from 1 to ${String(seedCountMax)}.`,
    );
  }
  if (!Number.isInteger(firstSeed) || firstSeed < 0 || firstSeed > seedMax) {
    throw invalidInput(
      `firstSeed is ${String(firstSeed)}; allowed are whole numbers from 0 to ${String(seedMax)}.`,
    );
  }
}

async function explainMadeHere(
  params: Settled<ExplainParams>,
  { foundIn, manifest }: Pick<MadeHerePath, 'foundIn' | 'manifest'>,
  file: PictureFile,
  description: ModelDescription,
  { models }: ExplainPorts,
  context: Context,
): Promise<Explained> {
  const { modelDir, provider } = params;
  const current = await models.identify(modelDir, context.signal);
  const files = differingFiles(manifest.model, current);
  const path = { kind: 'madeHere', foundIn, manifest } as const;
  const nothing = { controlReadings: [], fits: [], roundTrip: null, controlPicture: null };
  if (files.length > 0) {
    const verdict = { kind: 'modelMissing', currentId: description.id, files } as const;
    return {
      ...{ ...nothing, picture: file.picture, path: { ...path, verdict } },
      ...{ readings: [], manifest: undefined },
    };
  }
  const made = manifest.recipe
    ? await makeEditedAgain(params, manifest, models, context)
    : await models.generate({ ...requestOf(manifest), modelDir, provider, keep: false }, context);
  const verdict = compareWithFile(made.picture, file.whole);
  const { picture, readings } = made;
  return { ...nothing, picture, readings, path: { ...path, verdict }, manifest: made.manifest };
}

function requestOf(manifest: RunManifest) {
  const { prompt, negativePrompt, seed, steps, guidanceScale, scheduler, width, height } = manifest;
  return { prompt, negativePrompt, seed, steps, guidanceScale, scheduler, width, height };
}

interface MadeAgain {
  readonly picture: Picture;
  readonly readings: readonly BlockReading[];
  readonly manifest: RunManifest;
}

async function makeEditedAgain(
  choice: Settled<ExplainParams>,
  manifest: RunManifest,
  models: Models,
  { signal, progress }: Context,
): Promise<MadeAgain> {
  const found: MadeAgain[] = [];
  await makeBoard(
    {
      bases: [requestOf(manifest)],
      variants: manifest.recipe ? [manifest.recipe] : [],
      withReadings: true,
    },
    {
      signal,
      turn: (work) => models.turn(choice, signal, 'preview', work),
      progress: (step) => {
        if (step.phase === 'made') {
          const { picture, readings = [], variantIndex, manifest: again } = step.made;
          if (variantIndex !== null) found.push({ picture, readings, manifest: again });
        } else if (step.phase !== 'making') progress(step);
      },
    },
  );
  const [made] = found;
  if (!made) throw invalidInput('The edit in the manifest makes no picture.');
  return made;
}

async function explainEncoded(
  params: Settled<ExplainParams>,
  file: PictureFile,
  read: (path: string) => Promise<PictureFile>,
  description: ModelDescription,
  { models }: ExplainPorts,
  context: Context,
): Promise<Explained> {
  const { signal, progress } = context;
  const { folder } = await models.read(params.modelDir);
  const { later, timestep, defaultTimestep } = chooseTimestep(folder, params.timestep);
  const other = params.control.kind === 'file' ? await read(params.control.path) : undefined;
  const control = other?.picture ?? grey(description.defaults);
  // Seeds are 32 bits wide and go round.
  const seeds = Array.from(
    { length: params.seedCount },
    (_, i) => (params.firstSeed + i) % (seedMax + 1),
  );
  const { prompt } = params;
  const result = await readEncoded(
    { picture: file.picture, control, prompt, timestep, seeds },
    {
      ...{ signal, progress },
      turn: (work) => models.turn(params, signal, 'preview', ({ pipeline }) => work(pipeline)),
    },
  );
  const mix = noiseMixAt(description.defaults.scheduler, folder.schedulerConfig, timestep);
  const path: EncodedPath = {
    kind: 'encoded',
    startingPoint: startingPointOf(file.texts),
    ...{ prompt, timestep, defaultTimestep, timesteps: later, seeds, ...mix },
    control: { kind: params.control.kind, name: other?.name ?? 'a plain grey picture' },
  };
  const { defaults } = description;
  const manifest = await models.turn(params, signal, 'preview', ({ manifestOf }) =>
    manifestOf(
      {
        ...{ prompt, negativePrompt: '', seed: params.firstSeed, steps: 1, guidanceScale: 0 },
        ...{ scheduler: defaults.scheduler, width: defaults.width, height: defaults.height },
      },
      {},
    ),
  );
  const { name, sha256 } = file;
  const explained = { name, sha256, timestep, seedCount: params.seedCount };
  return {
    ...{ ...result, picture: file.picture, controlPicture: control, path },
    manifest: { ...manifest, explained },
  };
}

const midGrey = 128;

const grey = ({ width, height }: { width: number; height: number }): Picture => ({
  ...{ width, height },
  rgb: new Uint8Array(width * height * 3).fill(midGrey),
});

/** Labels of the features that are active, where there are any; blocks without an index have none. */
async function labelsOf(
  { modelDir, labelsPath }: ExplainParams,
  readings: readonly BlockReading[],
  indexes: FeatureIndexes,
): Promise<ExplainResult['labels']> {
  const catalogue = await indexes.catalogue(modelDir, labelsPath);
  return readings.flatMap(({ block, saeSha256, steps }) => {
    const placed = catalogue.blocks.find((each) => each.block.summary.saeSha256 === saeSha256);
    if (!placed) return [];
    const active = new Set<number>();
    for (const { ids, values } of steps) {
      for (const [slot, value] of values.entries()) if (value > 0) active.add(ids[slot]!);
    }
    return [...active].flatMap((id) => {
      const label = catalogue.labels.effective(placed, id);
      return label ? [{ block, id, label }] : [];
    });
  });
}
