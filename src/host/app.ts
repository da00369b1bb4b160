import { homedir } from 'node:os';
import { join } from 'node:path';
import { commands, type ExtensionContext, window, workspace } from 'vscode';
import { runsChanged } from '../protocol/engine.ts';
import { FeaturescopeError } from '../protocol/errors.ts';
import { logRecord } from '../protocol/log.ts';
import type { ProblemAction } from '../protocol/resultPanel.ts';
import { openSettings, showEngineMenu } from './actions/engineMenu.ts';
import { PictureActions } from './actions/pictureActions.ts';
import { RunActions } from './actions/runActions.ts';
import type { CommandId } from './commands.ts';
import { ContextKeyWriter } from './contextKeys.ts';
import { CurrentModel } from './currentModel.ts';
import { type Disposable, Disposables } from './disposables.ts';
import { createHandlers, targetOf } from './handlers.ts';
import { logTo } from './log.ts';
import { ResultPanels } from './panels/resultPanels.ts';
import { PromptHistory } from './promptHistory.ts';
import { Report, restrictedMode } from './report.ts';
import { type SettingKey, Settings, settingTable } from './settings.ts';
import { StatusItem } from './statusItem.ts';
import { statusText } from './statusText.ts';
import { startEngine } from './supervisor/engineProcess.ts';
import { EngineSupervisor } from './supervisor/engineSupervisor.ts';
import { registerBlocksTree } from './trees/blocksTree.ts';
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
    provider: () => this.#settings.provider,
    log: this.#log,
    notify: (text, ...buttons) => window.showErrorMessage(text, ...buttons),
    act: (action) => this.#act(action),
  });
  readonly #engine = new EngineSupervisor({
    start: () => this.#startEngine(),
    refusal: () =>
      workspace.isTrusted ? undefined : new FeaturescopeError('closed', restrictedMode.cause),
    onState: () => {
      this.#refresh();
    },
    onProcess: ({ connection }) => {
      connection.onNotification(logRecord, this.#log);
      connection.onNotification(runsChanged, () => void this.#reloadRuns());
    },
    onLog: this.#log,
  });
  readonly #list = new RunList(this.#engine, this.#report, () => {
    this.#runsView.refresh();
    this.#refresh();
  });
  readonly #runsView = this.#owned.add(new RunsView(this.#list));
  readonly #pictures = new PictureActions(this.#engine, this.#settings, this.#report);
  readonly #status = this.#owned.add(new StatusItem());
  readonly #keys = new ContextKeyWriter();
  readonly #model: CurrentModel;
  readonly #history: PromptHistory;
  readonly #panels: ResultPanels;
  readonly #runs: RunActions;

  constructor(context: ExtensionContext) {
    this.#context = context;
    this.#model = new CurrentModel(this.#engine, this.#settings, context.extensionPath);
    this.#history = new PromptHistory(context.globalState);
    const onChange = (): void => {
      this.#refresh();
    };
    this.#panels = this.#owned.add(
      new ResultPanels({
        engine: this.#engine,
        model: this.#model,
        settings: this.#settings,
        history: this.#history,
        report: this.#report,
        extensionUri: context.extensionUri,
        savePng: (picture) => this.#pictures.savePng(targetOf(picture)),
        reveal: (picture) => this.#pictures.reveal(targetOf(picture)),
        copyText: (text) => this.#pictures.copyText(text),
        act: (action) => this.#act(action),
        onChange,
      }),
    );
    this.#runs = new RunActions({
      engine: this.#engine,
      list: this.#list,
      panels: this.#panels,
      onChange,
    });
    this.#owned.add(registerBlocksTree());
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

  #startEngine() {
    const { extensionPath, globalStorageUri } = this.#context;
    const folder = this.#settings.get('storage.folder').replace(/^~(?=$|[/\\])/, homedir());
    return startEngine(
      join(extensionPath, 'dist', 'engine.cjs'),
      {
        extensionDir: extensionPath,
        storageDir: folder || globalStorageUri.fsPath,
        threadCount: this.#settings.get('engine.threads'),
        quotaBytes: this.#settings.quotaBytes,
      },
      (text) => {
        this.#log({ level: 'warn', room: 'native', text });
      },
    );
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
      selectedRuns: () => this.#runsView.selected,
      recover: () => this.#recover(),
      showLog: () => {
        this.#channel.show();
      },
      showMenu: () =>
        showEngineMenu({
          status: this.#statusText(),
          usage: this.#list.usage,
          settings: this.#settings,
          isTrusted: workspace.isTrusted,
        }),
    });
    for (const [id, handler] of Object.entries(handlers)) {
      const run = async (target: unknown, selected: unknown): Promise<void> => {
        try {
          await handler(target, selected);
        } catch (error) {
          await this.#report.show(error);
        }
      };
      this.#owned.add(commands.registerCommand(id, run));
    }
  }

  #follow(): void {
    this.#owned.add(workspace.onDidGrantWorkspaceTrust(() => void this.#recover()));
    this.#owned.add(
      workspace.onDidChangeConfiguration((event) => {
        const has = (key: SettingKey): boolean => event.affectsConfiguration(`featurescope.${key}`);
        const keys = (Object.keys(settingTable) as SettingKey[]).filter(has);
        if (keys.some((key) => settingTable[key].needsNewEngine)) {
          void this.#engine.renewWhenIdle().then(() => this.#reloadRuns());
        }
        if (keys.includes('model.folder')) {
          for (const session of this.#panels.sessions) void session.modelChanged();
        }
      }),
    );
  }

  /** What failed for want of an engine or of trust is tried again. */
  async #recover(): Promise<void> {
    this.#refresh();
    const { sessions } = this.#panels;
    await Promise.all([this.#reloadRuns(), ...sessions.map((session) => session.recover())]);
  }

  /** Only what someone has looked at is read again. */
  async #reloadRuns(): Promise<void> {
    if (this.#list.state !== 'unread') await this.#list.reload();
  }

  async #act(action: ProblemAction | 'showLog'): Promise<void> {
    const command = (id: CommandId) => commands.executeCommand(id);
    switch (action) {
      case 'restartEngine':
        await command('featurescope.restartEngine');
        break;
      case 'chooseModel':
        await command('featurescope.chooseModel');
        break;
      case 'chooseProvider':
        await command('featurescope.chooseProvider');
        break;
      case 'saveElsewhere':
        await command('featurescope.savePng');
        break;
      case 'showLog':
        await command('featurescope.showLog');
        break;
      case 'openSettings':
        await openSettings();
        break;
      case 'trustWorkspace':
        await commands.executeCommand('workbench.trust.manage');
        break;
    }
  }

  #statusText() {
    const work = this.#panels.sessions.find(({ isRunning }) => isRunning)?.state.status;
    return statusText(this.#engine.state, work, workspace.isTrusted);
  }

  #refresh(): void {
    this.#status.show(this.#statusText());
    const { state, runs } = this.#list;
    const { sessions, current } = this.#panels;
    this.#keys.write({
      engineState: this.#engine.state.kind,
      hasPicture: current?.picture() !== undefined,
      isGenerating: sessions.some(({ isRunning }) => isRunning),
      hasDeletedRuns: this.#runs.hasDeleted,
      runs: state === 'ready' ? (runs.length > 0 ? 'some' : 'none') : state,
    });
  }
}
