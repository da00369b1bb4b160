import { readFile } from 'node:fs/promises';
import { invalidInput } from '../../../protocol/errors.ts';
import type { ModelIdentity } from '../../../protocol/manifest.ts';
import { type ChartId, chartIds, type SpecializeParams } from '../../../protocol/specialization.ts';
import { pixelsPerCell } from '../../models/describeModel.ts';
import type { ModelFolder } from '../../models/modelFolder.ts';
import type { InstalledSae } from '../../models/sae/installedSaes.ts';
import { findResnets, findStages } from '../../onnx/findStages.ts';
import { readGraph } from '../../onnx/readGraph.ts';
import type { PromptSource } from '../prompts/promptSource.ts';
import { featureCharts, pairCharts, sceneCharts } from './chartNeeds.ts';
import { absence, type Judges, lookedAt } from './looks/settleLooks.ts';
import { measuringPrompts, type SettledReport } from './reportManifest.ts';
import { settleTransfer } from './transfer/settleTransfer.ts';

export interface SettleFacts {
  readonly folder: ModelFolder;
  readonly saes: readonly InstalledSae[];
  readonly identity: ModelIdentity;
  /** SHA-256 of the LPIPS network; undefined without one. */
  readonly lpips: string | undefined;
  readonly source: PromptSource;
  readonly judges: Judges;
}

/**
 * Everything about a report that can be said before its job runs.
 *
 * @throws `invalidInput` naming value and range; `model` for a U-net without attention stages
 */
export async function settleReport(
  params: SpecializeParams,
  { folder, saes, identity, lpips, source, judges }: SettleFacts,
): Promise<SettledReport> {
  const { promptCount = 24, featureCount = 10, stepCount = 4, seed = 0 } = params;
  const { doses = [0.5, 1, 2], withResnets = true, sceneCount = 800, pairsMin = 50 } = params;
  const wanted = params.charts ?? chartIds;
  const canSay = source.saidAt !== undefined;
  if (!canSay && params.charts?.some((id) => sceneCharts.includes(id))) {
    throw invalidInput(
      `Charts 4 and 6 need prompts of a grammar, which says what each of them states; ${source.title} is a file.`,
    );
  }
  const told = chartIds.filter(
    (id) => wanted.includes(id) && (canSay || !sceneCharts.includes(id)),
  );
  whole('promptCount', promptCount, 8, 400);
  const half = Math.floor(promptCount / 2);
  const { editPromptCount = half } = params;
  whole('editPromptCount', editPromptCount, 2, half);
  whole('featureCount', featureCount, 2, 200);
  whole('stepCount', stepCount, 2, 50);
  whole('sceneCount', sceneCount, 40, 10_000);
  whole('pairsMin', pairsMin, 5, 1000);
  whole('seed', seed, 0, 0xffffffff - promptCount - sceneCount);
  if (doses.length === 0 || doses.length > 8 || doses.some((dose) => !(dose > 0 && dose <= 16))) {
    throw invalidInput(
      `doses are ${doses.join(', ')}; allowed are 1 to 8 numbers above 0, up to 16.`,
    );
  }
  const { defaults } = folder.description;
  const paired = await pairedCharts(params, told, source, defaults, seed);
  const cell = pixelsPerCell(folder.vaeDecoder.config);
  const latents = {
    channels: folder.unet.config.in_channels,
    ...{ high: defaults.height / cell, wide: defaults.width / cell },
  };
  const scenesFrom = { sceneCount, pairsMin, first: promptCount, seed, latents };
  const looked = await lookedAt(paired.charts, judges, source, scenesFrom);
  const { charts } = looked;
  const absent = [...paired.absent, ...looked.absent];
  if (charts.length === 0) throw invalidInput(absent[0] ?? 'Choose at least one chart.');
  const graph = readGraph(await readFile(folder.unet.graph.path));
  const order = (output: string): number => graph.producerOf.get(output) ?? -1;
  const attention = findStages(graph).stages;
  const all = [...attention, ...(withResnets ? findResnets(graph).stages : [])].sort(
    (a, b) => order(a.output) - order(b.output),
  );
  const saeOf = (path: string): InstalledSae | undefined =>
    saes.find(({ stagePath }) => stagePath === path);
  const withSae = attention.filter(({ path }) => saeOf(path) !== undefined);
  const blocks = params.blocks ?? withSae.map(({ name }) => name);
  for (const name of blocks) {
    if (withSae.some((stage) => stage.name === name)) continue;
    throw invalidInput(
      `There is no block "${name}" with an SAE; there are ${withSae.map((stage) => stage.name).join(', ') || 'none'}.`,
    );
  }
  const needsFeatures = charts.some((id) => featureCharts.includes(id));
  if (blocks.length === 0 && charts.some((id) => id !== 1)) {
    throw invalidInput('This model has no SAE: only chart 1 can be made. Import or train one.');
  }
  if (needsFeatures && charts.includes(3) && blocks.length < 2) {
    throw invalidInput('Chart 3 compares blocks: choose at least two.');
  }
  const prompts = await promptsOf(source, promptCount, seed);
  return {
    version: 1,
    model: identity,
    saes: Object.fromEntries(
      withSae
        .filter(({ name }) => blocks.includes(name))
        .map(({ name, path }) => [name, saeOf(path)?.manifest.weights.sha256 ?? '']),
    ),
    ...(lpips !== undefined && (charts.includes(1) || charts.includes(8)) && { lpips }),
    promptsName: source.title,
    prompts,
    promptUse: {
      blocks: [...prompts.keys()],
      edits: measuringPrompts({ prompts }).slice(0, editPromptCount),
    },
    ...looked,
    absent,
    ...(paired.transfer && { transfer: paired.transfer }),
    blocks: withSae.map(({ name }) => name).filter((name) => blocks.includes(name)),
    stages: charts.includes(1) ? all.map(({ name }) => name) : [],
    featureCount,
    doses: [...new Set(doses)].sort((a, b) => a - b),
    seed,
    picture: {
      ...{ negativePrompt: '', guidanceScale: defaults.guidanceScale },
      ...{ scheduler: defaults.scheduler, width: defaults.width, height: defaults.height },
    },
    steps: { main: defaults.steps, over: stepCount },
  };
}

/** Charts 7 and 8 with the pairs that they are about, or without them, and why. @throws `invalidInput` */
async function pairedCharts(
  params: SpecializeParams,
  wanted: readonly ChartId[],
  source: PromptSource,
  size: { readonly width: number; readonly height: number },
  seed: number,
): Promise<Pick<SettledReport, 'charts' | 'absent' | 'transfer'>> {
  const isWanted = wanted.some((id) => pairCharts.includes(id));
  if (!isWanted) return { charts: [...wanted], absent: [] };
  const { editCount = 30, frontCount = 100, transferCount = 20, strengths = [1] } = params;
  whole('editCount', editCount, 2, 200);
  whole('frontCount', frontCount, 2, 1000);
  whole('transferCount', transferCount, 1, 200);
  if (strengths.length > 8 || strengths.some((strength) => !(strength > 0 && strength <= 16))) {
    throw invalidInput(
      `strengths are ${strengths.join(', ')}; allowed are 1 to 8 numbers above 0, up to 16.`,
    );
  }
  const transfer = await settleTransfer(params, source, size, seed);
  if (typeof transfer !== 'string') return { charts: [...wanted], absent: [], transfer };
  return {
    charts: wanted.filter((id) => !pairCharts.includes(id)),
    absent: wanted.filter((id) => pairCharts.includes(id)).map((id) => absence(id, transfer)),
  };
}

async function promptsOf(
  source: PromptSource,
  count: number,
  seed: number,
): Promise<SettledReport['prompts']> {
  const prompts: { prompt: string; seed: number }[] = [];
  for await (const prompt of source.read(0)) {
    prompts.push({ prompt, seed: seed + prompts.length });
    if (prompts.length === count) return prompts;
  }
  throw invalidInput(
    `${source.title} has ${prompts.length} prompts; ${count} are wanted. Choose fewer (at least 8), or another file.`,
  );
}

function whole(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw invalidInput(`${name} is ${value}; allowed are whole numbers from ${least} to ${most}.`);
}
