import { invalidInput } from '../protocol/errors.ts';
import type { ResultPictureContext } from '../protocol/resultPanel.ts';
import type { RunSummary } from '../protocol/engine.ts';
import { askPrompt } from './actions/askPrompt.ts';
import { addAndUse, chooseModel } from './actions/chooseModel.ts';
import { chooseProvider } from './actions/chooseProvider.ts';
import { cleanUpStorage } from './actions/cleanUpStorage.ts';
import { compareProvider } from './actions/compareProvider.ts';
import { exportRun } from './actions/exportRun.ts';
import type { PictureBase } from '../protocol/recipe.ts';
import type { DownloadPorts } from './actions/downloadByName.ts';
import type { BoardActions } from './actions/boardActions.ts';
import type { FeatureActions } from './actions/featureActions.ts';
import type { PictureActions, PictureTarget } from './actions/pictureActions.ts';
import type { RunActions } from './actions/runActions.ts';
import type { SaeActions } from './actions/saeActions.ts';
import { cardHandlers } from './cards/cardHandlers.ts';
import type { CardTools } from './cards/cardTools.ts';
import type { CommandHandlers } from './commands.ts';
import type { CurrentModel } from './currentModel.ts';
import type { ExperimentTools } from './experiments/experimentTools.ts';
import type { BlockList } from './features/blockList.ts';
import type { KeptPicture } from './features/currentPicture.ts';
import type { JobCenter } from './jobs/jobCenter.ts';
import type { ResultPanels } from './panels/resultPanels.ts';
import type { ResultSession, ShownPicture } from './panels/resultSession.ts';
import type { PromptHistory } from './promptHistory.ts';
import type { Settings } from './settings.ts';
import type { EngineSupervisor } from './supervisor/engineSupervisor.ts';
import type { RunList } from './trees/runList.ts';
import { isRunNode, type RunNode } from './trees/runsTree.ts';

export interface HandlerPorts {
  readonly engine: EngineSupervisor;
  readonly settings: Settings;
  readonly history: PromptHistory;
  readonly model: CurrentModel;
  readonly panels: ResultPanels;
  readonly list: RunList;
  readonly runs: RunActions;
  readonly pictures: PictureActions;
  readonly features: FeatureActions;
  readonly board: BoardActions;
  readonly blocks: BlockList;
  readonly saes: SaeActions;
  readonly jobs: JobCenter;
  readonly downloads: DownloadPorts;
  readonly extensionDir: string;
  readonly cards: CardTools;
  readonly experiments: ExperimentTools;
  readonly selectedRuns: () => readonly RunNode[];
  readonly recover: () => Promise<void>;
  readonly showLog: () => void;
  readonly showMenu: () => Promise<void>;
}

/** What each command does. They may throw: the caller reports. */
export function createHandlers(ports: HandlerPorts): CommandHandlers {
  const { engine, settings, history, model, panels, list, runs, pictures, features, blocks } =
    ports;
  const { saes, cards, downloads } = ports;

  /** A tree item, with what is selected beside it; `'selection'` comes from a key. */
  const runsOf = (target: unknown, selected: unknown): readonly RunSummary[] => {
    if (target === 'selection') return ports.selectedRuns().filter(isRunNode).map(runOf);
    const nodes = Array.isArray(selected) && selected.length > 0 ? selected : [target];
    return nodes.filter(isRunNode).map(runOf);
  };
  const pictureOf = async (target: unknown): Promise<PictureTarget> => {
    if (isRunNode(target)) return runs.pictureOf(target.run);
    const { pictureId } = (target ?? {}) as Partial<ResultPictureContext>;
    const shown = pictureId === undefined ? panels.current?.picture() : panels.find(pictureId);
    // The feature view's pictures are kept runs, open in a result panel or not.
    if (!shown && pictureId !== undefined) return runs.pictureOf(await runs.find(pictureId));
    if (!shown) throw invalidInput('There is no picture yet. Generate one, or open a run.');
    return targetOf(shown);
  };
  /** Undefined: the current one. */
  const keptOf = async (target: unknown): Promise<KeptPicture | undefined> => {
    if (isRunNode(target)) return { runId: target.run.runId, manifest: target.run.manifest };
    const { pictureId } = (target ?? {}) as Partial<ResultPictureContext>;
    if (pictureId === undefined) return undefined;
    const shown = panels.find(pictureId)?.shown;
    if (!shown) return runs.find(pictureId);
    if (!shown.isKept) {
      throw invalidInput('This picture was not kept, so its features were not either.');
    }
    return { runId: shown.pictureId, manifest: shown.manifest };
  };
  const current = (): ResultSession => {
    const session = panels.current;
    if (!session) throw invalidInput('No result panel is open.');
    return session;
  };

  return {
    'featurescope.generate': async (target) => {
      // A string comes from a keyboard shortcut of the person's own, or from a test.
      const prompt = typeof target === 'string' ? target : await askPrompt(history.prompts);
      if (prompt !== undefined) await panels.available().generatePrompt(prompt);
    },
    'featurescope.generateNextSeed': () => current().generateNextSeed(),
    'featurescope.cancel': () => Promise.all(panels.sessions.map((session) => session.cancel())),
    'featurescope.savePng': async (target) => pictures.savePng(await pictureOf(target)),
    'featurescope.copyPrompt': async (target) =>
      pictures.copyText((await pictureOf(target)).manifest.prompt),
    'featurescope.copySeed': async (target) =>
      pictures.copyText(String((await pictureOf(target)).manifest.seed)),
    'featurescope.reveal': async (target) => pictures.reveal(await pictureOf(target)),
    // A click on a row comes without a selection, a menu with one.
    'featurescope.openRun': (target, selected) =>
      runs.open(runsOf(target, selected), isRunNode(target) && selected === undefined),
    'featurescope.rerun': (target) => runs.rerun(runsOf(target, undefined)),
    'featurescope.deleteRun': (target, selected) => runs.delete(runsOf(target, selected)),
    'featurescope.restoreDeletedRun': () => runs.restore(),
    'featurescope.loadMoreRuns': () => list.loadMore(),
    'featurescope.cleanUpStorage': async () => {
      if (await cleanUpStorage(engine, settings, list)) runs.forgetDeleted();
    },
    'featurescope.chooseModel': () => chooseModel(engine, model, downloads),
    'featurescope.addModel': () => addAndUse(engine, downloads),
    'featurescope.setHubToken': () => downloads.hub.askToken(engine),
    'featurescope.chooseProvider': () =>
      chooseProvider({ ...ports, showJobs: () => ports.jobs.show() }),
    'featurescope.compareProvider': () => compareProvider(engine, model),
    'featurescope.restartEngine': async () => {
      await engine.restart();
      await ports.recover();
    },
    'featurescope.showLog': () => {
      ports.showLog();
    },
    'featurescope.showMenu': () => ports.showMenu(),
    'featurescope.showFeatures': async (target) => {
      features.show(await keptOf(target));
    },
    'featurescope.findFeature': () => cards.showFound(cards.finder.find()),
    'featurescope.filterFeatures': () => features.filter(),
    'featurescope.clearFeatureFilter': () => {
      features.clearFilter();
    },
    'featurescope.listActiveFeatures': () => {
      blocks.setMode('active');
    },
    'featurescope.listPinnedFeatures': () => {
      blocks.setMode('pinned');
    },
    'featurescope.listAllFeatures': () => {
      blocks.setMode('all');
    },
    'featurescope.sortFeaturesById': () => {
      blocks.setSort('id');
    },
    'featurescope.sortFeaturesByStrength': () => {
      blocks.setSort('strength');
    },
    'featurescope.comparePictures': async (target, selected) => {
      const chosen = runsOf(target, selected);
      const one = chosen.length > 0 ? undefined : await keptOf(target);
      await features.compare(one ? [one] : chosen);
    },
    'featurescope.showBlock': (target) => {
      features.showBlock(target);
    },
    'featurescope.showUnet': () => {
      features.showUnet();
    },
    'featurescope.openFeature': (target) => {
      features.open(target);
    },
    'featurescope.pinFeature': (target) => features.pin(target, true),
    'featurescope.unpinFeature': (target) => features.pin(target, false),
    'featurescope.copyFeatureId': (target) => features.copyId(target),
    'featurescope.openBoard': async (target) => ports.board.open(await keptOf(target)),
    'featurescope.ablateFeature': (target, selected) =>
      ports.board.ablate(features.featuresOf(target, selected)),
    'featurescope.addFeatureInMask': (target) => ports.board.addInMask(features.featureOf(target)),
    'featurescope.testCause': async (target) => {
      const { base } = (target ?? {}) as { readonly base?: PictureBase };
      const feature = await cards.featureFor(target);
      if (feature) await ports.board.testCause(feature, base);
    },
    'featurescope.addDirection': () => ports.board.addDirection(),
    'featurescope.featureIcon': (target) => ports.board.icon(features.featureOf(target)),
    'featurescope.loadMoreFeatures': (target) => {
      features.loadMore(target);
    },
    'featurescope.importSae': (target) => saes.import(target),
    'featurescope.saeReport': (target) => saes.showReport(target),
    'featurescope.chooseSae': (target) => saes.choose(target),
    'featurescope.exportSae': (target) => saes.export(target),
    'featurescope.removeSae': (target) => saes.remove(target),
    'featurescope.exportRun': async (target) => {
      const [given] = runsOf(target, undefined);
      const run = given ?? (await runs.pick('Export Codes of Run'));
      if (run) await exportRun(engine, model, settings.provider, run);
    },
    ...ports.jobs.handlers,
    ...cardHandlers(cards, keptOf),
    ...ports.experiments.handlers,
  };
}

const runOf = ({ run }: Extract<RunNode, { kind: 'run' }>): RunSummary => run;

export const targetOf = ({ shown, picture }: ShownPicture): PictureTarget => ({
  manifest: shown.manifest,
  runId: shown.isKept ? shown.pictureId : undefined,
  load: () => Promise.resolve(picture),
});
