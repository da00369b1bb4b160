import { TorchGenerator } from '../../numerics/random.ts';
import type { GenerateProgress, Picture, Truncation } from '../../protocol/engine.ts';
import type { BlockReading } from '../../protocol/features.ts';
import type { Provider } from '../../protocol/provider.ts';
import { pixelsPerCell } from '../models/describeModel.ts';
import type { ModelFolder } from '../models/modelFolder.ts';
import type { InstalledSae } from '../models/sae/installedSaes.ts';
import type { Ort, OrtSession } from '../ort/ort.ts';
import { checkRequest, type PictureRequest } from './checkRequest.ts';
import { condition } from './conditioning.ts';
import { denoise } from './denoise.ts';
import { isGuided } from './guidance.ts';
import { ModelSessions, type UnetForm, type UnetSessions } from './modelSessions.ts';
import { PromptEncoder } from './promptEncoder.ts';
import { RunMeter, type TakeTurn } from './runMeter.ts';
import { createSchedule } from './schedulers/schedule.ts';
import type { StageSample, StageWatch } from './stageSamples.ts';
import { groupReadings, type TapReading } from './tapReadings.ts';
import { createUnet, type LatentShape } from './unet.ts';
import { decodeLatents } from './vae.ts';

export interface PipelineOptions {
  readonly provider: Provider;
  /** Threads inside an operator; 0 = ONNX Runtime's own choice. */
  readonly threadCount: number;
  /** Default: `chain` on the CPU, `tapped` elsewhere. */
  readonly unet?: UnetForm;
  /** Read while a picture is made; default: none. */
  readonly saes?: readonly InstalledSae[];
}

export interface GenerateContext {
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((progress: GenerateProgress) => void) | undefined;
  /** The latents after each step, `[channels, height, width]`. */
  readonly onStep?: ((stepIndex: number, latents: Float32Array) => void) | undefined;
  /** Asked before loading and before every run; default: at once. */
  readonly takeTurn?: TakeTurn | undefined;
}

export interface ObserveContext extends GenerateContext {
  readonly watch: StageWatch;
  /** What the watched stages did at each step; kept by nobody else. */
  readonly onStages: (stepIndex: number, stages: readonly StageSample[]) => void;
}

export interface GeneratedPicture {
  readonly picture: Picture;
  readonly truncations: readonly Truncation[];
  /** What the SAEs read, one record a block. */
  readonly readings: readonly BlockReading[];
  /** Wall time by phase: `loading`, `encodingText`, `denoising`, `decoding`, and `total`. */
  readonly timingsMs: Readonly<Record<string, number>>;
  /** Sum of ONNX Runtime's own run times. */
  readonly runMs: number;
}

/** One model, ready to draw. Requests may not overlap: the sessions are one line of work. */
export interface Pipeline {
  readonly model: ModelFolder;
  /** @throws `invalidInput`, `model`, `cancelled`, `closed`, `outOfMemory`, `internal` */
  generate(
    request: PictureRequest,
    context?: GenerateContext | ObserveContext,
  ): Promise<GeneratedPicture>;
  /**
   * Makes the latents of a picture, watching stages, and decodes nothing.
   *
   * @returns what the SAEs read, as `generate` does; empty when the watch leaves them out
   * @throws as `generate`
   */
  observe(
    request: PictureRequest,
    context: ObserveContext,
  ): Promise<{ readonly readings: readonly BlockReading[] }>;
  /** Frees the model's sessions; the next request loads them again. */
  release(): Promise<void>;
}

/** A cut costs next to nothing on the CPU, and a copy to the host and back elsewhere. */
export const defaultForm = (provider: Provider): UnetForm =>
  provider === 'cpu' ? 'chain' : 'tapped';

/** From a prompt to a picture, as diffusers' `StableDiffusionXLPipeline` does it. Nothing is loaded yet. */
export function createPipeline(model: ModelFolder, ort: Ort, options: PipelineOptions): Pipeline {
  const { provider, threadCount, saes = [] } = options;
  const unet = options.unet ?? defaultForm(provider);
  const sessions = new ModelSessions(ort, model, { provider, threadCount, unet, saes });
  const prompts = new PromptEncoder(model);

  async function load({ signal, progress }: GenerateContext): Promise<Loaded> {
    const announce = (part: string): void => progress?.({ phase: 'loading', part });
    const textEncoders: OrtSession[] = [];
    for (const { name, graph } of model.textEncoders) {
      announce(name);
      textEncoders.push(await sessions.open(name, graph, signal));
    }
    announce('unet');
    const unet = await sessions.openUnet(signal);
    announce('vae_decoder');
    const vaeDecoder = await sessions.open('vae_decoder', model.vaeDecoder.graph, signal);
    return { textEncoders, unet, vaeDecoder };
  }

  async function draw(
    request: PictureRequest,
    context: GenerateContext & Partial<ObserveContext>,
    clock: PhaseClock,
    meter: RunMeter,
  ): Promise<DrawnLatents> {
    checkRequest(request, model.description.limits);
    const { prompt, negativePrompt, seed, steps, guidanceScale, scheduler } = request;
    const schedule = createSchedule(scheduler, model.schedulerConfig, steps);
    meter.throwIfCancelled();
    const { takeTurn = (work) => work() } = context;
    const loaded = await clock.time('loading', () => takeTurn(() => load(context)));

    context.progress?.({ phase: 'encodingText' });
    const { embeddings, truncations } = await clock.time('encodingText', async () => {
      const positive = await prompts.encode(prompt, loaded.textEncoders, meter);
      const cut = truncationOf('prompt', positive.truncation);
      if (!isGuided(guidanceScale)) return { embeddings: [positive.embedding], truncations: cut };
      const negative = await prompts.encodeNegative(
        negativePrompt,
        positive.embedding,
        loaded.textEncoders,
        meter,
      );
      return {
        embeddings: [negative.embedding, positive.embedding],
        truncations: [...cut, ...truncationOf('negativePrompt', negative.truncation)],
      };
    });

    const cell = pixelsPerCell(model.vaeDecoder.config);
    const shape = {
      channels: model.unet.config.in_channels,
      height: request.height / cell,
      width: request.width / cell,
    };
    const stepCount = schedule.timesteps.length;
    const report = (stepIndex: number): void =>
      context.progress?.({ phase: 'denoising', stepIndex, stepCount });
    report(0);
    const readings: (readonly TapReading[])[] = [];
    const latents = await clock.time('denoising', () =>
      denoise(
        {
          unet: createUnet(ort, loaded.unet, context.watch),
          schedule,
          conditioning: condition(embeddings, request),
          guidanceScale,
          shape,
          generator: new TorchGenerator(seed),
          onStep: (stepIndex, values, output) => {
            readings.push(output.readings);
            context.onStages?.(stepIndex, output.stages);
            context.onStep?.(stepIndex, values);
            if (stepIndex + 1 < stepCount) report(stepIndex + 1);
          },
        },
        meter,
      ),
    );
    return { loaded, latents, shape, truncations, readings: groupReadings(readings, saes) };
  }

  async function generate(
    request: PictureRequest,
    context: GenerateContext | ObserveContext = {},
  ): Promise<GeneratedPicture> {
    const clock = new PhaseClock();
    const meter = new RunMeter(context.signal, context.takeTurn);
    const { loaded, latents, shape, truncations, readings } = await draw(
      request,
      context,
      clock,
      meter,
    );
    context.progress?.({ phase: 'decoding' });
    const picture = await clock.time('decoding', () =>
      decodeLatents(loaded.vaeDecoder, model.vaeDecoder.config, latents, shape, meter),
    );
    return {
      picture,
      truncations,
      readings,
      timingsMs: clock.timings(),
      runMs: meter.runMs,
    };
  }

  return {
    model,
    generate,
    observe: (request, context) =>
      draw(request, context, new PhaseClock(), new RunMeter(context.signal, context.takeTurn)),
    release: () => sessions.release(),
  };
}

interface Loaded {
  readonly textEncoders: readonly OrtSession[];
  readonly unet: UnetSessions;
  readonly vaeDecoder: OrtSession;
}

interface DrawnLatents {
  readonly loaded: Loaded;
  readonly latents: Float32Array; // [channels, height, width]
  readonly shape: LatentShape;
  readonly truncations: readonly Truncation[];
  readonly readings: readonly BlockReading[];
}

const truncationOf = (
  prompt: Truncation['prompt'],
  truncation: Omit<Truncation, 'prompt'> | undefined,
): Truncation[] => (truncation ? [{ prompt, ...truncation }] : []);

class PhaseClock {
  readonly #startedAt = performance.now();
  readonly #timings: Record<string, number> = {};

  async time<T>(phase: string, work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const result = await work();
    this.#timings[phase] = performance.now() - startedAt;
    return result;
  }

  timings(): Readonly<Record<string, number>> {
    return { ...this.#timings, total: performance.now() - this.#startedAt };
  }
}
