import type { CommandHandlers } from '../commands.ts';
import { type Disposable, Disposables } from '../disposables.ts';
import { readExperimentResults } from '../../protocol/experiment.ts';
import type { ModelBlocks } from '../features/modelBlocks.ts';
import type { BoardPanelsPorts } from '../panels/boardLife.ts';
import type { BoardPanels } from '../panels/boardPanels.ts';
import { ExperimentActions, type ExperimentCommand } from './experimentActions.ts';
import { ExperimentEditors } from './experimentEditors.ts';
import { ExperimentLanguage, type ExperimentLanguagePorts } from './experimentLanguage.ts';
import { ExperimentsView } from '../trees/experimentsView.ts';

export interface ExperimentToolsPorts extends BoardPanelsPorts {
  readonly boards: BoardPanels;
  readonly cards: ExperimentLanguagePorts['cards'];
  readonly modelBlocks: ModelBlocks;
}

/** Experiments as files: their boards, what the text editor knows of them, and what can be done with them. */
export class ExperimentTools implements Disposable {
  readonly #owned = new Disposables();
  readonly #editors: ExperimentEditors;
  readonly #language: ExperimentLanguage;
  readonly #view: ExperimentsView;
  readonly handlers: Pick<CommandHandlers, ExperimentCommand>;

  constructor(ports: ExperimentToolsPorts) {
    this.#editors = this.#owned.add(new ExperimentEditors(ports));
    this.#language = this.#owned.add(new ExperimentLanguage(ports));
    const { engine, model, settings } = ports;
    this.#view = this.#owned.add(
      new ExperimentsView(({ fsPath: path }) =>
        engine.request(readExperimentResults, {
          ...{ path, modelDir: model.dir, provider: settings.provider },
        }),
      ),
    );
    this.handlers = new ExperimentActions({
      ...{ ...ports, editors: this.#editors },
      onFiles: (uri) => {
        this.#view.refresh(uri);
      },
    }).handlers;
  }

  /** The model is another one, or what failed for want of an engine is tried again. */
  recover(): void {
    this.#editors.recover();
    this.#language.checkAll();
    this.#view.refresh();
  }

  dispose(): void {
    this.#owned.dispose();
  }
}
