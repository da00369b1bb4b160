import type { CommandHandlers } from '../commands.ts';
import { type Disposable, Disposables } from '../disposables.ts';
import type { FeatureLabels } from '../features/featureLabels.ts';
import type { ModelBlocks } from '../features/modelBlocks.ts';
import type { BoardPanelsPorts } from '../panels/boardLife.ts';
import type { BoardPanels } from '../panels/boardPanels.ts';
import { ExperimentActions, type ExperimentCommand } from './experimentActions.ts';
import { ExperimentEditors } from './experimentEditors.ts';
import { ExperimentLanguage } from './experimentLanguage.ts';

export interface ExperimentToolsPorts extends BoardPanelsPorts {
  readonly boards: BoardPanels;
  readonly labels: FeatureLabels;
  readonly modelBlocks: ModelBlocks;
}

/** Experiments as files: their boards, what the text editor knows of them, and what can be done with them. */
export class ExperimentTools implements Disposable {
  readonly #owned = new Disposables();
  readonly #editors: ExperimentEditors;
  readonly handlers: Pick<CommandHandlers, ExperimentCommand>;

  constructor(ports: ExperimentToolsPorts) {
    this.#editors = this.#owned.add(new ExperimentEditors(ports));
    this.#owned.add(new ExperimentLanguage(ports));
    this.handlers = new ExperimentActions({ ...ports, editors: this.#editors }).handlers;
  }

  /** The model is another one, or what failed for want of an engine is tried again. */
  recover(): void {
    this.#editors.recover();
  }

  dispose(): void {
    this.#owned.dispose();
  }
}
