import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { window } from 'vscode';
import { invalidInput } from '../../protocol/errors.ts';
import { listBlocks } from '../../protocol/features.ts';
import { type BuildIndexParams, indexKind } from '../../protocol/indexes.ts';
import { startJob } from '../../protocol/jobs.ts';
import type { Caller } from '../../protocol/request.ts';
import { pickCollectedSet, type SetQuestion } from '../actions/pickCollectedSet.ts';

export interface IndexActionsPorts {
  readonly engine: Caller;
  readonly model: { readonly dir: string };
  /** Where collected sets are made when no other place is chosen. */
  readonly collectedDir: () => string;
  readonly showJobs: () => Promise<void>;
}

/** Indexes and SAE folders from the palette. */
export class IndexActions {
  readonly #ports: IndexActionsPorts;

  constructor(ports: IndexActionsPorts) {
    this.#ports = ports;
  }

  /** Asks for a collected set and for blocks, and starts the job that indexes their SAEs over it. */
  async index(): Promise<void> {
    const { engine, model, showJobs } = this.#ports;
    const blocks = await this.#pickBlocks();
    if (!blocks) return;
    const setDir = await this.pickSet({
      title: 'Index SAE',
      placeHolder: 'Over which collected set?',
      openLabel: 'Index',
    });
    if (setDir === undefined) return;
    const params: BuildIndexParams = { modelDir: model.dir, setDir, blocks };
    await engine.request(startJob, { kind: indexKind, params });
    await showJobs();
  }

  /** Folder of a collected set; undefined when the person changes their mind. */
  pickSet(question: SetQuestion): Promise<string | undefined> {
    return pickCollectedSet(this.#ports.collectedDir(), question);
  }

  /** Two SAE folders to compare: of this model, or chosen among the files. */
  async pickSaes(): Promise<{ leftDir: string; rightDir: string } | undefined> {
    const leftDir = await this.#pickSae('Compare SAEs: the First', undefined);
    const rightDir = leftDir && (await this.#pickSae('Compare SAEs: the Second', leftDir));
    return leftDir && rightDir ? { leftDir, rightDir } : undefined;
  }

  async #pickSae(title: string, without: string | undefined): Promise<string | undefined> {
    const saesDir = join(this.#ports.model.dir, 'saes');
    const entries = await readdir(saesDir, { withFileTypes: true }).catch(() => []);
    const items = entries
      .filter((entry) => entry.isDirectory() && join(saesDir, entry.name) !== without)
      .map(({ name }) => ({ label: name, description: '', dir: join(saesDir, name) }));
    const other = {
      label: '$(folder-opened) Another Folder…',
      description: 'with sae.json',
      dir: '',
    };
    const placeHolder = without === undefined ? 'Which SAE?' : `Compare ${basename(without)} with…`;
    const picked = await window.showQuickPick([...items, other], { title, placeHolder });
    if (picked?.dir !== '') return picked?.dir;
    const [uri] =
      (await window.showOpenDialog({ title, canSelectFiles: false, canSelectFolders: true })) ?? [];
    return uri?.fsPath;
  }

  async #pickBlocks(): Promise<readonly string[] | undefined> {
    const { engine, model } = this.#ports;
    const described = await engine.request(listBlocks, { modelDir: model.dir });
    const items = described.flatMap(({ block, sae }) =>
      sae
        ? [
            {
              label: block,
              description: `${sae.nFeatures.toLocaleString('en')} features`,
              picked: true,
            },
          ]
        : [],
    );
    if (items.length === 0) {
      throw invalidInput('This model has no SAEs to index. Train or import one first.');
    }
    const picked = await window.showQuickPick(items, {
      title: 'Index SAE: Blocks',
      placeHolder: 'Whose features?',
      canPickMany: true,
    });
    return picked && picked.length > 0 ? picked.map(({ label }) => label) : undefined;
  }
}
