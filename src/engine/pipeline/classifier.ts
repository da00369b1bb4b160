import { resizePicture } from '../../numerics/resizePicture.ts';
import type { Picture } from '../../protocol/engine.ts';
import { modelError } from '../../protocol/errors.ts';
import {
  type ClassifierFacts,
  readClassifierFacts,
  type SeenFactor,
} from '../models/classifierFile.ts';
import { floatsOf, outputNamed, toTensor } from './feeds.ts';
import type { ModelSessions } from './modelSessions.ts';
import { RunMeter } from './runMeter.ts';
import { SideNetwork } from './sideNetwork.ts';

/** By factor, the probability of each of its classes: a choice's sum to 1, the others stand for themselves. */
export type Seen = Readonly<Record<string, readonly number[]>>;

/** The probability of each class in each cell of a picture. */
export interface ClassMap {
  readonly classes: readonly string[];
  readonly high: number;
  readonly wide: number;
  readonly values: Float32Array; // [classes, high, wide]
}

interface Floats {
  readonly dims: readonly number[];
  readonly values: Float32Array;
}

interface Told {
  readonly sha256: string;
  readonly fileName: string;
  readonly found: readonly { readonly factor: SeenFactor; readonly tensor: Floats }[];
}

/** Of a map, a class is in the picture as far as it is in so many cells. */
const cellsOfPresence = 4;

/** What a model's own classifier sees in its pictures, where the folder has one. */
export class Classifier {
  readonly #network: SideNetwork;
  readonly #modelDir: string;
  #facts: { readonly sha256: string; readonly facts: ClassifierFacts } | undefined;

  constructor(sessions: ModelSessions, modelDir: string) {
    this.#network = new SideNetwork(sessions, 'classifier', modelDir, '');
    this.#modelDir = modelDir;
  }

  /**
   * Probabilities of all factors. Of an output by cell, a class counts by the mean of its four likeliest cells. A picture
   * of another size is resized first.
   *
   * @returns undefined where the model has no classifier
   * @throws `cancelled`; `model` for a graph that does not fit its `classifier.json`
   * @source our own rule (outputs: training/mini/classifier.py); checked against test/golden/looks.json
   */
  async see(
    picture: Picture,
    signal?: AbortSignal,
  ): Promise<{ readonly seen: Seen; readonly sha256: string } | undefined> {
    const told = await this.#run(picture, ({ factors }) => factors, signal);
    if (!told) return undefined;
    const { sha256, fileName, found } = told;
    const seen: Record<string, readonly number[]> = {};
    for (const { factor, tensor } of found) {
      checkProbabilities(factor, tensor, fileName);
      seen[factor.name] = probabilities(factor, tensor);
    }
    return { seen, sha256 };
  }

  /**
   * Where in a picture the classes of a factor are that has a map beside its "Presence". A picture of another size is
   * resized first.
   *
   * @returns undefined where the model has no classifier, or the classifier no such map
   * @throws as `see`
   */
  async locate(
    picture: Picture,
    name: string,
    signal?: AbortSignal,
  ): Promise<(ClassMap & { readonly sha256: string }) | undefined> {
    const isWanted = (factor: SeenFactor): boolean => factor.name === name;
    const told = await this.#run(picture, ({ maps }) => maps.filter(isWanted), signal);
    const [first] = told?.found ?? [];
    if (!told || !first) return undefined;
    checkProbabilities(first.factor, first.tensor, told.fileName);
    const { dims, values } = first.tensor;
    const [, , high = 0, wide = 0] = dims;
    if (high * wide === 0) {
      throw modelError(`${told.fileName}: "${first.factor.output}" is no map of cells.`);
    }
    return { classes: first.factor.classes, high, wide, values, sha256: told.sha256 };
  }

  /** The outputs of some of what the classifier tells; of no others, where there are none. */
  async #run(
    picture: Picture,
    choose: (facts: ClassifierFacts) => readonly SeenFactor[],
    signal?: AbortSignal,
  ): Promise<Told | undefined> {
    const known = await this.#network.open(signal);
    if (!known) return undefined;
    const { file, sha256, session } = known;
    if (this.#facts?.sha256 !== sha256) {
      this.#facts = { sha256, facts: await readClassifierFacts(this.#modelDir) };
    }
    const { facts } = this.#facts;
    const { picture: size } = facts;
    const factors = choose(facts);
    if (factors.length === 0) return { sha256, fileName: file.name, found: [] };
    const [input, ...others] = session.inputs;
    if (!input || others.length > 0) {
      throw modelError(
        `${file.name} takes ${session.inputs.length} inputs; one picture is wanted.`,
      );
    }
    const values = unitPlanes(
      resizePicture(picture.rgb, picture.width, picture.height, size, size),
    );
    const wanted = Object.fromEntries(
      factors.map(({ output }) => [outputNamed(session, file.name, output), 'value' as const]),
    );
    const feeds = { [input.name]: toTensor(input, [1, 3, size, size], values) };
    const outputs = await new RunMeter(signal).run(session, feeds, wanted);
    const found = factors.map((factor) => ({ factor, tensor: floatsOf(outputs, factor.output) }));
    return { sha256, fileName: file.name, found };
  }
}

/** @throws `model` for another shape, or values that are no probabilities */
function checkProbabilities(
  { output, classes, isChoice }: SeenFactor,
  { dims, values }: Floats,
  fileName: string,
): void {
  const isMap = dims.length === 4;
  const isFitting = dims[1] === classes.length && (isMap ? !isChoice : dims.length === 2);
  if (isFitting && values.every((value) => value >= -1e-3 && value <= 1.001)) return;
  throw modelError(
    `${fileName}: "${output}" [${dims.join(', ')}] does not hold the probabilities of ${classes.length} classes.`,
  );
}

function probabilities({ classes }: SeenFactor, { dims, values }: Floats): readonly number[] {
  const cellCount = dims.slice(2).reduce((product, size) => product * size, 1);
  return classes.map((_, index) => {
    const own = [...values.subarray(index * cellCount, (index + 1) * cellCount)];
    const best = own.sort((a, b) => b - a).slice(0, dims.length === 4 ? cellsOfPresence : 1);
    return best.reduce((sum, value) => sum + value, 0) / best.length;
  });
}

/** @returns f32 `[3, pixels]`, 0 ... 1 */
function unitPlanes(rgb: Uint8Array): Float32Array {
  const pixelCount = rgb.length / 3;
  return Float32Array.from(
    { length: rgb.length },
    (_, i) => (rgb[3 * (i % pixelCount) + Math.floor(i / pixelCount)] ?? 0) / 255,
  );
}
