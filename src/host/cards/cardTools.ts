import { basename, join } from 'node:path';
import { commands, RelativePattern, type Uri, workspace } from 'vscode';
import type { FeatureRef } from '../../protocol/featurePanel.ts';
import { indexKind } from '../../protocol/indexes.ts';
import type { JobSummary } from '../../protocol/jobs.ts';
import type { PanelCommand } from '../../protocol/panelRequests.ts';
import type { FeatureCard } from '../../protocol/indexSearch.ts';
import type { Caller } from '../../protocol/request.ts';
import type { ProblemAction, ResultForm } from '../../protocol/resultPanel.ts';
import { saveBytes } from '../actions/saveBytes.ts';
import type { CommandId } from '../commands.ts';
import type { CurrentModel } from '../currentModel.ts';
import { type Disposable, Disposables } from '../disposables.ts';
import type { CurrentPicture } from '../features/currentPicture.ts';
import type { FeatureChoice } from '../features/featureChoice.ts';
import { formOf } from '../panels/resultForm.ts';
import type { Report } from '../report.ts';
import type { Settings } from '../settings.ts';
import type { EngineSupervisor } from '../supervisor/engineSupervisor.ts';
import type { RunList } from '../trees/runList.ts';
import { ExplainPanels } from '../explain/explainPanels.ts';
import { CardPanels } from './cardPanels.ts';
import { ContrastPanels } from './contrastPanels.ts';
import { FeatureFinder } from './featureFinder.ts';
import { GalleryPanels } from './galleryPanels.ts';
import { IndexActions } from './indexActions.ts';
import { IndexList } from './indexList.ts';
import type { DownloadPorts } from '../actions/downloadByName.ts';
import { LabelActions } from './labelActions.ts';
import { LabelBook } from './labelBook.ts';
import { labelsPathIn } from './labelsPath.ts';
import { measureInPicture } from './measureInPicture.ts';
import { pickRuns } from './pickRuns.ts';
import { indexedCard } from './panelServices.ts';
import { PictureFolders } from './pictureFolders.ts';
import { QualityPanels } from './qualityPanels.ts';

export interface CardToolsPorts {
  readonly engine: EngineSupervisor;
  readonly model: CurrentModel;
  readonly settings: Settings;
  readonly report: Report;
  readonly choice: FeatureChoice;
  readonly current: CurrentPicture;
  readonly list: RunList;
  readonly offerForm: (form: ResultForm) => Promise<void>;
  readonly extensionUri: Uri;
  readonly storageDir: () => string;
  readonly downloads: DownloadPorts;
  /** Brings the view of jobs to the front. */
  readonly showJobs: () => Promise<void>;
  readonly copyText: (text: string) => Promise<void>;
  readonly act: (action: ProblemAction | 'showLog') => unknown;
}

const panelCommands: Readonly<Record<PanelCommand, CommandId | `workbench.${string}`>> = {
  ablate: 'featurescope.ablateFeature',
  testCause: 'featurescope.testCause',
  showMap: 'featurescope.openFeature',
  indexSae: 'featurescope.indexSae',
  findFeature: 'featurescope.findFeature',
  openGallery: 'featurescope.openGallery',
  importLabels: 'featurescope.importLabels',
  qualityReport: 'featurescope.qualityReport',
  openFolder: 'workbench.action.files.openFolder',
};

/** What features mean: cards, gallery, search, labels, contrast sets, quality; made and joined in one place. */
export class CardTools implements Disposable {
  readonly labels: LabelBook;
  readonly cards: CardPanels;
  readonly gallery: GalleryPanels;
  readonly contrast: ContrastPanels;
  readonly quality: QualityPanels;
  readonly explain: ExplainPanels;
  readonly finder: FeatureFinder;
  readonly labelActions: LabelActions;
  readonly indexActions: IndexActions;
  readonly #indexes: IndexList;
  readonly #owned = new Disposables();
  readonly #ports: CardToolsPorts;
  #indexJobsDone: number | undefined;
  #labelsWatcher: Disposable | undefined;

  constructor(ports: CardToolsPorts) {
    this.#ports = ports;
    const { engine, model, choice, report } = ports;
    const indexes = new IndexList(engine, model);
    const labels = new LabelBook({ engine, model, indexes, labelsPath: () => this.#labelsPath() });
    this.#indexes = indexes;
    this.labels = labels;
    const services = {
      ...{ engine, model, choice, indexes, labels, report },
      extensionUri: ports.extensionUri,
      folders: new PictureFolders(() => model.dir, ports.storageDir),
      openCard: (feature: FeatureRef, isBeside: boolean) => {
        this.openCard(feature, { isBeside });
      },
      copyText: ports.copyText,
      saveFile: saveBytes,
      run: (command: PanelCommand, target: unknown) =>
        commands.executeCommand(panelCommands[command], target),
      act: ports.act,
    };
    this.cards = this.#owned.add(
      new CardPanels({
        ...services,
        hub: ports.downloads.hub,
        blursContactSheets: () => ports.settings.get('contactSheets.blur'),
        labelsFile: () => this.#labelsFile(),
        provider: () => ports.settings.provider,
        currentForm: () => {
          const { picture } = ports.current;
          return picture ? formOf(picture.manifest) : undefined;
        },
      }),
    );
    this.gallery = this.#owned.add(new GalleryPanels(services));
    this.contrast = this.#owned.add(
      new ContrastPanels({
        ...services,
        provider: () => ports.settings.provider,
        pickRuns: (chosen) => pickRuns(ports.list, chosen),
        pickSet: () =>
          this.indexActions.pickSet({
            title: 'Contrast Sets',
            placeHolder: 'Which collected set?',
            openLabel: 'Choose',
          }),
      }),
    );
    this.indexActions = new IndexActions({
      ...services,
      collectedDir: () => join(ports.storageDir(), 'collected'),
      showJobs: ports.showJobs,
    });
    this.quality = this.#owned.add(
      new QualityPanels({
        ...services,
        pickSaes: () => this.indexActions.pickSaes(),
        measure: () =>
          measureInPicture({
            ...{ engine, model, provider: () => ports.settings.provider },
            extensionDir: ports.extensionUri.fsPath,
          }),
      }),
    );
    this.explain = this.#owned.add(
      new ExplainPanels({
        ...services,
        provider: () => ports.settings.provider,
        offerForm: ports.offerForm,
        showRun: (runId) =>
          commands.executeCommand('featurescope.showFeatures', { pictureId: runId }),
      }),
    );
    this.finder = new FeatureFinder(
      {
        ...services,
        openGallery: (block) => {
          this.gallery.open(block);
        },
      },
      ports.current,
    );
    this.labelActions = new LabelActions({ ...services, downloads: ports.downloads });
    this.#follow();
  }

  get engine(): Caller {
    return this.#ports.engine;
  }

  dispose(): void {
    this.#owned.dispose();
  }

  openCard(feature: FeatureRef, { isBeside = false, preserveFocus = false } = {}): void {
    this.#ports.choice.select(feature);
    this.cards.open(feature, { isBeside, preserveFocus });
  }

  /** What the index of its block knows of a feature; null where there is none. */
  cardOf(feature: FeatureRef): Promise<FeatureCard | null> {
    const { engine, model } = this.#ports;
    return indexedCard(feature, { engine, model, indexes: this.#indexes, labels: this.labels });
  }

  /** Of a command's argument, what was chosen last, or the card in front; where there is none, the person finds one. */
  async featureFor(target: unknown): Promise<FeatureRef | undefined> {
    return this.#featureOf(target) ?? (await this.finder.find());
  }

  async showFound(feature: Promise<FeatureRef | undefined>): Promise<void> {
    const found = await feature;
    if (found) this.openCard(found);
  }

  /** An index that a job has finished is there at once. */
  jobsChanged(jobs: readonly JobSummary[]): void {
    this.quality.jobsChanged(jobs);
    const done = jobs.filter(({ kind, state }) => kind === indexKind && state === 'done').length;
    if (this.#indexJobsDone !== undefined && done > this.#indexJobsDone) this.#indexes.forget();
    this.#indexJobsDone = done;
  }

  /** The model is another one: other folders, other indexes, other labels. */
  modelChanged(): void {
    this.#indexes.forget();
    const { cards, gallery, contrast, quality, explain } = this;
    for (const panels of [cards, gallery, contrast, quality, explain]) {
      panels.foldersChanged();
    }
    this.recover();
  }

  /** The setting names another file: its labels hold from now on, and its changes are followed. */
  labelsFileChanged(): void {
    this.#watchLabels();
    this.labels.forgetFile();
  }

  /** What failed for want of an engine or of trust is tried again. */
  recover(): void {
    this.labels.forget();
    const { cards, gallery, contrast, quality, explain } = this;
    for (const panels of [cards, gallery, contrast, quality, explain]) panels.recover();
  }

  #featureOf(target: unknown): FeatureRef | null {
    const given = (target ?? {}) as Partial<FeatureRef> & { feature?: FeatureRef };
    const { block, id } = given.feature ?? given;
    if (typeof block === 'string' && typeof id === 'number') return { block, id };
    return this.#ports.choice.selected ?? this.cards.lives[0]?.session.feature ?? null;
  }

  #labelsPath(): string | undefined {
    const folder = workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file');
    return labelsPathIn(folder?.uri.fsPath, this.#ports.settings.get('labels.file'));
  }

  #labelsFile(): string | null {
    const path = this.#labelsPath();
    return path === undefined ? null : basename(path);
  }

  #follow(): void {
    const changed = (): void => {
      this.cards.changed();
      this.gallery.changed();
    };
    this.labels.onDidChange(changed);
    this.#ports.choice.onDidChange(changed);
    this.#indexes.onDidChange(() => {
      this.gallery.recover();
      this.quality.recover();
    });
    this.#owned.add(
      workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('featurescope.contactSheets.blur')) this.cards.changed();
      }),
    );
    this.#owned.add({ dispose: () => this.#labelsWatcher?.dispose() });
    this.#watchLabels();
  }

  #watchLabels(): void {
    this.#labelsWatcher?.dispose();
    this.#labelsWatcher = undefined;
    const path = this.#labelsPath();
    if (path === undefined) return;
    // Saved in an editor here, in another window, or by a checkout.
    const folder = workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file');
    const watcher = workspace.createFileSystemWatcher(
      folder ? new RelativePattern(folder, `**/${basename(path)}`) : path,
    );
    this.#labelsWatcher = watcher;
    const again = (): void => {
      this.labels.forget();
    };
    watcher.onDidChange(again);
    watcher.onDidCreate(again);
    watcher.onDidDelete(again);
  }
}
