import { resizePicture } from '../../numerics/resizePicture.ts';
import type { Picture } from '../../protocol/engine.ts';
import { modelError } from '../../protocol/errors.ts';
import type { ValueInfo } from '../../protocol/runner.ts';
import type { ModelFile } from '../models/modelFiles.ts';
import type { OrtSession } from '../ort/ort.ts';
import { floatsOf, toTensor } from './feeds.ts';
import type { ModelSessions } from './modelSessions.ts';
import { ClipText } from './clipText.ts';
import { RunMeter } from './runMeter.ts';
import { SideNetwork } from './sideNetwork.ts';
import { unitLength } from './unitLength.ts';

/** Of CLIP's pictures, red, green and blue: what transformers' `CLIPImageProcessor` has as defaults. */
const mean = [0.48145466, 0.4578275, 0.40821073];
const std = [0.26862954, 0.26130258, 0.27577711];
/** Pixels a side where the graph leaves them open. */
const usualSize = 224;
const outputName = 'image_embeds';

/** An embedding f32 `[width]` of length 1, so that a sum of products is the cosine, and the network's hash. */
export interface Embedded {
  readonly values: Float32Array;
  readonly sha256: string;
}

/** What a CLIP image network makes of pictures, where one is given, and its text part of prompts. */
export class Clip {
  readonly #sessions: ModelSessions;
  readonly #network: SideNetwork;
  #text: { readonly path: string; readonly part: ClipText } | undefined;

  /** @param chosen as `findNetwork` */
  constructor(sessions: ModelSessions, modelDir: string, chosen: string) {
    this.#sessions = sessions;
    this.#network = new SideNetwork(sessions, 'clip', modelDir, chosen);
  }

  /**
   * The picture's embedding. The picture is resized (bicubic, its shorter side to the network's), cut to a square in its
   * middle and normalised.
   *
   * @returns undefined where no network is given
   * @throws `cancelled`; `model` for a graph that does not take one picture `[1, 3, size, size]` and give `image_embeds`
   * @source transformers 5 `CLIPImageProcessor`, `CLIPVisionModelWithProjection`; checked against test/golden/looks.json
   */
  async embed(picture: Picture, signal?: AbortSignal): Promise<Embedded | undefined> {
    const known = await this.#network.open(signal);
    if (!known) return undefined;
    const { file, sha256, session } = known;
    const [input, size] = inputOf(file, session);
    const output = session.outputs.find(({ name }) => name === outputName);
    if (!output) throw unfit(file, session);
    const feeds = { [input.name]: toTensor(input, [1, 3, size, size], fitted(picture, size)) };
    const outputs = await new RunMeter(signal).run(session, feeds, { [output.name]: 'value' });
    const { values } = floatsOf(outputs, output.name);
    return { values: unitLength(values, file.name), sha256 };
  }

  /** A prompt's embedding by the text part beside the network. @returns undefined where none is @throws as `ClipText.embed` */
  async embedText(text: string, signal?: AbortSignal): Promise<Embedded | undefined> {
    const known = await this.#network.find();
    if (!known) return undefined;
    const { path } = known.file;
    if (this.#text?.path !== path) this.#text = { path, part: new ClipText(this.#sessions, path) };
    return this.#text.part.embed(text, signal);
  }
}

/** @throws `model` */
function inputOf(file: ModelFile, session: OrtSession): readonly [ValueInfo, number] {
  const [input, ...others] = session.inputs;
  const [, channels, high, wide] = input?.dims ?? [];
  const isOpen = typeof high === 'string' && typeof wide === 'string';
  const isFitting = input?.dims.length === 4 && (channels === 3 || typeof channels === 'string');
  if (input && isFitting && others.length === 0 && (isOpen || high === wide)) {
    return [input, typeof high === 'number' ? high : usualSize];
  }
  throw unfit(file, session);
}

function unfit({ name }: ModelFile, { inputs, outputs }: OrtSession) {
  const list = (values: readonly ValueInfo[]): string =>
    values.map((value) => `${value.name} [${value.dims.join(', ')}]`).join(', ') || 'nothing';
  return modelError(
    `${name} does not take one picture [1, 3, size, size] and give "${outputName}": it takes ${list(inputs)} and gives ${list(outputs)}. Export the image part of CLIP with its projection (scripts/exportClip.py).`,
  );
}

/** @returns f32 `[3, size, size]` */
function fitted({ rgb, width, height }: Picture, size: number): Float32Array {
  const short = Math.min(width, height);
  const toWidth = Math.floor((size * width) / short);
  const toHeight = Math.floor((size * height) / short);
  const resized = resizePicture(rgb, width, height, toWidth, toHeight, 'bicubic');
  const [left, top] = [Math.floor((toWidth - size) / 2), Math.floor((toHeight - size) / 2)];
  const values = new Float32Array(3 * size * size);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const from = ((top + y) * toWidth + left + x) * 3;
      for (let channel = 0; channel < 3; channel++) {
        const value = (resized[from + channel] ?? 0) / 255;
        values[(channel * size + y) * size + x] = (value - mean[channel]!) / std[channel]!;
      }
    }
  }
  return values;
}
