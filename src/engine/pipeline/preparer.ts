import type { GenerateProgress, Truncation } from '../../protocol/engine.ts';
import { pixelsPerCell } from '../models/describeModel.ts';
import type { ModelFolder } from '../models/modelFolder.ts';
import type { SplicedTap } from '../onnx/spliceTaps.ts';
import type { Ort, OrtSession } from '../ort/ort.ts';
import { checkRequest, type PictureRequest } from './checkRequest.ts';
import { condition, type Conditioning } from './conditioning.ts';
import { isGuided } from './guidance.ts';
import type { ModelSessions } from './modelSessions.ts';
import { PhaseClock } from './phaseClock.ts';
import { PromptEncoder } from './promptEncoder.ts';
import { RecentCache } from './recentCache.ts';
import { RunMeter, type TakeTurn } from './runMeter.ts';
import { createSchedule, type Schedule } from './schedulers/schedule.ts';
import { createUnet, type LatentShape, type Unet } from './unet.ts';

export interface PictureContext {
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((progress: GenerateProgress) => void) | undefined;
  /** Asked before loading and before every run; default: at once. */
  readonly takeTurn?: TakeTurn | undefined;
}

/** Everything that is settled before the first step of a picture. */
export interface Prepared {
  readonly unet: Unet;
  readonly vaeDecoder: OrtSession;
  readonly schedule: Schedule;
  readonly conditioning: Conditioning;
  readonly truncations: readonly Truncation[];
  readonly shape: LatentShape;
  readonly meter: RunMeter;
  readonly clock: PhaseClock;
}

/** A schedule is a thousand noise levels, and most pictures have that of the one before. */
const keptScheduleCount = 4;

/** Narrower text encoders take longer with two threads than with one: 0.65 ms instead of 0.36 at a width of 64. */
const wideFrom = 256;

/** From a request to the first step: checks, loads what is not loaded, encodes the prompts. */
export class Preparer {
  readonly #model: ModelFolder;
  readonly #ort: Ort;
  readonly #sessions: ModelSessions;
  readonly #prompts: PromptEncoder;
  readonly #isFrugal: boolean;
  readonly #schedules = new RecentCache<Schedule>(keptScheduleCount);
  #unet: Unet | undefined;

  /** @param isFrugal text encoders go once they have encoded, and rows of a batch run one after another */
  constructor(model: ModelFolder, ort: Ort, sessions: ModelSessions, isFrugal = false) {
    this.#isFrugal = isFrugal;
    this.#model = model;
    this.#ort = ort;
    this.#sessions = sessions;
    this.#prompts = new PromptEncoder(model);
  }

  /** @throws `invalidInput`, `model`, `cancelled`, `closed`, `outOfMemory` */
  async prepare(request: PictureRequest, context: PictureContext): Promise<Prepared> {
    checkRequest(request, this.#model.description.limits);
    const schedule = this.#scheduleOf(request);
    const clock = new PhaseClock();
    const meter = new RunMeter(context.signal, context.takeTurn);
    meter.throwIfCancelled();
    const takeTurn: TakeTurn = context.takeTurn ?? ((work) => work());
    const loading = <T>(work: () => Promise<T>): Promise<T> =>
      clock.time('loading', () => takeTurn(work));
    const encode = (textEncoders: readonly OrtSession[]) => {
      context.progress?.({ phase: 'encodingText' });
      return clock.time('encodingText', () => this.#encode(request, textEncoders, meter));
    };
    const loadAll = async () => {
      const textEncoders = await this.#loadTextEncoders(context);
      return { textEncoders, ...(await this.#loadRest(context)) };
    };
    let text: Awaited<ReturnType<typeof encode>>;
    let rest: { unet: Unet; vaeDecoder: OrtSession };
    if (this.#isFrugal) {
      const needed = this.#needsTextEncoders(request);
      text = await encode(needed ? await loading(() => this.#loadTextEncoders(context)) : []);
      if (needed) await takeTurn(() => this.#closeTextEncoders());
      rest = await loading(() => this.#loadRest(context));
    } else {
      const { textEncoders, ...others } = await loading(loadAll);
      rest = others;
      text = await encode(textEncoders);
    }
    const { embeddings, truncations } = text;
    const cell = pixelsPerCell(this.#model.vaeDecoder.config);
    const shape = {
      channels: this.#model.unet.config.in_channels,
      height: request.height / cell,
      width: request.width / cell,
    };
    const conditioning = condition(embeddings, request);
    return { ...rest, schedule, conditioning, truncations, shape, meter, clock };
  }

  /** The U-net's taps, in the order in which they run; read from its graph, nothing is loaded. */
  taps(): Promise<readonly SplicedTap[]> {
    return this.#sessions.taps();
  }

  get segmentCount(): number {
    return this.#unet?.sessions.length ?? 0;
  }

  #scheduleOf({ scheduler, steps }: PictureRequest): Schedule {
    const key = `${scheduler} ${String(steps)}`;
    const known = this.#schedules.get(key);
    if (known) return known;
    const schedule = createSchedule(scheduler, this.#model.schedulerConfig, steps);
    this.#schedules.set(key, schedule);
    return schedule;
  }

  async #loadTextEncoders({ signal, progress }: PictureContext): Promise<readonly OrtSession[]> {
    const textEncoders: OrtSession[] = [];
    for (const { name, graph, config } of this.#model.textEncoders) {
      progress?.({ phase: 'loading', part: name });
      const threadCount = config.hidden_size < wideFrom ? 1 : undefined;
      textEncoders.push(await this.#sessions.open(name, graph, signal, threadCount));
    }
    return textEncoders;
  }

  async #loadRest({
    signal,
    progress,
  }: PictureContext): Promise<{ unet: Unet; vaeDecoder: OrtSession }> {
    progress?.({ phase: 'loading', part: 'unet' });
    const unet = await this.#sessions.openUnet(signal, (index, count) => {
      if (count === 1) return;
      progress?.({ phase: 'loading', part: `unet, ${String(index + 1)} of ${String(count)}` });
    });
    progress?.({ phase: 'loading', part: 'vae_decoder' });
    const { graph } = this.#model.vaeDecoder;
    const vaeDecoder = await this.#sessions.open('vae_decoder', graph, signal);
    // The same sessions make the same U-net: what was kept of its runs stays good.
    const isSame = this.#unet?.sessions.every((session, i) => session === unet.sessions[i]);
    if (!this.#unet || !isSame) {
      this.#unet = createUnet(this.#ort, unet, { hasRowsApart: this.#isFrugal });
    }
    return { unet: this.#unet, vaeDecoder };
  }

  #needsTextEncoders({ prompt, negativePrompt, guidanceScale }: PictureRequest): boolean {
    const needsNegative = isGuided(guidanceScale) && !this.#prompts.isZero(negativePrompt);
    const texts = needsNegative ? [prompt, negativePrompt] : [prompt];
    return texts.some((each) => !this.#prompts.isKnown(each));
  }

  async #closeTextEncoders(): Promise<void> {
    for (const { name } of this.#model.textEncoders) await this.#sessions.close(name);
  }

  async #encode(
    { prompt, negativePrompt, guidanceScale }: PictureRequest,
    sessions: readonly OrtSession[],
    meter: RunMeter,
  ) {
    const positive = await this.#prompts.encode(prompt, sessions, meter);
    const cut = truncationOf('prompt', positive.truncation);
    if (!isGuided(guidanceScale)) return { embeddings: [positive.embedding], truncations: cut };
    const negative = await this.#prompts.encodeNegative(
      negativePrompt,
      positive.embedding,
      sessions,
      meter,
    );
    return {
      embeddings: [negative.embedding, positive.embedding],
      truncations: [...cut, ...truncationOf('negativePrompt', negative.truncation)],
    };
  }
}

const truncationOf = (
  prompt: Truncation['prompt'],
  truncation: Omit<Truncation, 'prompt'> | undefined,
): Truncation[] => (truncation ? [{ prompt, ...truncation }] : []);
