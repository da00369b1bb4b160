import { copyFile, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { FeaturescopeError, invalidInput } from '../protocol/errors.ts';
import type { Provider } from '../protocol/provider.ts';
import type { HandlerContext } from '../protocol/request.ts';
import {
  type AcceptanceProgress,
  acceptancePromptsMax,
  type AcceptanceRecord,
  type AcceptanceSettings,
  type ImportProgress,
  type SaeAnswerValues,
  type SaeBlock,
  type SaeEntry,
  type SaeExportFormat,
  saeExportFormats,
  type SaeInspection,
  type SaeList,
  type SaeSourceFormat,
} from '../protocol/saes.ts';
import { acceptSae, type AcceptanceReport } from './lens/acceptance.ts';
import type { StageSamples } from './lens/acceptanceHypotheses.ts';
import { collectSamples } from './lens/collectSamples.ts';
import { ruleInWords } from './lens/describeBlocks.ts';
import { acceptanceRecord, parseAcceptance } from './lens/saes/acceptanceRecord.ts';
import type { KnownSae } from './lens/saes/activeSaes.ts';
import { describeQuestion, describeSae } from './lens/saes/describeSae.ts';
import type { HashMemory } from './models/hash.ts';
import { seedMax } from './models/limits.ts';
import type { ModelFolder } from './models/modelFolder.ts';
import { exportSae } from './models/sae/exportSae.ts';
import { type FoundSae, importSae } from './models/sae/importSae.ts';
import type { SaeAnswers } from './models/sae/saeDefinition.ts';
import { manifestName } from './models/sae/saeManifest.ts';
import { readSae } from './models/sae/saeStore.ts';
import { settleSae } from './models/sae/settleSae.ts';
import { type ModelSaes, saeNamed, unetHash } from './modelSaes.ts';
import type { Models } from './models.ts';
import { findStages } from './onnx/findStages.ts';
import { readGraph } from './onnx/readGraph.ts';

export interface ImportParams {
  readonly modelDir: string;
  readonly path: string;
  readonly answers: SaeAnswerValues;
  readonly storage: 'float32' | 'float16';
  readonly format?: SaeSourceFormat;
}

export interface AcceptParams {
  readonly modelDir: string;
  readonly saeId: string;
  readonly settings: AcceptanceSettings;
  readonly provider: Provider;
}

/** What can be done with the SAEs of a model: the requests of `protocol/saes.ts`, one method each. */
export class Saes {
  readonly #models: Models;
  readonly #hashes: () => HashMemory;

  constructor(models: Models) {
    this.#models = models;
    this.#hashes = () => models.hashMemory();
  }

  async inspect(modelDir: string, path: string): Promise<SaeInspection> {
    const { folder } = await this.#models.read(modelDir);
    const { format, definition, questions } = await readSource(path);
    return {
      ...describeSae(definition),
      format,
      questions: questions.map(describeQuestion),
      blocks: await blocksOf(folder),
    };
  }

  /** @throws `invalidInput` for an answer that does not fit, or a block that the model does not have or is not as wide */
  async import(
    { modelDir, path, answers, storage, format }: ImportParams,
    { signal, progress }: HandlerContext<ImportProgress>,
  ): Promise<SaeEntry> {
    const { folder, saes } = await this.#models.read(modelDir);
    progress({ phase: 'reading' });
    const found = await readSource(path);
    if (format !== undefined && found.format !== format) {
      throw invalidInput(`The format is "${format}", but these files are ${found.format}.`);
    }
    // Which answers are allowed is checked there, one by one.
    const sae = settleSae(found, answers as SaeAnswers);
    const block = fittingBlock(sae.blockPath, sae.dModel, await blocksOf(folder));
    signal.throwIfAborted();
    progress({ phase: 'writing' });
    const unetSha256 = await unetHash(folder, this.#hashes(), signal);
    const options = { block: block.block, storage, unetSha256, signal };
    const { saeId } = await saes.library.add(sae, options);
    // Who imports one wants it, whatever was chosen before.
    if (await saes.library.chosen(block.path)) await saes.library.choose(block.path, null);
    return this.#entry(modelDir, saeId);
  }

  async list(modelDir: string): Promise<SaeList> {
    const { folder, saes } = await this.#models.read(modelDir);
    const blocks = await blocksOf(folder);
    const entries = await Promise.all(saes.saes.map((sae) => entryOf(sae, saes, blocks)));
    const order = (entry: SaeEntry): number => blocks.findIndex(({ path }) => path === entry.path);
    return {
      saes: entries.sort((a, b) => order(a) - order(b) || byAge(a, b)),
      broken: saes.broken,
      dir: saes.library.dir,
    };
  }

  async report(modelDir: string, saeId: string): Promise<AcceptanceRecord | null> {
    const { saes } = await this.#models.read(modelDir);
    const { manifest } = saeNamed(saes, saeId);
    const kept = await saes.library.readReport(saeId);
    return parseAcceptance(kept, manifest.weights.sha256) ?? null;
  }

  /** @throws `invalidInput` for settings out of range, `cancelled`, what making a picture throws */
  async accept(
    { modelDir, saeId, settings, provider }: AcceptParams,
    { signal, progress }: HandlerContext<AcceptanceProgress>,
  ): Promise<AcceptanceRecord> {
    const startedAt = performance.now();
    const { folder, saes } = await this.#models.read(modelDir);
    const { folder: saeDir, stagePath } = saeNamed(saes, saeId);
    const requests = requestsOf(settings, folder);
    const { definition, manifest } = await readSae(saeDir, { verify: true });
    const blocks = await blocksOf(folder);
    fittingBlock(definition.blockPath, definition.dModel, blocks);
    const otherPaths = blocks
      .filter(({ path, width }) => path !== stagePath && width === definition.dModel)
      .map(({ path }) => path);
    const target = definition.target === 'output' ? 'output' : 'update';
    const samples = await collectSamples(
      { requests, stagePath, target, otherPaths },
      async (request, watch, onStages, onProgress) => {
        const context = { watch, onStages, progress: onProgress, signal };
        await this.#models.observe({ modelDir, provider }, request, context);
      },
      progress,
    );
    const input = { sae: definition, samples, pictureCount: requests.length };
    const record = acceptanceRecord(await reportOn(input, signal, progress), {
      saeId,
      sha256: manifest.weights.sha256,
      modelId: folder.description.id,
      rule: ruleInWords(definition.activation, definition.k),
      settings,
      provider,
      createdAt: new Date().toISOString(),
      durationMs: performance.now() - startedAt,
    });
    await saes.library.writeReport(saeId, record);
    return record;
  }

  /** @throws `invalidInput` for a rule that the format cannot say, and a folder that is not empty */
  async export(
    modelDir: string,
    saeId: string,
    format: SaeExportFormat,
    path: string,
  ): Promise<readonly string[]> {
    if (!saeExportFormats.includes(format)) {
      throw invalidInput(`format is "${format}"; possible are ${saeExportFormats.join(', ')}.`);
    }
    const { saes } = await this.#models.read(modelDir);
    const { folder, manifest } = saeNamed(saes, saeId);
    const target = resolve(path);
    await refuseUsed(target);
    try {
      if (format !== 'safetensors') {
        const { definition } = await readSae(folder, { verify: true });
        return await exportSae(target, definition, format);
      }
      const files = [manifest.weights.name, manifestName];
      await mkdir(target, { recursive: true });
      for (const name of files) await copyFile(join(folder, name), join(target, name));
      return files;
    } catch (error) {
      if (error instanceof FeaturescopeError) throw error;
      const cause = error instanceof Error ? error.message : String(error);
      throw new FeaturescopeError('invalidInput', `Cannot write into "${target}": ${cause}`);
    }
  }

  async remove(modelDir: string, saeId: string, signal: AbortSignal): Promise<void> {
    const { saes } = await this.#models.read(modelDir);
    const sae = saes.saes.find((one) => one.saeId === saeId);
    if (sae?.origin === 'model') {
      throw invalidInput(`The SAE "${saeId}" belongs to the model's own files; it is not removed.`);
    }
    // Where open files cannot be moved, ours must not be open.
    if (sae && saes.active.get(sae.stagePath)?.sae.saeId === saeId) {
      await this.#models.release(signal);
    }
    await saes.library.remove(saeId);
  }

  async restore(modelDir: string, saeId: string): Promise<void> {
    const { saes } = await this.#models.read(modelDir);
    await saes.library.restore(saeId);
  }

  async choose(modelDir: string, saeId: string, isChosen: boolean): Promise<void> {
    const { saes } = await this.#models.read(modelDir);
    const { stagePath } = saeNamed(saes, saeId);
    await saes.library.choose(stagePath, isChosen ? saeId : null);
  }

  async #entry(modelDir: string, saeId: string): Promise<SaeEntry> {
    const { folder, saes } = await this.#models.read(modelDir);
    return entryOf(saeNamed(saes, saeId), saes, await blocksOf(folder));
  }
}

/** What is wrong with files that somebody gave is about those files, not about the model. */
async function readSource(path: string): Promise<FoundSae> {
  return importSae(path).catch((error: unknown) => {
    const known = FeaturescopeError.from(error);
    throw known.code === 'model' ? invalidInput(known.message) : known;
  });
}

async function blocksOf(folder: ModelFolder): Promise<readonly SaeBlock[]> {
  const { stages } = findStages(readGraph(await readFile(folder.unet.graph.path)));
  return stages.map(({ name, path, width }) => ({
    block: name,
    path,
    ...(width === undefined ? {} : { width }),
  }));
}

function fittingBlock(
  blockPath: string | undefined,
  dModel: number,
  blocks: readonly SaeBlock[],
): SaeBlock {
  const path = blockPath?.replace(/^unet\./, '');
  const block = blocks.find((one) => one.path === path);
  if (!block) {
    const known = blocks.map((one) => `unet.${one.path}`).join(', ');
    throw invalidInput(`The model has no block ${blockPath ?? '(none named)'}; it has ${known}.`);
  }
  if (block.width !== undefined && block.width !== dModel) {
    const fitting = blocks.filter(({ width }) => width === dModel).map((one) => one.block);
    throw invalidInput(
      `The SAE reads ${String(dModel)} channels, but ${block.block} has ${String(block.width)}; ` +
        (fitting.length > 0
          ? `blocks of that width are ${fitting.join(', ')}.`
          : 'no block of this model has that width.'),
    );
  }
  return block;
}

async function entryOf(
  sae: KnownSae,
  { library, active }: ModelSaes,
  blocks: readonly SaeBlock[],
): Promise<SaeEntry> {
  const { saeId, origin, stagePath, manifest, importedAt, isForOtherWeights } = sae;
  const { weights, provenance } = manifest;
  const used = active.get(stagePath);
  const report = parseAcceptance(
    await library.readReport(saeId).catch(() => undefined),
    weights.sha256,
  );
  return {
    ...describeSae(manifest),
    saeId,
    origin,
    format: provenance.format,
    block: blocks.find(({ path }) => path === stagePath)?.block ?? stagePath,
    path: stagePath,
    ...(importedAt === undefined ? {} : { importedAt }),
    sizeBytes: weights.sizeBytes,
    sha256: weights.sha256,
    storage: weights.storage,
    ...(used?.sae.saeId === saeId ? { activeBecause: used.because } : {}),
    isForOtherWeights,
    ...(report ? { verdict: report.verdict } : {}),
  };
}

/** The model's own first, then the newest. */
const byAge = (a: SaeEntry, b: SaeEntry): number =>
  a.origin === b.origin
    ? (b.importedAt ?? '').localeCompare(a.importedAt ?? '')
    : a.origin === 'model'
      ? -1
      : 1;

function requestsOf(
  { prompts, seed, steps, guidanceScale }: AcceptanceSettings,
  { description }: ModelFolder,
) {
  if (prompts.length === 0 || prompts.length > acceptancePromptsMax) {
    throw invalidInput(
      `There are ${String(prompts.length)} prompts; allowed are 1 to ${String(acceptancePromptsMax)}.`,
    );
  }
  const { scheduler, width, height } = description.defaults;
  return prompts.map((prompt, index) => ({
    prompt,
    negativePrompt: '',
    seed: (seed + index) % (seedMax + 1),
    steps,
    guidanceScale,
    scheduler,
    width,
    height,
  }));
}

async function reportOn(
  input: {
    sae: Parameters<typeof acceptSae>[0]['sae'];
    samples: readonly StageSamples[];
    pictureCount: number;
  },
  signal: AbortSignal,
  progress: (progress: AcceptanceProgress) => void,
): Promise<AcceptanceReport> {
  const run = acceptSae(input, signal);
  for (;;) {
    const next = await run.next();
    if (next.done === true) return next.value;
    progress(next.value);
  }
}

/** What lies in a folder that somebody chose is not ours to overwrite. */
async function refuseUsed(path: string): Promise<void> {
  const info = await stat(path).catch(() => undefined);
  if (info && !info.isDirectory()) throw invalidInput(`"${path}" is a file; name a folder.`);
  const names = info ? await readdir(path) : [];
  if (names.length > 0) {
    throw invalidInput(`The folder "${path}" is not empty; name a new or an empty one.`);
  }
}
