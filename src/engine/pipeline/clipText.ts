import { dirname } from 'node:path';
import { modelError } from '../../protocol/errors.ts';
import { readTokenizerFiles } from '../models/tokenizerFiles.ts';
import type { OrtSession } from '../ort/ort.ts';
import type { Embedded } from './clip.ts';
import { floatsOf, toTensor } from './feeds.ts';
import type { ModelSessions } from './modelSessions.ts';
import { RecentCache } from './recentCache.ts';
import { RunMeter } from './runMeter.ts';
import { SideNetwork } from './sideNetwork.ts';
import { ClipTokenizer } from './tokenizer.ts';
import { unitLength } from './unitLength.ts';

/** Of CLIP's texts, where the graph leaves it open. */
const usualLength = 77;
const outputName = 'text_embeds';
const cachedTextCount = 64;

/** What the text part of a CLIP network makes of prompts: `text/model.onnx` beside it, with its tokenizer's files. */
export class ClipText {
  readonly #dir: string;
  readonly #network: SideNetwork;
  #known: { readonly sha256: string; readonly tokenizer: ClipTokenizer } | undefined;
  #cache = new RecentCache<Embedded>(cachedTextCount);

  /** @param clipPath of the CLIP image network */
  constructor(sessions: ModelSessions, clipPath: string) {
    this.#dir = dirname(clipPath);
    this.#network = new SideNetwork(sessions, 'clipText', this.#dir, '');
  }

  /**
   * @returns undefined where there is no text part
   * @throws `cancelled`; `model` for a graph that does not take token ids `[1, length]` and give `text_embeds`, and as
   * `readTokenizerFiles`
   * @source transformers 5 `CLIPTextModelWithProjection`; checked against test/golden/looks.json
   */
  async embed(text: string, signal?: AbortSignal): Promise<Embedded | undefined> {
    const found = await this.#network.open(signal);
    if (!found) return undefined;
    const { session, sha256, file } = found;
    const [input, ...others] = session.inputs;
    const isFitting = input?.dims.length === 2 && others.length === 0;
    if (!isFitting || session.outputs.every(({ name }) => name !== outputName)) {
      throw modelError(
        `${file.name} does not take token ids [1, length] alone and give "${outputName}". Export the text part of CLIP with its projection (scripts/exportClip.py --text).`,
      );
    }
    const tokenizer = await this.#tokenizer(sha256, input.dims[1]);
    const known = this.#cache.get(text);
    if (known) return known;
    const { ids } = tokenizer.encode(text);
    const feeds = { [input.name]: toTensor(input, [1, ids.length], ids) };
    const outputs = await new RunMeter(signal).run(session, feeds, { [outputName]: 'value' });
    const made = { values: unitLength(floatsOf(outputs, outputName).values, file.name), sha256 };
    this.#cache.set(text, made);
    return made;
  }

  /** @param length of the graph's texts; a name where it is open */
  async #tokenizer(
    sha256: string,
    length: OrtSession['inputs'][number]['dims'][number] | undefined,
  ): Promise<ClipTokenizer> {
    if (this.#known?.sha256 !== sha256) {
      const positions = typeof length === 'number' ? length : usualLength;
      const files = await readTokenizerFiles(this.#dir, 'text');
      this.#known = { sha256, tokenizer: new ClipTokenizer(files, positions) };
      this.#cache = new RecentCache(cachedTextCount);
    }
    return this.#known.tokenizer;
  }
}
