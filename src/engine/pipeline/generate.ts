import { TorchGenerator } from '../../numerics/random.ts';
import type { Picture, Truncation } from '../../protocol/engine.ts';
import type { BlockReading } from '../../protocol/features.ts';
import type { Provider } from '../../protocol/provider.ts';
import type { ModelFolder } from '../models/modelFolder.ts';
import type { InstalledSae } from '../models/sae/installedSaes.ts';
import type { Ort } from '../ort/ort.ts';
import type { PictureRequest } from './checkRequest.ts';
import { Classifier } from './classifier.ts';
import { Clip } from './clip.ts';
import { summaryOf } from './conditioning.ts';
import { denoise } from './denoise.ts';
import { Editing } from './editing.ts';
import { Lpips } from './lpips.ts';
import type { ExtraTaps } from '../onnx/findStages.ts';
import { ModelSessions, type UnetForm } from './modelSessions.ts';
import { PictureReader } from './pictureReader.ts';
import { type PictureContext, type Prepared, Preparer } from './preparer.ts';
import type { StageSample, StageWatch } from './stageSamples.ts';
import { groupReadings, type TapReading } from './tapReadings.ts';
import { decodeLatents } from './vae.ts';

export interface PipelineOptions {
  readonly provider: Provider;
  /** Threads inside an operator; 0 = ONNX Runtime's own choice. */
  readonly threadCount: number;
  /** Default: `chain` on the CPU, `tapped` elsewhere. */
  readonly unet?: UnetForm;
  /** Taps at convolution blocks or feed-forward neurons, too, which have no SAEs. Default: none. */
  readonly extraTaps?: ExtraTaps | undefined;
  /** Read while a picture is made; default: none. */
  readonly saes?: readonly InstalledSae[];
  /**
   * A model whose files are larger than this gets by with less memory, in more time: text encoders go once they have
   * encoded, and rows of a batch run one after another where nothing is edited. 0, the default: no limit.
   */
  readonly memoryBytesMax?: number;
  /** Path of an LPIPS network; default: the model's own, if it has one. */
  readonly lpipsPath?: string;
  /** Path of a CLIP network; default: the model's own, if it has one. */
  readonly clipPath?: string;
  /** Memory for what edited pictures reuse of unedited ones. */
  readonly reuseBytesMax?: number;
}

export interface GenerateContext extends PictureContext {
  /** The latents after each step, `[channels, height, width]`. */
  readonly onStep?: ((stepIndex: number, latents: Float32Array) => void) | undefined;
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
  /** What the U-net was told of the prompt: `summaryOf` the conditioning. */
  readonly told: Float32Array;
  /** Wall time by phase: `loading`, `encodingText`, `denoising`, `decoding`, and `total`. */
  readonly timingsMs: Readonly<Record<string, number>>;
  /** Sum of ONNX Runtime's own run times. */
  readonly runMs: number;
}

/** One model, ready to draw. Requests may not overlap: the sessions are one line of work. */
export interface Pipeline {
  readonly model: ModelFolder;
  readonly saes: readonly InstalledSae[];
  /** @throws `invalidInput`, `model`, `cancelled`, `closed`, `outOfMemory`, `internal` */
  generate(
    request: PictureRequest,
    context?: GenerateContext | ObserveContext,
  ): Promise<GeneratedPicture>;
  /**
   * Makes the latents of a picture, watching stages, and decodes nothing.
   *
   * @returns what the SAEs read, as `generate` does; empty when the watch leaves them out; and what the U-net was told
   * @throws as `generate`
   */
  observe(
    request: PictureRequest,
    context: ObserveContext,
  ): Promise<{ readonly readings: readonly BlockReading[]; readonly told: Float32Array }>;
  /** Unedited pictures that are kept for their edited ones. */
  readonly editing: Editing;
  /** For pictures that come from elsewhere. */
  readonly pictures: PictureReader;
  readonly lpips: Lpips;
  readonly clip: Clip;
  readonly classifier: Classifier;
  /** Frees the model's sessions; the next request loads them again. */
  release(): Promise<void>;
}

/** A cut costs next to nothing on the CPU, and a copy to the host and back elsewhere. */
export const defaultForm = (provider: Provider): UnetForm =>
  provider === 'cpu' ? 'chain' : 'tapped';

/** From a prompt to a picture, as diffusers' `StableDiffusionXLPipeline` does it. Nothing is loaded yet. */
export function createPipeline(model: ModelFolder, ort: Ort, options: PipelineOptions): Pipeline {
  const { provider, threadCount, saes = [], extraTaps } = options;
  const { reuseBytesMax, memoryBytesMax = 0 } = options;
  const unet = options.unet ?? defaultForm(provider);
  const sessions = new ModelSessions(ort, model, {
    provider,
    threadCount,
    unet,
    saes,
    extraTaps,
  });
  const isFrugal = memoryBytesMax > 0 && model.description.sizeBytes > memoryBytesMax;
  const preparer = new Preparer(model, ort, sessions, isFrugal);
  const editing = new Editing({
    ort,
    preparer,
    saes,
    vaeConfig: model.vaeDecoder.config,
    bytesMax: reuseBytesMax,
  });

  const stagePaths = saes.map(({ stagePath }) => stagePath);
  const pictures = new PictureReader(model, sessions, preparer, stagePaths);

  async function draw(
    request: PictureRequest,
    context: GenerateContext & Partial<ObserveContext>,
  ): Promise<DrawnLatents> {
    const prepared = await preparer.prepare(request, context);
    const { schedule, shape, clock } = prepared;
    const stepCount = schedule.timesteps.length;
    const readings: (readonly TapReading[])[] = [];
    const latents = await clock.time('denoising', () =>
      denoise(
        {
          unet: prepared.unet,
          schedule,
          conditioning: prepared.conditioning,
          guidanceScale: request.guidanceScale,
          shape,
          generator: new TorchGenerator(request.seed),
          optionsOf: () => ({ watch: context.watch }),
          onStepBegun: (stepIndex) =>
            context.progress?.({ phase: 'denoising', stepIndex, stepCount }),
          onStep: (stepIndex, values, output) => {
            readings.push(output.readings);
            context.onStages?.(stepIndex, output.stages);
            context.onStep?.(stepIndex, values);
          },
        },
        prepared.meter,
      ),
    );
    const told = summaryOf(prepared.conditioning);
    return { prepared, latents, readings: groupReadings(readings, saes), told };
  }

  async function generate(
    request: PictureRequest,
    context: GenerateContext | ObserveContext = {},
  ): Promise<GeneratedPicture> {
    const { prepared, latents, readings, told } = await draw(request, context);
    const { shape, meter, clock, vaeDecoder } = prepared;
    context.progress?.({ phase: 'decoding' });
    const picture = await clock.time('decoding', () =>
      decodeLatents(vaeDecoder, model.vaeDecoder.config, latents, shape, meter),
    );
    return {
      picture,
      truncations: prepared.truncations,
      readings,
      told,
      timingsMs: clock.timings(),
      runMs: meter.runMs,
    };
  }

  return {
    model,
    saes,
    generate,
    observe: draw,
    editing,
    pictures,
    lpips: new Lpips(sessions, model.dir, options.lpipsPath ?? ''),
    clip: new Clip(sessions, model.dir, options.clipPath ?? ''),
    classifier: new Classifier(sessions, model.dir),
    release: async () => {
      await editing.release();
      await sessions.release();
    },
  };
}

interface DrawnLatents {
  readonly prepared: Prepared;
  readonly latents: Float32Array; // [channels, height, width]
  readonly readings: readonly BlockReading[];
  readonly told: Float32Array;
}
