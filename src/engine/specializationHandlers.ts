import { isAbsolute, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Dispatcher } from '../protocol/dispatcher.ts';
import { invalidInput } from '../protocol/errors.ts';
import {
  type Chart,
  type ChartId,
  planSpecialization,
  readSpecialization,
  showMark,
  type SpecializationView,
  specializeKind,
} from '../protocol/specialization.ts';
import type { JobQueue } from './jobs/jobQueue.ts';
import { chartsOf } from './lens/specialization/charts/chartsOf.ts';
import { componentsOf } from './lens/specialization/componentsFile.ts';
import { readScenes } from './lens/specialization/factors/sceneFile.ts';
import { readMasks } from './lens/specialization/masks/maskFile.ts';
import type { ReportPorts } from './lens/specialization/measureReport.ts';
import { planReport } from './lens/specialization/planReport.ts';
import {
  blockPrompts,
  editPrompts,
  readManifest,
  type ReportManifest,
} from './lens/specialization/reportManifest.ts';
import { readRows, type ReportRow } from './lens/specialization/reportRows.ts';
import { checkSameModel, picturesOfMark } from './lens/specialization/showMark.ts';
import type { Models } from './models.ts';
import { checkSpecializeParams, settleSpecialization } from './specializeJob.ts';

export interface SpecializationServices {
  readonly models: Models;
  readonly jobs: JobQueue;
  readonly extensionDir: string;
}

/** Requests of `protocol/specialization.ts`. */
export function registerSpecialization(
  dispatcher: Dispatcher,
  { models, jobs, extensionDir }: SpecializationServices,
): void {
  dispatcher.handle(planSpecialization, async (given, { signal }) => {
    const params = checkSpecializeParams(given);
    const { modelDir, provider, dir } = params;
    const settled = await settleSpecialization(params, models, signal);
    return planReport(dir, settled, {
      ...{ signal, modelDir },
      turn: (work) =>
        models.turn({ modelDir, provider }, signal, 'preview', ({ pipeline }) => work(pipeline)),
    });
  });

  dispatcher.handle(readSpecialization, async (params): Promise<SpecializationView> => {
    const dir = 'dir' in params ? params.dir : await dirOfJob(params.jobId);
    if (!isAbsolute(dir)) throw invalidInput(`"${dir}" must be an absolute path.`);
    const manifest = await readManifest(dir);
    if (!manifest) {
      if ('jobId' in params) return { dir, report: null };
      throw invalidInput(`"${dir}" holds no report on block specialization.`);
    }
    const { settled, chosen } = manifest;
    const embedded = await models.describe(join(extensionDir, 'models', 'mini'));
    const { promptsName, prompts, blocks, featureCount } = settled;
    return {
      dir,
      report: {
        modelId: settled.model.id,
        isEmbedded: settled.model.id === embedded.id,
        ...{ promptsName, promptCount: prompts.length, blocks, featureCount },
        measuredCount: editPrompts(settled).length,
        blockPromptCount: blockPrompts(settled).length,
        notes: [...settled.absent, ...chosen.notes],
        ...(await chartsInTurn(manifest, await readRows(dir))),
      },
    };
  });

  dispatcher.handle(showMark, async ({ modelDir, provider, dir, key, limit }, { signal }) => {
    if (!isAbsolute(dir)) throw invalidInput(`"${dir}" must be an absolute path.`);
    const manifest = await readManifest(dir);
    if (!manifest) throw invalidInput(`"${dir}" holds no report on block specialization.`);
    const { hashes } = await models.identify(modelDir, signal);
    checkSameModel(manifest, hashes);
    const ports: ReportPorts = {
      ...{ signal, modelDir },
      turn: (work, { extraTaps }) =>
        models.turn({ modelDir, provider, extraTaps }, signal, 'preview', ({ pipeline }) =>
          work(pipeline),
        ),
    };
    let scenes: ReturnType<typeof readScenes> | undefined;
    const context = {
      components: componentsOf(dir),
      scenes: () => (scenes ??= readScenes(dir)),
      masks: () => readMasks(dir),
    };
    return picturesOfMark({ key, limit }, manifest, await readRows(dir), ports, context);
  });

  async function dirOfJob(jobId: string): Promise<string> {
    const { params } = await jobs.assignment(jobId, specializeKind);
    return checkSpecializeParams(params).dir;
  }
}

/** One chart after the other, with other requests in between: a bootstrap takes its time. */
async function chartsInTurn(
  manifest: ReportManifest,
  rows: readonly ReportRow[],
): Promise<{ readonly charts: readonly Chart[]; readonly missing: readonly ChartId[] }> {
  const charts: Chart[] = [];
  const missing: ChartId[] = [];
  for (const id of manifest.settled.charts) {
    const made = chartsOf(manifest, rows, [id]);
    charts.push(...made.charts);
    missing.push(...made.missing);
    await setImmediate();
  }
  return { charts, missing };
}
