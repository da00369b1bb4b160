import { TorchGenerator } from '../../numerics/random.ts';
import type { Picture } from '../../protocol/engine.ts';
import { FeaturescopeError, invalidInput } from '../../protocol/errors.ts';
import type { BlockReading } from '../../protocol/features.ts';
import type { Reuse } from '../../protocol/interventions.ts';
import type { VaeConfig } from '../models/configs.ts';
import type { InstalledSae } from '../models/sae/installedSaes.ts';
import type { SplicedTap } from '../onnx/spliceTaps.ts';
import type { TapEdit } from '../onnx/tapEdit.ts';
import type { Ort } from '../ort/ort.ts';
import { baseBytes, type BaseRun, type BaseStep, KeptStates } from './baseRun.ts';
import type { PictureRequest } from './checkRequest.ts';
import { denoise } from './denoise.ts';
import type { PictureContext, Prepared, Preparer } from './preparer.ts';
import { groupReadings, type TapReading } from './tapReadings.ts';
import type { Unet, UnetOptions } from './unet.ts';
import { decodeLatents } from './vae.ts';

/** Edits by step and, within it, by stage name; an empty or absent entry edits nothing. */
export type EditSchedule = readonly (ReadonlyMap<string, TapEdit> | undefined)[];

/** Where an edited picture leaves its unedited one: a state kept there serves all that leave it there. */
export interface Departure {
  readonly stepIndex: number;
  /** Stages that are edited in that step; the first to run counts. */
  readonly blocks: readonly string[];
}

export interface BaseWish {
  /** Stages whose whole update is wanted. */
  readonly updatesOf?: readonly string[];
  readonly departures?: readonly Departure[];
}

export interface EditedPicture {
  readonly picture: Picture;
  readonly latents: Float32Array; // [channels, height, width]
  readonly readings: readonly BlockReading[];
  readonly timingsMs: Readonly<Record<string, number>>;
  readonly reuse: Reuse;
}

interface EditingPorts {
  readonly ort: Ort;
  readonly preparer: Preparer;
  readonly saes: readonly InstalledSae[];
  readonly vaeConfig: VaeConfig;
  readonly bytesMax?: number | undefined;
}

interface KeptBase {
  readonly base: BaseRun;
  states: KeptStates;
}

const bytesMaxDefault = 512 * 2 ** 20;
/** Unedited pictures of a grid over seeds and prompts; each costs memory even where nothing of it is reused. */
const baseCountMax = 64;

/**
 * Edited pictures beside their unedited ones. Of an unedited run are kept: the latents before each step, what taps
 * read, and in the runner what crosses into the segments where edits began. A run that starts there computes the same
 * bits as one from the beginning. What was not used for longest goes first when memory runs out.
 */
export class Editing {
  readonly #ports: EditingPorts;
  readonly #bases = new Map<string, KeptBase>();

  constructor(ports: EditingPorts) {
    this.#ports = ports;
  }

  /** The attention stages that can be edited, in the order in which they run. */
  taps(): Promise<readonly SplicedTap[]> {
    return this.#ports.preparer.taps();
  }

  /** Sessions that the U-net runs in; 0 before it was loaded. */
  get segmentCount(): number {
    return this.#ports.preparer.segmentCount;
  }

  /** Memory that is kept, in the engine and the runner. */
  get keptBytes(): number {
    return [...this.#bases.values()].reduce(
      (sum, { base, states }) => sum + baseBytes(base) + states.sizeBytes(),
      0,
    );
  }

  /**
   * The unedited picture; from memory when it was made before with all that is wished.
   *
   * @throws as `Pipeline.generate`
   */
  async base(
    request: PictureRequest,
    wish: BaseWish = {},
    context: PictureContext = {},
  ): Promise<BaseRun> {
    const key = keyOf(request);
    const known = this.#bases.get(key);
    const updatesOf = new Set([...(known?.base.updatesOf ?? []), ...(wish.updatesOf ?? [])]);
    if (updatesOf.size === known?.base.updatesOf.size) {
      this.#bases.delete(key);
      this.#bases.set(key, known);
      return known.base;
    }
    const prepared = await this.#ports.preparer.prepare(request, context);
    const states = new KeptStates(prepared.unet);
    const base = await this.#makeBase(request, prepared, states, updatesOf, wish, context);
    if (known) await this.#free(key);
    this.#bases.set(key, { base, states });
    await this.#makeRoom(key);
    return base;
  }

  /**
   * @param base of this object, made while its model was open
   * @param isFresh computes everything again: for tests and measurements
   * @throws as `Pipeline.generate`
   */
  async edit(
    base: BaseRun,
    edits: EditSchedule,
    context: PictureContext & { readonly isFresh?: boolean } = {},
  ): Promise<EditedPicture> {
    const { request } = base;
    const isEdited = (map: ReadonlyMap<string, TapEdit> | undefined): boolean =>
      (map?.size ?? 0) > 0;
    const firstEdited = edits.findIndex(isEdited);
    const prepared = await this.#ports.preparer.prepare(request, context);
    const { unet, schedule, shape, meter, clock } = prepared;
    const stepCount = schedule.timesteps.length;
    const sessionCount = unet.sessions.length;
    const isFresh = context.isFresh ?? false;
    if (firstEdited < 0 && !isFresh) {
      const reuse = { steps: stepCount, segments: 0, segmentCount: sessionCount };
      const { picture, latents, readings } = base;
      const timingsMs = clock.timings();
      return {
        picture,
        latents,
        readings,
        timingsMs,
        reuse: { ...reuse, unetMs: 0, runMs: meter.runMs },
      };
    }
    const from = isFresh ? 0 : firstEdited;
    const states = this.#statesOf(base, unet);
    const segment = isFresh ? 0 : firstSegment(unet, [...(edits[from]?.keys() ?? [])]);
    const start = isFresh ? undefined : states?.best(from, segment);
    const keepAt = states && !isFresh && segment > (start?.index ?? 0) ? [segment] : [];
    const cellCounts = cellCountsOf(base);
    const readings: (readonly TapReading[])[] = base.steps
      .slice(0, from)
      .map((step) => step.readings);
    const textMs = meter.runMs;
    const latents = await clock.time('denoising', () =>
      denoise(
        {
          unet,
          schedule,
          conditioning: prepared.conditioning,
          guidanceScale: request.guidanceScale,
          shape,
          failure: tooStrong,
          generator: base.steps[from]?.generator.clone() ?? new TorchGenerator(request.seed),
          ...(base.steps[from] && {
            from: { stepIndex: from, latents: base.steps[from].latentsBefore },
          }),
          optionsOf: (stepIndex): UnetOptions => ({
            edits: edits[stepIndex],
            cellCounts,
            ...(stepIndex === from ? { start, keepAt } : {}),
          }),
          onStepBegun: (stepIndex) =>
            context.progress?.({ phase: 'denoising', stepIndex, stepCount }),
          onStep: (stepIndex, _, output) => {
            if (stepIndex === from) states?.add(from, output.kept);
            readings.push(merge(base.steps[stepIndex], output.readings));
          },
        },
        meter,
      ),
    );
    const unetMs = meter.runMs - textMs;
    context.progress?.({ phase: 'decoding' });
    const picture = await clock.time('decoding', () =>
      decodeLatents(prepared.vaeDecoder, this.#ports.vaeConfig, latents, shape, meter).catch(
        (error: unknown) => {
          throw FeaturescopeError.from(error).code === 'model' ? tooStrong() : error;
        },
      ),
    );
    await this.#makeRoom(keyOf(request));
    return {
      picture,
      latents,
      readings: groupReadings(readings, this.#ports.saes),
      timingsMs: clock.timings(),
      reuse: {
        steps: from,
        segments: start?.index ?? 0,
        segmentCount: sessionCount,
        unetMs,
        runMs: meter.runMs,
      },
    };
  }

  /** Frees all that is kept. */
  async release(): Promise<void> {
    for (const key of [...this.#bases.keys()]) await this.#free(key);
  }

  async #makeBase(
    request: PictureRequest,
    prepared: Prepared,
    states: KeptStates,
    updatesOf: ReadonlySet<string>,
    { departures = [] }: BaseWish,
    context: PictureContext,
  ): Promise<BaseRun> {
    const { unet, schedule, shape, meter, clock } = prepared;
    const stepCount = schedule.timesteps.length;
    const generator = new TorchGenerator(request.seed);
    const steps: BaseStep[] = [];
    let before: Pick<BaseStep, 'latentsBefore' | 'generator'> | undefined;
    const textMs = meter.runMs;
    const keepAt = (stepIndex: number): readonly number[] => {
      const here = departures.filter((each) => each.stepIndex === stepIndex);
      const segments = here.map(({ blocks }) => firstSegment(unet, blocks));
      return [...new Set(segments)].filter((segment) => segment > 0);
    };
    try {
      const latents = await clock.time('denoising', () =>
        denoise(
          {
            unet,
            schedule,
            conditioning: prepared.conditioning,
            guidanceScale: request.guidanceScale,
            shape,
            generator,
            optionsOf: (stepIndex) => ({ rowsWithUpdateOf: updatesOf, keepAt: keepAt(stepIndex) }),
            onStepBegun: (stepIndex, latentsBefore) => {
              before = { latentsBefore, generator: generator.clone() };
              context.progress?.({ phase: 'denoising', stepIndex, stepCount });
            },
            onStep: (stepIndex, _, { readings, rows, kept }) => {
              states.add(stepIndex, kept);
              if (before) steps.push({ ...before, readings, rows });
            },
          },
          meter,
        ),
      );
      const unetMs = meter.runMs - textMs;
      context.progress?.({ phase: 'decoding' });
      const picture = await clock.time('decoding', () =>
        decodeLatents(prepared.vaeDecoder, this.#ports.vaeConfig, latents, shape, meter),
      );
      return {
        request,
        steps,
        latents,
        picture,
        truncations: prepared.truncations,
        readings: groupReadings(
          steps.map(({ readings }) => readings),
          this.#ports.saes,
        ),
        timingsMs: clock.timings(),
        unetMs,
        runMs: meter.runMs,
        updatesOf,
      };
    } catch (error) {
      await this.#release(states);
      throw error;
    }
  }

  /** Where to keep what edits of a base leave in the runner; fresh when its runner has gone. */
  #statesOf(base: BaseRun, unet: Unet): KeptStates | undefined {
    const kept = this.#bases.get(keyOf(base.request));
    if (kept?.base !== base) return undefined;
    if (!kept.states.isOf(unet)) kept.states = new KeptStates(unet);
    return kept.states;
  }

  /** @param inUse stays, whatever it takes */
  async #makeRoom(inUse: string): Promise<void> {
    const bytesMax = this.#ports.bytesMax ?? bytesMaxDefault;
    for (const key of [...this.#bases.keys()]) {
      if (this.keptBytes <= bytesMax && this.#bases.size <= baseCountMax) return;
      if (key !== inUse) await this.#free(key);
    }
    const kept = this.#bases.get(inUse);
    if (!kept || this.keptBytes <= bytesMax) return;
    // It alone is too large: its states go, and the next edit makes again what it needs.
    const { states } = kept;
    kept.states = new KeptStates(states.unet);
    await this.#release(states);
  }

  async #free(key: string): Promise<void> {
    const kept = this.#bases.get(key);
    this.#bases.delete(key);
    if (kept) await this.#release(kept.states);
  }

  async #release(states: KeptStates): Promise<void> {
    if (!states.isOf(states.unet)) return;
    await this.#ports.ort.releaseTensors(states.handles().map(({ handle }) => handle));
  }
}

/** The unedited picture came out, so the edit is to blame. */
const tooStrong = (): FeaturescopeError =>
  invalidInput(
    'The edited picture is made of values that are not numbers: the edit is too strong. Use smaller amounts.',
  );

const keyOf = (request: PictureRequest): string => {
  const { prompt, negativePrompt, seed, steps, guidanceScale, scheduler, width, height } = request;
  return JSON.stringify([
    ...[prompt, negativePrompt, seed, steps],
    ...[guidanceScale, scheduler, width, height],
  ]);
};

/** The segment that holds the first of some stages' taps. */
function firstSegment(unet: Unet, blocks: readonly string[]): number {
  const segments = blocks.map((name) => unet.segmentOf.get(name) ?? 0);
  return segments.length > 0 ? Math.min(...segments) : 0;
}

const cellCountsOf = ({ steps }: BaseRun): ReadonlyMap<string, number> =>
  new Map(
    (steps[0]?.rows ?? []).map(({ tap, cellsHigh, cellsWide }) => [
      tap.stage.name,
      cellsHigh * cellsWide,
    ]),
  );

/** Readings of one step: those of the run, and of the unedited one where the run started behind them. */
function merge(base: BaseStep | undefined, made: readonly TapReading[]): readonly TapReading[] {
  const names = new Set(made.map(({ tap }) => tap.stage.name));
  const before = (base?.readings ?? []).filter(({ tap }) => !names.has(tap.stage.name));
  return [...before, ...made];
}
