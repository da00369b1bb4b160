import { commands, env, type ExtensionContext, window, workspace } from 'vscode';
import { runsChanged } from '../protocol/engine.ts';
import { FeaturescopeError } from '../protocol/errors.ts';
import { logRecord } from '../protocol/log.ts';
import { providerFailed } from '../protocol/provider.ts';
import { saesChanged } from '../protocol/saes.ts';
import { actOnProblem } from './actions/actOnProblem.ts';
import { showEngineMenu } from './actions/engineMenu.ts';
import { BoardActions } from './actions/boardActions.ts';
import { pickDirection } from './actions/pickDirection.ts';
import { pickRuns } from './cards/pickRuns.ts';
import type { DownloadPorts } from './actions/downloadByName.ts';
import { HubAccess } from './actions/hubAccess.ts';
import { textOf, textScheme } from './actions/openText.ts';
import { FeatureActions } from './actions/featureActions.ts';
import { PictureActions } from './actions/pictureActions.ts';
import { RunActions } from './actions/runActions.ts';
import { saveBytes } from './actions/saveBytes.ts';
import { CardTools } from './cards/cardTools.ts';
import { ContextKeyWriter } from './contextKeys.ts';
import { CurrentModel } from './currentModel.ts';
import { type Disposable, Disposables } from './disposables.ts';
import { BlockList } from './features/blockList.ts';
import { CurrentPicture } from './features/currentPicture.ts';
import { FeatureChoice } from './features/featureChoice.ts';
import { ModelBlocks } from './features/modelBlocks.ts';
import { PictureFollower } from './features/pictureFollower.ts';
import { RunReadings } from './features/runReadings.ts';
import { JobCenter } from './jobs/jobCenter.ts';
import { ExperimentTools, type ExperimentToolsPorts } from './experiments/experimentTools.ts';
import { createHandlers, targetOf } from './handlers.ts';
import { logTo } from './log.ts';
import { BoardPanels } from './panels/boardPanels.ts';
import { FeaturePanels } from './panels/featurePanels.ts';
import { formOf } from './panels/resultForm.ts';
import { ResultPanels } from './panels/resultPanels.ts';
import { PromptHistory } from './promptHistory.ts';
import { registerCommands } from './registerCommands.ts';
import { Report, restrictedMode } from './report.ts';
import { SaeTools } from './saes/saeTools.ts';
import { type SettingKey, Settings, settingTable } from './settings.ts';
import { StatusItem } from './statusItem.ts';
import { statusText } from './statusText.ts';
import { EngineSupervisor } from './supervisor/engineSupervisor.ts';
import { launchEngine, storageDirOf } from './supervisor/launchEngine.ts';
import { BlocksView } from './trees/blocksView.ts';
import { RunList } from './trees/runList.ts';
import { RunsView } from './trees/runsView.ts';

/** Everything that lives as long as the extension, made and joined in one place. */
export class App implements Disposable {
  readonly #owned = new Disposables();
  readonly #channel = this.#owned.add(window.createOutputChannel('Featurescope', { log: true }));
  readonly #log = logTo(this.#channel);
  readonly #settings = new Settings((key) => workspace.getConfiguration('featurescope').get(key));
  readonly #context: ExtensionContext;
  readonly #report = new Report({
    isTrusted: () => workspace.isTrusted,
    log: this.#log,
    notify: (text, ...buttons) => window.showErrorMessage(text, ...buttons),
    act: actOnProblem,
  });
  readonly #engine = new EngineSupervisor({
    start: () => launchEngine(this.#settings, this.#context, this.#log, this.#hub.environment),
    refusal: () =>
      workspace.isTrusted ? undefined : new FeaturescopeError('closed', restrictedMode.cause),
    onState: () => {
      this.#refresh();
    },
    onProcess: (process) => {
      const { connection } = process;
      this.#jobs.follow(process);
      void this.#hub.tell(connection).catch(() => undefined);
      connection.onNotification(logRecord, this.#log);
      connection.onNotification(
        providerFailed,
        (failure) => void this.#report.showFallback(failure),
      );
      connection.onNotification(runsChanged, () => void this.#reloadRuns());
      connection.onNotification(saesChanged, () => {
        this.#blocks.forget();
        this.#saes.reload();
        this.#boards.recover();
        this.#experiments.recover();
      });
    },
    onLog: this.#log,
    hasWork: () => this.#jobs.list.active.length > 0,
  });
  readonly #list = new RunList(this.#engine, this.#report, () => {
    this.#runsView.refresh();
    this.#follower.followNewest(this.#list.runs);
    this.#refresh();
  });
  readonly #runsView = this.#owned.add(new RunsView(this.#list));
  readonly #pictures = new PictureActions(this.#engine, this.#settings, this.#report);
  readonly #current = new CurrentPicture();
  readonly #follower = new PictureFollower(this.#current);
  readonly #readings = new RunReadings(this.#engine);
  readonly #status = this.#owned.add(new StatusItem());
  readonly #keys = new ContextKeyWriter();
  readonly #hub: HubAccess;
  readonly #downloads: DownloadPorts;
  readonly #model: CurrentModel;
  readonly #modelBlocks: ModelBlocks;
  readonly #history: PromptHistory;
  readonly #panels: ResultPanels;
  readonly #runs: RunActions;
  readonly #choice: FeatureChoice;
  readonly #blocks: BlockList;
  readonly #blocksView: BlocksView;
  readonly #featurePanels: FeaturePanels;
  readonly #features: FeatureActions;
  readonly #saes: SaeTools;
  readonly #jobs: JobCenter;
  readonly #cards: CardTools;
  readonly #boards: BoardPanels;
  readonly #experiments: ExperimentTools;

  constructor(context: ExtensionContext) {
    this.#context = context;
    this.#hub = new HubAccess(context.secrets, this.#settings);
    this.#downloads = { hub: this.#hub, showJobs: () => this.#jobs.show() };
    this.#model = new CurrentModel(this.#engine, this.#settings, context.extensionPath);
    this.#modelBlocks = new ModelBlocks(this.#engine, this.#model);
    this.#history = new PromptHistory(context.globalState);
    const storageDir = (): string => storageDirOf(this.#settings, context);
    const onChange = (): void => {
      this.#refresh();
    };
    this.#panels = this.#owned.add(
      new ResultPanels({
        ...this.#panelPorts(),
        history: this.#history,
        savePng: (picture) => this.#pictures.savePng(targetOf(picture)),
        reveal: (picture) => this.#pictures.reveal(targetOf(picture)),
        onChange,
      }),
    );
    this.#runs = new RunActions({
      engine: this.#engine,
      list: this.#list,
      panels: this.#panels,
      onChange,
      onOpened: (run) => {
        this.#current.show(run);
      },
      onDeleted: (runIds) => {
        this.#current.forget(runIds);
        this.#featurePanels.forget(runIds);
      },
      onRestored: (runIds) => {
        this.#current.recall(runIds);
      },
      showFeatures: () => {
        this.#featurePanels.show();
      },
    });
    this.#choice = new FeatureChoice(context.globalState);
    this.#choice.onDidChange(onChange);
    this.#current.onDidChange(() => {
      this.#runsView.showCurrent(this.#current.picture?.runId);
      onChange();
    });
    this.#cards = this.#owned.add(
      new CardTools({
        ...this.#featurePorts(),
        list: this.#list,
        offerForm: (form) => this.#panels.available().show([], form),
        storageDir,
        downloads: this.#downloads,
        showJobs: () => this.#jobs.show(),
      }),
    );
    const { labels } = this.#cards;
    this.#blocks = new BlockList(
      { ...this.#featurePorts(), labels, store: context.workspaceState },
      (change) => {
        if (change === 'labels') this.#blocksView.relabel();
        else this.#blocksView.refresh();
        this.#refresh();
      },
    );
    this.#blocksView = this.#owned.add(new BlocksView(this.#blocks, this.#choice, this.#current));
    this.#featurePanels = this.#owned.add(
      new FeaturePanels({
        ...this.#featurePorts(),
        saveFile: saveBytes,
        pickOther: () => this.#runs.pick('Compare With'),
        generate: (picture) =>
          picture
            ? this.#panels.available().generate(formOf(picture.manifest), 1)
            : commands.executeCommand('featurescope.generate'),
      }),
    );
    this.#features = new FeatureActions({
      list: this.#blocks,
      current: this.#current,
      choice: this.#choice,
      panels: this.#featurePanels,
      selectedRow: () => this.#blocksView.selectedRow,
      copyText: (text) => this.#pictures.copyText(text),
      pickOther: () => this.#runs.pick('Compare With'),
    });
    this.#saes = this.#owned.add(
      new SaeTools({ ...this.#panelPorts(), downloads: this.#downloads }),
    );
    this.#jobs = this.#owned.add(
      new JobCenter({
        ...this.#panelPorts(),
        storageDir,
        importSae: (folder) => this.#saes.actions.import(folder),
        showReport: (saeId) => {
          this.#saes.showReport(saeId);
        },
        onChange: () => {
          this.#refresh();
          void this.#engine.renewIfStale();
          this.#cards.jobsChanged(this.#jobs.list.jobs);
        },
      }),
    );
    this.#boards = this.#owned.add(new BoardPanels(this.#boardPorts()));
    this.#experiments = this.#owned.add(
      new ExperimentTools({ ...this.#boardPorts(), boards: this.#boards, cards: this.#cards }),
    );
    this.#registerCommands();
    this.#follow();
    this.#refresh();
  }

  dispose(): void {
    this.#owned.dispose();
  }

  /** Ends the engine; VS Code waits for it when the window closes. */
  async stop(): Promise<void> {
    await this.#engine.stop('The window was closed.');
  }

  /** What every kind of panel works with. */
  #panelPorts() {
    return {
      engine: this.#engine,
      model: this.#model,
      settings: this.#settings,
      report: this.#report,
      extensionUri: this.#context.extensionUri,
      copyText: (text: string) => this.#pictures.copyText(text),
      act: actOnProblem,
    };
  }

  #featurePorts() {
    return {
      ...this.#panelPorts(),
      current: this.#current,
      choice: this.#choice,
      readings: this.#readings,
      modelBlocks: this.#modelBlocks,
    };
  }

  #boardPorts(): Omit<ExperimentToolsPorts, 'boards' | 'cards'> {
    return {
      ...this.#featurePorts(),
      readClipboard: () => env.clipboard.readText(),
      saveFile: saveBytes,
      savePng: (target) => this.#pictures.savePng(target),
      pickRun: () => this.#runs.pick('Picture for the Board'),
      pickFeature: () => this.#cards.finder.find(),
      pickDirection: (base) =>
        pickDirection(base, {
          engine: this.#engine,
          choice: () => ({ modelDir: this.#model.dir, provider: this.#settings.provider }),
          pickPrompts: async (title) => {
            const ids = (await pickRuns(this.#list, [], title)) ?? [];
            const chosen = this.#list.runs.filter(({ runId }) => ids.includes(runId));
            return ids.length > 0 ? chosen.map(({ manifest }) => manifest.prompt) : undefined;
          },
        }),
      showFeature: (feature) => commands.executeCommand('featurescope.openFeature', feature),
      generate: () => commands.executeCommand('featurescope.generate'),
    };
  }

  #registerCommands(): void {
    const handlers = createHandlers({
      engine: this.#engine,
      settings: this.#settings,
      history: this.#history,
      model: this.#model,
      panels: this.#panels,
      list: this.#list,
      runs: this.#runs,
      pictures: this.#pictures,
      features: this.#features,
      board: new BoardActions(this.#boards),
      blocks: this.#blocks,
      saes: this.#saes.actions,
      jobs: this.#jobs,
      downloads: this.#downloads,
      extensionDir: this.#context.extensionPath,
      cards: this.#cards,
      experiments: this.#experiments,
      selectedRuns: () => this.#runsView.selected,
      recover: () => this.#recover(),
      showLog: () => {
        this.#channel.show();
      },
      showMenu: () =>
        showEngineMenu({
          engine: this.#engine,
          status: this.#statusText(),
          usage: this.#list.usage,
          settings: this.#settings,
          isTrusted: workspace.isTrusted,
        }),
    });
    this.#owned.add(registerCommands(handlers, this.#report, this.#context.extension));
  }

  #follow(): void {
    this.#owned.add(
      workspace.registerTextDocumentContentProvider(textScheme, {
        provideTextDocumentContent: textOf,
      }),
    );
    this.#owned.add(workspace.onDidGrantWorkspaceTrust(() => void this.#recover()));
    this.#owned.add(
      workspace.onDidChangeConfiguration((event) => {
        const has = (key: SettingKey): boolean => event.affectsConfiguration(`featurescope.${key}`);
        const keys = (Object.keys(settingTable) as SettingKey[]).filter(has);
        if (keys.some((key) => settingTable[key].needsNewEngine)) {
          void this.#engine.renewWhenIdle().then(() => this.#reloadRuns());
        }
        if (keys.includes('labels.file')) this.#cards.labelsFileChanged();
        if (keys.includes('model.folder')) {
          for (const session of this.#panels.sessions) void session.modelChanged();
          this.#blocks.forget();
          this.#cards.modelChanged();
          this.#boards.recover();
          this.#experiments.recover();
        }
      }),
    );
  }

  /** What failed for want of an engine or of trust is tried again. */
  async #recover(): Promise<void> {
    this.#refresh();
    this.#blocks.forget();
    this.#featurePanels.recover();
    this.#saes.reload();
    this.#cards.recover();
    this.#boards.recover();
    this.#experiments.recover();
    const { sessions } = this.#panels;
    await Promise.all([
      this.#reloadRuns(),
      this.#reloadJobs(),
      ...sessions.map((session) => session.recover()),
    ]);
  }

  /** Only what someone has looked at is read again. */
  async #reloadRuns(): Promise<void> {
    if (this.#list.state !== 'unread') await this.#list.reload();
  }

  async #reloadJobs(): Promise<void> {
    if (this.#jobs.list.state !== 'unread') await this.#jobs.list.reload();
  }

  #statusText() {
    const work = this.#panels.sessions.find(({ isRunning }) => isRunning)?.state.status;
    return statusText(this.#engine.state, work, workspace.isTrusted, this.#jobs.list.active);
  }

  #refresh(): void {
    this.#follower.followResult(this.#panels.current?.picture()?.shown);
    this.#status.show(this.#statusText());
    const { state, runs } = this.#list;
    const { sessions, current } = this.#panels;
    const jobs = this.#jobs.list;
    this.#keys.write({
      engineState: this.#engine.state.kind,
      hasPicture: current?.picture() !== undefined,
      isGenerating: sessions.some(({ isRunning }) => isRunning),
      hasDeletedRuns: this.#runs.hasDeleted,
      runs: state === 'ready' ? (runs.length > 0 ? 'some' : 'none') : state,
      hasCurrentPicture: this.#current.picture !== null,
      hasFeature: this.#choice.selected !== null,
      featureMode: this.#blocks.mode,
      jobs: jobs.state === 'ready' ? (jobs.jobs.length > 0 ? 'some' : 'none') : jobs.state,
      featureSort: this.#blocks.sort,
      hasFeatureFilter: this.#blocks.filterText !== '',
    });
  }
}
