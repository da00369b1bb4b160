import type { AcceptancePanelsPorts } from '../panels/acceptanceLife.ts';
import type { CurrentModel } from '../currentModel.ts';
import type { Disposable } from '../disposables.ts';
import type { Settings } from '../settings.ts';
import type { DownloadPorts } from '../actions/downloadByName.ts';
import { SaeActions } from '../actions/saeActions.ts';
import { saveText } from '../actions/saveText.ts';
import { AcceptancePanels } from '../panels/acceptancePanels.ts';

type SaeToolsPorts = Omit<AcceptancePanelsPorts, 'provider' | 'saveText' | 'command'> & {
  readonly model: CurrentModel;
  readonly settings: Settings;
  readonly downloads: DownloadPorts;
};

/** What is done with SAEs, and the reports on them. */
export class SaeTools implements Disposable {
  readonly #model: CurrentModel;
  readonly #panels: AcceptancePanels;
  readonly actions: SaeActions;

  constructor(ports: SaeToolsPorts) {
    const { engine, model, report, settings, downloads } = ports;
    this.#model = model;
    this.#panels = new AcceptancePanels({
      ...ports,
      provider: () => settings.provider,
      saveText,
      command: (command, ref) => this.actions.onReport(command, ref),
    });
    this.actions = new SaeActions({ engine, model, report, downloads, panels: this.#panels });
  }

  showReport(saeId: string): void {
    this.#panels.open({ modelDir: this.#model.dir, saeId });
  }

  /** SAEs changed, or what failed for want of an engine or of trust can be tried again. */
  reload(): void {
    this.#panels.reload();
  }

  dispose(): void {
    this.#panels.dispose();
  }
}
