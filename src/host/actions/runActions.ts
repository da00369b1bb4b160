import { QuickPickItemKind, Uri, window } from 'vscode';
import { deleteRuns, openRun, restoreRuns, type RunSummary } from '../../protocol/engine.ts';
import type { Caller } from '../../protocol/request.ts';
import { runTitle } from '../../protocol/runTitle.ts';
import { formOf } from '../panels/resultForm.ts';
import type { ResultPanels } from '../panels/resultPanels.ts';
import { groupByDay } from '../trees/groupByDay.ts';
import type { RunList } from '../trees/runList.ts';
import { countText } from '../../protocol/countText.ts';
import { runFigures, shortened } from '../words.ts';
import type { PictureTarget } from './pictureActions.ts';

export interface RunActionsPorts {
  readonly engine: Caller;
  readonly list: RunList;
  readonly panels: ResultPanels;
  readonly onChange: () => void;
  /** The person asked for this one: it is current, whatever the panel showed before. */
  readonly onOpened: (run: RunSummary) => void;
  readonly onDeleted: (runIds: readonly string[]) => void;
  readonly onRestored: (runIds: readonly string[]) => void;
  /** The current picture in the feature view. */
  readonly showFeatures: () => void;
}

/** What can be done with kept runs. Without a target they ask which run is meant. */
export class RunActions {
  readonly #ports: RunActionsPorts;
  /** What Restore brings back, the last deletion first. */
  #deleted: readonly (readonly string[])[] = [];

  constructor(ports: RunActionsPorts) {
    this.#ports = ports;
  }

  get hasDeleted(): boolean {
    return this.#deleted.length > 0;
  }

  /** @param isPreview the tree keeps the focus, so that its keys go on working */
  async open(targets: readonly RunSummary[], isPreview: boolean): Promise<void> {
    const runs = await this.#orPicked(targets, 'Open Run');
    const [first] = runs;
    if (!first) return;
    if (first.manifest.explained) {
      // It has features, and nothing that a result panel could make again.
      this.#ports.onOpened(first);
      this.#ports.showFeatures();
      return;
    }
    const session = this.#ports.panels.available({ preserveFocus: isPreview });
    await session.show(runs.map(({ runId }) => runId));
    this.#ports.onOpened(first);
  }

  async rerun(targets: readonly RunSummary[]): Promise<void> {
    const [run] = await this.#orPicked(targets, 'Run Again');
    if (run) await this.#ports.panels.available().generate(formOf(run.manifest), 1);
  }

  async delete(targets: readonly RunSummary[]): Promise<void> {
    const runs = await this.#orPicked(targets, 'Delete Run');
    const [first] = runs;
    if (!first) return;
    const runIds = runs.map(({ runId }) => runId);
    await this.#ports.engine.request(deleteRuns, { runIds });
    this.#deleted = [runIds, ...this.#deleted];
    this.#ports.onDeleted(runIds);
    this.#ports.onChange();
    await this.#ports.list.reload();
    const what =
      runs.length === 1
        ? `the run “${shortened(runTitle(first.manifest), 60)}”`
        : countText(runs.length, 'run');
    // Not waited for: the notification may stay as long as it likes.
    void window.showInformationMessage(`Deleted ${what}.`, 'Undo').then((pressed) => {
      if (pressed) void this.restore(runIds);
    });
  }

  /** @param runIds the last deletion when left out */
  async restore(runIds = this.#deleted[0]): Promise<void> {
    if (!runIds) return;
    await this.#ports.engine.request(restoreRuns, { runIds });
    this.#deleted = this.#deleted.filter((group) => group !== runIds);
    this.#ports.onRestored(runIds);
    this.#ports.onChange();
    await this.#ports.list.reload();
  }

  /** A clean-up removed them for good. */
  forgetDeleted(): void {
    this.#deleted = [];
    this.#ports.onChange();
  }

  pictureOf({ runId, manifest }: RunSummary): PictureTarget {
    const load = async () => (await this.#ports.engine.request(openRun, { runId })).picture;
    return { runId, manifest, load };
  }

  /** @throws `invalidInput` when the run is no longer kept */
  async find(runId: string): Promise<RunSummary> {
    return (await this.#ports.engine.request(openRun, { runId })).run;
  }

  /** Asks for one of the kept runs. */
  async pick(title: string): Promise<RunSummary | undefined> {
    return (await this.#orPicked([], title))[0];
  }

  async #orPicked(targets: readonly RunSummary[], title: string): Promise<readonly RunSummary[]> {
    if (targets.length > 0) return targets;
    const { list } = this.#ports;
    if (list.state !== 'ready') await list.reload();
    const items = groupByDay(list.runs, new Date()).flatMap(({ label, runs }) => [
      { label, kind: QuickPickItemKind.Separator, run: undefined },
      ...runs.map((run) => ({
        run,
        label: shortened(runTitle(run.manifest), 200),
        description: runFigures(run.manifest),
        iconPath: Uri.file(run.pngPath),
      })),
    ]);
    const picked = await window.showQuickPick(items, {
      title,
      placeHolder: items.length > 0 ? 'Which run?' : 'No runs are kept yet.',
      matchOnDescription: true,
    });
    return picked?.run ? [picked.run] : [];
  }
}
