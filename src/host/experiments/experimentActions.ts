import { basename, dirname, join } from 'node:path';
import {
  commands,
  TabInputCustom,
  TabInputText,
  Uri,
  window,
  workspace,
  type QuickPickItem,
} from 'vscode';
import type { BoardDocument } from '../../protocol/boardPanel.ts';
import { FeaturescopeError, invalidInput } from '../../protocol/errors.ts';
import {
  compareExperiments,
  type ExperimentParams,
  type ExperimentProgress,
  experimentSuffix,
  experimentVersion,
  exportExperiment,
  type ExportForm,
  readExperimentResults,
  replayExperiment,
  type ReplayReport,
  runExperiment,
  type RunExperimentParams,
} from '../../protocol/experiment.ts';
import { formatExperiment } from '../../protocol/experimentText.ts';
import type { PictureBase } from '../../protocol/recipe.ts';
import { askWhere } from '../actions/saveText.ts';
import { withProgress } from '../actions/withProgress.ts';
import type { CommandHandlers } from '../commands.ts';
import type { BoardPanelsPorts } from '../panels/boardLife.ts';
import type { BoardPanels } from '../panels/boardPanels.ts';
import { progressText } from '../panels/progressText.ts';
import { formOf } from '../panels/resultForm.ts';
import type { ExperimentEditors } from './experimentEditors.ts';
import { experimentFrom } from './experimentFile.ts';
import { experimentOf } from './experimentDocument.ts';
import { experimentPath } from './experimentName.ts';
import { headText } from './headText.ts';
import { openExperiment } from './openExperiment.ts';
import { isExperimentNode } from '../trees/experimentsTree.ts';
import { countText } from '../../protocol/countText.ts';

export interface ExperimentActionsPorts extends Pick<
  BoardPanelsPorts,
  'engine' | 'model' | 'settings' | 'current'
> {
  readonly editors: ExperimentEditors;
  readonly boards: BoardPanels;
  /** A file came (no argument), or has other results. */
  readonly onFiles: (uri?: Uri) => void;
}

export type ExperimentCommand =
  | 'featurescope.newExperiment'
  | 'featurescope.saveBoardAsExperiment'
  | 'featurescope.openExperimentBoard'
  | 'featurescope.openExperimentText'
  | 'featurescope.runExperiment'
  | 'featurescope.runExperimentCell'
  | 'featurescope.replayExperiment'
  | 'featurescope.compareExperiment'
  | 'featurescope.exportExperiment';

/** What can be done with experiments' files, from wherever they are. */
export class ExperimentActions {
  readonly #ports: ExperimentActionsPorts;

  constructor(ports: ExperimentActionsPorts) {
    this.#ports = ports;
  }

  get handlers(): Pick<CommandHandlers, ExperimentCommand> {
    return {
      'featurescope.newExperiment': () => this.#new(),
      'featurescope.saveBoardAsExperiment': () => this.#saveBoard(),
      'featurescope.openExperimentBoard': (target) => openExperiment(fileOf(target), 'board'),
      'featurescope.openExperimentText': (target) => openExperiment(fileOf(target), 'text'),
      'featurescope.runExperiment': (target) => this.#run(fileOf(target)),
      'featurescope.runExperimentCell': (target, variant) =>
        this.#runCell(fileOf(target), String(variant)),
      'featurescope.replayExperiment': (target) => this.#replay(fileOf(target)),
      'featurescope.compareExperiment': (target) => this.#compare(fileOf(target)),
      'featurescope.exportExperiment': (target) => this.#export(fileOf(target)),
    };
  }

  /** The current picture, or the model's own defaults, in a new file. */
  async #new(): Promise<void> {
    const { model, current } = this.#ports;
    const { defaults } = await model.describe();
    const picture: PictureBase = current.picture
      ? formOf(current.picture.manifest)
      : {
          ...{ prompt: 'a red apple on the left, a dog on the right', negativePrompt: '', seed: 1 },
          ...defaults,
        };
    await this.#save({ base: picture, baseRunId: null, axis: { kind: 'one' }, variants: [] });
  }

  async #saveBoard(): Promise<void> {
    const [life] = this.#ports.boards.lives;
    const document = life?.session.document;
    if (!document?.base) {
      throw invalidInput('The ablation board has no picture yet. Open it with one first.');
    }
    await this.#save(document);
  }

  async #save(document: BoardDocument): Promise<void> {
    if (!document.base) return;
    const asked = await askWhere('Save Experiment', `experiment${experimentSuffix}`);
    if (!asked) return;
    const uri = await newFile(asked);
    const { id } = await this.#ports.model.describe();
    const draft = experimentOf(document, document.base, { id });
    const params = { ...this.#params(uri), text: formatExperiment({ ...draft, variants: [] }) };
    const { modelSha256: sha256 } = await this.#ports.engine.request(readExperimentResults, params);
    const text = formatExperiment({ ...draft, version: experimentVersion, model: { id, sha256 } });
    await workspace.fs.writeFile(uri, new TextEncoder().encode(text));
    this.#ports.onFiles();
    await openExperiment(uri, 'board');
  }

  async #run(uri: Uri): Promise<void> {
    const result = await this.#make(uri, `Running ${basename(uri.fsPath)}`, {});
    const { madeCount, pictureCount } = result;
    const made = `${countText(madeCount, 'picture')} made`;
    const words =
      madeCount === 0
        ? `All ${countText(pictureCount, 'picture')} are there already.`
        : madeCount === pictureCount
          ? `${made}.`
          : `${made}, ${String(pictureCount - madeCount)} were there already.`;
    const report = 'Open Report';
    // Nobody waits for the answer.
    void window.showInformationMessage(words, report).then(async (pressed) => {
      if (pressed === report) await this.#write(uri, 'markdown');
    });
  }

  async #runCell(uri: Uri, variant: string): Promise<void> {
    const text = (await workspace.openTextDocument(uri)).getText();
    const { columns, picture } = await experimentFrom(text, basename(uri.fsPath));
    const labels =
      columns?.kind === 'seeds'
        ? columns.seeds.map((seed) => `Seed ${String(seed)}`)
        : columns?.kind === 'prompts'
          ? columns.prompts
          : [picture.prompt];
    const items = labels.map((label, column): QuickPickItem & { column: number } => ({
      label,
      column,
    }));
    const picked =
      items.length === 1
        ? items[0]
        : await window.showQuickPick(items, { title: `Run ${variant} in Column` });
    if (!picked) return;
    const { column } = picked;
    const result = await this.#make(uri, `Running ${variant}`, { only: { column, variant } });
    const row = result.rows.find((one) => one.column === column && one.variant === variant);
    if (row?.figures) {
      const { pixelDistance, ssim } = row.figures;
      void window.showInformationMessage(
        `${variant}: distance ${pixelDistance.toFixed(3)} of 255, SSIM ${ssim.toFixed(4)}.`,
      );
    }
    await commands.executeCommand('vscode.open', Uri.file(join(result.dir, row?.picture ?? '')));
  }

  async #replay(uri: Uri): Promise<void> {
    await this.#settled(uri);
    const report = await withProgress(`Replaying ${basename(uri.fsPath)}`, (signal, say) =>
      this.#ports.engine.request(replayExperiment, this.#params(uri), {
        signal,
        onProgress: sayWith(say),
      }),
    );
    const words = replayWords(report);
    if (report.verdict === 'differs') void window.showWarningMessage(words);
    else void window.showInformationMessage(words);
  }

  /** Both versions are run, as far as their pictures are not there; then they stand beside each other. */
  async #compare(uri: Uri): Promise<void> {
    const text = await this.#settled(uri);
    const otherText = await headText(uri);
    const name = basename(uri.fsPath, experimentSuffix);
    await this.#make(uri, `Running ${name} as in HEAD`, { text: otherText });
    await this.#make(uri, `Running ${name}`, { text });
    const to = join(dirname(uri.fsPath), '.sae', 'compare', `${name}.md`);
    const { path } = await this.#ports.engine.request(compareExperiments, {
      ...{ ...this.#params(uri), text, otherText, otherName: 'HEAD', to },
    });
    await commands.executeCommand('markdown.showPreview', Uri.file(path));
  }

  async #export(uri: Uri): Promise<void> {
    const items: readonly (QuickPickItem & { form: ExportForm })[] = [
      { label: 'Report', description: 'Markdown with pictures and figures', form: 'markdown' },
      { label: 'Table', description: 'figures as CSV', form: 'csv' },
      {
        label: 'Python',
        description: 'a script for diffusers for each edited picture',
        form: 'python',
      },
    ];
    const picked = await window.showQuickPick(items, { title: 'Export Experiment' });
    if (picked) await this.#write(uri, picked.form);
  }

  async #write(uri: Uri, form: ExportForm): Promise<void> {
    if (form === 'python') await this.#settled(uri);
    else await this.#make(uri, `Running ${basename(uri.fsPath)}`, {});
    const params = { ...this.#params(uri), form };
    const [path] = await withProgress('Exporting', async (signal, say) => {
      const onProgress = sayWith(say);
      return (await this.#ports.engine.request(exportExperiment, params, { signal, onProgress }))
        .paths;
    });
    if (path === undefined) return;
    const open = form === 'markdown' ? 'markdown.showPreview' : 'vscode.open';
    await commands.executeCommand(open, Uri.file(path));
  }

  /** Runs what is missing, shows it on the file's boards as it comes. @throws what the engine answers */
  async #make(uri: Uri, title: string, params: Pick<RunExperimentParams, 'only' | 'text'>) {
    await this.#settled(uri);
    const { engine, editors } = this.#ports;
    const made = withProgress(title, (signal, say) =>
      engine.request(
        runExperiment,
        { ...this.#params(uri), ...params },
        {
          signal,
          onProgress: (value) => {
            sayWith(say)(value);
            if (value.phase !== 'made' || params.text !== undefined) return;
            editors.show(uri, value.row.column, value.row.variant, value);
          },
        },
      ),
    );
    try {
      return await made;
    } finally {
      // Cancelled, it leaves what it made.
      this.#ports.onFiles(uri);
    }
  }

  /** What is on the boards and in the text is in the file. @returns the text */
  async #settled(uri: Uri): Promise<string> {
    await this.#ports.editors.settle(uri);
    const document = await workspace.openTextDocument(uri);
    if (document.isDirty && !(await document.save())) {
      throw new FeaturescopeError('cancelled', 'The experiment was not saved.');
    }
    return document.getText();
  }

  #params(uri: Uri): ExperimentParams {
    const { model, settings } = this.#ports;
    return { path: uri.fsPath, modelDir: model.dir, provider: settings.provider };
  }
}

const sayWith =
  (say: (text: string) => void) =>
  (value: ExperimentProgress): void => {
    if (value.phase === 'made') return;
    if (value.phase !== 'making') say(progressText(value).phase);
    else say(`Picture ${String(value.pictureIndex + 1)} of ${String(value.pictureCount)}`);
  };

function replayWords({ verdict, isBitsAsked, changes, pictures }: ReplayReport): string {
  const count = String(pictures.length);
  if (verdict === 'equal') return `All ${count} pictures are equal, bit for bit.`;
  const different = pictures.filter((one) => one.verdict !== 'equal');
  const setting = isBitsAsked ? '' : ` (${changes.join('; ')})`;
  const first = different[0]
    ? ` ${different[0].variant ?? 'unedited'} in column ${String(different[0].column + 1)}: ${different[0].words}.`
    : '';
  return verdict === 'within'
    ? `All ${count} pictures are equal within the tolerance for another setting${setting}.${first}`
    : `${String(different.length)} of ${count} pictures differ${setting}.${first}`;
}

/**
 * The file that a typed name means.
 *
 * @throws `invalidInput` when that is there already, and the person was not asked about it
 */
async function newFile(asked: Uri): Promise<Uri> {
  const uri = asked.with({ path: experimentPath(asked.path) });
  if (uri.path === asked.path) return uri;
  const isThere = await workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
  if (!isThere) return uri;
  throw invalidInput(
    `"${basename(uri.fsPath)}" is there already. Give the experiment another name.`,
  );
}

/** @throws `invalidInput` when no experiment is meant */
function fileOf(target: unknown): Uri {
  const { input } = window.tabGroups.activeTabGroup.activeTab ?? {};
  const active =
    input instanceof TabInputText || input instanceof TabInputCustom ? input.uri : undefined;
  const asked = isExperimentNode(target) ? target.uri : target;
  const uri = asked instanceof Uri ? asked : active;
  if (uri?.scheme === 'file' && uri.fsPath.endsWith(experimentSuffix)) return uri;
  throw invalidInput(
    `No experiment is open. Open a *${experimentSuffix} file, or make one with “New Experiment”.`,
  );
}
