import type { Picture } from '../../../protocol/engine.ts';
import type { ExplainProgress, ExplainResult } from '../../../protocol/explain.ts';
import type { InstalledSae } from '../../models/sae/installedSaes.ts';
import type { Pipeline } from '../../pipeline/generate.ts';
import type { EncodedPicture, PictureReading } from '../../pipeline/pictureReader.ts';
import { groupReadings } from '../../pipeline/tapReadings.ts';
import { fitOfBlocks } from './fitOfBlocks.ts';

export interface EncodedPorts {
  /** One turn with the model; other work may come between two. */
  turn<T>(work: (pipeline: Pipeline) => Promise<T>): Promise<T>;
  readonly signal: AbortSignal;
  readonly progress: (progress: ExplainProgress) => void;
}

export interface EncodedTask {
  readonly picture: Picture;
  readonly control: Picture;
  readonly prompt: string;
  readonly timestep: number;
  readonly seeds: readonly number[];
}

type EncodedResult = Pick<ExplainResult, 'readings' | 'controlReadings' | 'fits' | 'roundTrip'>;

/**
 * Picture and control through the VAE, then for every noise one pass of the U-net each: the same noise, timestep and
 * prompt for both, so that what the noise and the prompt alone bring is in both and falls out of the difference.
 *
 * @throws as `PictureReader`
 */
export async function readEncoded(task: EncodedTask, ports: EncodedPorts): Promise<EncodedResult> {
  const { signal, progress } = ports;
  const context = { signal, progress };
  progress({ phase: 'encodingPicture' });
  const encode = (picture: Picture): Promise<EncodedPicture> =>
    ports.turn((pipeline) => pipeline.pictures.encode(picture, context));
  const picture = await encode(task.picture);
  const roundTrip = await ports.turn((pipeline) => pipeline.pictures.decode(picture, context));
  const control = await encode(task.control);
  const total = 2 * task.seeds.length;
  let done = 0;
  let saes: readonly InstalledSae[] = [];
  const read = (from: EncodedPicture, noiseSeed: number): Promise<PictureReading> =>
    ports.turn(async (pipeline) => {
      progress({ phase: 'readingFeatures', done: done++, total });
      saes = pipeline.saes;
      const { prompt, timestep } = task;
      return pipeline.pictures.read(from, { prompt, timestep, noiseSeed }, { signal });
    });
  const ofPicture: PictureReading[] = [];
  const ofControl: PictureReading[] = [];
  for (const seed of task.seeds) {
    ofPicture.push(await read(picture, seed));
    ofControl.push(await read(control, seed));
  }
  const grouped = (all: readonly PictureReading[]) =>
    groupReadings(
      all.map(({ readings }) => readings),
      saes,
    );
  return {
    readings: grouped(ofPicture),
    controlReadings: grouped(ofControl),
    fits: await fitOfBlocks(ofPicture, saes, signal),
    roundTrip,
  };
}
