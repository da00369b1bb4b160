import { homedir } from 'node:os';
import { join } from 'node:path';
import { type QuickPickItem, Uri, window, workspace } from 'vscode';
import type { AcceptanceCommand } from '../../protocol/acceptancePanel.ts';
import { invalidInput } from '../../protocol/errors.ts';
import type { Caller } from '../../protocol/request.ts';
import {
  chooseSae,
  exportSaeFiles,
  listSaes,
  removeSae,
  restoreSae,
  type SaeEntry,
  type SaeExportFormat,
} from '../../protocol/saes.ts';
import type { CurrentModel } from '../currentModel.ts';
import type { AcceptancePanels } from '../panels/acceptancePanels.ts';
import type { SaeRef } from '../panels/acceptanceSession.ts';
import type { Report } from '../report.ts';
import { encodesWords, originWords, sizeAndRule, useWords } from '../saes/saeWords.ts';
import type { DownloadPorts } from './downloadByName.ts';
import { importSae } from './importSae.ts';
import { withProgress } from './withProgress.ts';

export interface SaeActionsPorts {
  readonly engine: Caller;
  readonly model: CurrentModel;
  readonly panels: AcceptancePanels;
  readonly report: Report;
  readonly downloads: DownloadPorts;
}

interface SaeItem extends QuickPickItem {
  readonly sae: SaeEntry;
}

/** What can be done with SAEs, from the palette, a block's row, the explorer and a report. */
export class SaeActions {
  readonly #ports: SaeActionsPorts;

  constructor(ports: SaeActionsPorts) {
    this.#ports = ports;
  }

  /** Ends with the report on the SAE, made at once: an SAE that nobody judged is not to be trusted. */
  async import(target: unknown): Promise<void> {
    const { engine, model, panels, downloads } = this.#ports;
    const modelDir = model.dir;
    const made = await importSae(engine, modelDir, target, downloads);
    if (!made) return;
    const session = panels.open({ modelDir, saeId: made.saeId });
    await session.load();
    const { settings } = session.state;
    if (settings) void session.run(settings);
  }

  async showReport(target: unknown): Promise<void> {
    const sae = await this.#pick(target, 'SAE Report');
    if (sae) this.#ports.panels.open({ modelDir: this.#ports.model.dir, saeId: sae.saeId });
  }

  async export(target: unknown): Promise<void> {
    const { model } = this.#ports;
    const sae = await this.#pick(target, 'Export SAE');
    if (sae) await this.#export(model.dir, sae);
  }

  async remove(target: unknown): Promise<void> {
    const isOurs = ({ origin }: SaeEntry): boolean => origin === 'imported';
    const sae = await this.#pick(target, 'Remove SAE', isOurs);
    if (sae) await this.#remove({ modelDir: this.#ports.model.dir, saeId: sae.saeId }, sae.block);
  }

  async choose(target: unknown): Promise<void> {
    const modelDir = this.#ports.model.dir;
    const block = blockOf(target) ?? (await this.#pickBlock());
    if (block !== undefined) await this.#choose(modelDir, block);
  }

  /** A button of a report: the same as the command, on the report's SAE. */
  async onReport(command: AcceptanceCommand, { modelDir, saeId }: SaeRef): Promise<void> {
    if (command === 'importSae') {
      await this.import(undefined);
      return;
    }
    const { saes } = await this.#ports.engine.request(listSaes, { modelDir });
    const sae = saes.find((one) => one.saeId === saeId);
    if (!sae) throw invalidInput('This SAE was removed.');
    if (command === 'exportSae') await this.#export(modelDir, sae);
    else if (command === 'removeSae') await this.#remove({ modelDir, saeId }, sae.block);
    else await this.#choose(modelDir, sae.block);
  }

  async #export(modelDir: string, sae: SaeEntry): Promise<void> {
    const format = await pickFormat();
    if (!format) return;
    const [parent] =
      (await window.showOpenDialog({
        title: 'Folder in which the SAE gets a folder of its own',
        openLabel: 'Export Here',
        canSelectFiles: false,
        canSelectFolders: true,
        defaultUri: firstFolder(),
      })) ?? [];
    if (!parent) return;
    const name = `${sae.blockPath ?? sae.block}_${sae.saeId}_${format}`;
    const path = join(parent.fsPath, name);
    await withProgress('Exporting the SAE', (signal) =>
      this.#ports.engine.request(
        exportSaeFiles,
        { modelDir, saeId: sae.saeId, format, path },
        { signal },
      ),
    );
    void window.showInformationMessage(`Exported to ${path}.`);
  }

  async #remove(ref: SaeRef, block: string): Promise<void> {
    const { engine, report } = this.#ports;
    await engine.request(removeSae, ref);
    // Not waited for: the notification may stay as long as it likes.
    void window
      .showInformationMessage(`Removed an SAE of ${block}.`, 'Undo')
      .then(async (pressed) => {
        if (pressed) await engine.request(restoreSae, ref);
      })
      .then(undefined, (error: unknown) => report.show(error));
  }

  async #choose(modelDir: string, block: string): Promise<void> {
    const { engine } = this.#ports;
    const { saes } = await engine.request(listSaes, { modelDir });
    const ofBlock = saes.filter((sae) => sae.block === block);
    const used = ofBlock.find(({ activeBecause }) => activeBecause);
    if (ofBlock.length === 0) throw invalidInput(`${block} has no SAE. Import one first.`);
    const rule =
      used?.activeBecause === 'chosen'
        ? [{ label: '$(discard) The one that was imported last', sae: used, isRule: true }]
        : [];
    const items = [...ofBlock.map((sae) => ({ ...itemOf(sae), isRule: false })), ...rule];
    const picked = await window.showQuickPick(items, {
      title: `SAE of ${block}`,
      placeHolder: 'Which one reads the pictures that are made from now on?',
      matchOnDetail: true,
    });
    if (!picked) return;
    const { saeId } = picked.sae;
    await engine.request(chooseSae, { modelDir, saeId, isChosen: !picked.isRule });
  }

  /** The SAE of a block's row, or one that the person picks. */
  async #pick(
    target: unknown,
    title: string,
    isWanted: (sae: SaeEntry) => boolean = () => true,
  ): Promise<SaeEntry | undefined> {
    const { engine, model } = this.#ports;
    const { saes } = await engine.request(listSaes, { modelDir: model.dir });
    const block = blockOf(target);
    const wanted = saes.filter((sae) => isWanted(sae) && (block ?? sae.block) === sae.block);
    if (wanted.length === 0) {
      const where = block ?? 'This model';
      throw invalidInput(`${where} has no imported SAE. Import one first, with Import SAE….`);
    }
    if (wanted.length === 1 && block !== undefined) return wanted[0];
    const placeHolder = 'Which SAE?';
    const items = wanted.map(itemOf);
    return (await window.showQuickPick(items, { title, placeHolder, matchOnDetail: true }))?.sae;
  }

  async #pickBlock(): Promise<string | undefined> {
    const { engine, model } = this.#ports;
    const { saes } = await engine.request(listSaes, { modelDir: model.dir });
    const blocks = [...new Set(saes.map(({ block }) => block))];
    const items = blocks.map((label) => {
      const ofBlock = saes.filter(({ block }) => block === label);
      return { label, description: `${String(ofBlock.length)} to choose from` };
    });
    return (await window.showQuickPick(items, { title: 'Choose SAE', placeHolder: 'Which block?' }))
      ?.label;
  }
}

function itemOf(sae: SaeEntry): SaeItem {
  const verdict = sae.verdict ? sae.verdict.status : 'not judged yet';
  return {
    sae,
    label: `${sae.activeBecause ? '$(check) ' : ''}${sae.block}`,
    description: [useWords(sae), verdict].filter(Boolean).join(' · '),
    detail: `${sizeAndRule(sae)}; ${encodesWords(sae)}; ${originWords(sae)}`,
  };
}

/** Of a block's row in the tree. */
function blockOf(target: unknown): string | undefined {
  const { kind, row } = (target ?? {}) as { kind?: unknown; row?: { block?: unknown } };
  return kind === 'block' && typeof row?.block === 'string' ? row.block : undefined;
}

async function pickFormat(): Promise<SaeExportFormat | undefined> {
  const items: (QuickPickItem & { format: SaeExportFormat })[] = [
    {
      label: 'sdxl-unbox',
      format: 'sdxl-unbox',
      detail: 'config.json and state_dict.pth: for the paper’s own code. TopK SAEs only.',
    },
    {
      label: 'SAELens',
      format: 'saelens',
      detail: 'cfg.json and sae_weights.safetensors, as SAELens loads them.',
    },
    {
      label: 'safetensors',
      format: 'safetensors',
      detail: 'Featurescope’s own form: everything that is known of it, with hashes.',
    },
  ];
  const options = { title: 'Export SAE', placeHolder: 'For which program?' };
  return (await window.showQuickPick(items, options))?.format;
}

const firstFolder = (): Uri =>
  workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file')?.uri ?? Uri.file(homedir());
