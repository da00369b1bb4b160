import { basename } from 'node:path';
import { env, type QuickPickItem, window } from 'vscode';
import { bytesText, countText } from '../../protocol/countText.ts';
import {
  addModel as addModelRequest,
  inspectModel,
  listModels,
  type ModelEntry,
  type ModelInspection,
} from '../../protocol/models.ts';
import { exportText, inspectionText } from '../../protocol/modelWords.ts';
import type { Caller } from '../../protocol/request.ts';
import { downloadByName, type DownloadPorts } from './downloadByName.ts';
import { openText } from './openText.ts';
import { withProgress } from './withProgress.ts';

interface SourceItem extends QuickPickItem {
  readonly source: 'folder' | 'download' | 'export';
  /** A folder that was downloaded and is not on the list yet. */
  readonly dir?: string;
}

const sources: readonly SourceItem[] = [
  {
    label: '$(folder-opened) Choose a Folder…',
    detail: 'A model of the SDXL family as ONNX files: model_index.json and unet/model.onnx in it.',
    source: 'folder',
  },
  {
    label: '$(cloud-download) Download by Name…',
    detail: 'A repository on Hugging Face or a mirror that holds such a folder.',
    source: 'download',
  },
  {
    label: '$(terminal) How to Export One…',
    detail: 'The commands that make such a folder of a diffusers model, to copy into a terminal.',
    source: 'export',
  },
];

/**
 * A folder, what was found in it, its licence; then it is on the list.
 *
 * @returns undefined when the person gave up
 */
export async function addModel(
  engine: Caller,
  ports: DownloadPorts,
): Promise<ModelEntry | undefined> {
  const { downloaded } = await engine.request(listModels, null);
  const waiting = downloaded.map((dir) => ({
    label: `$(folder) ${basename(dir)}`,
    description: 'downloaded, not added yet',
    source: 'folder' as const,
    dir,
  }));
  const items: readonly SourceItem[] = [...waiting, ...sources];
  const picked = await window.showQuickPick(items, { title: 'Add Model' });
  if (picked?.source === 'export') await showExport();
  if (picked?.source === 'download') await downloadByName(engine, ports, 'model');
  const folder = picked?.source === 'folder' ? (picked.dir ?? (await askFolder())) : undefined;
  return folder === undefined ? undefined : addFolder(engine, folder);
}

async function addFolder(engine: Caller, modelDir: string): Promise<ModelEntry | undefined> {
  const found = await withProgress('Looking at the model', (signal) =>
    engine.request(inspectModel, { modelDir }, { signal }),
  );
  if (!found.isUsable) {
    await refuse(found);
    return undefined;
  }
  if (!(await isAccepted(found))) return undefined;
  const params = { modelDir, acceptedLicence: found.licence.id };
  return (await engine.request(addModelRequest, params)).entry;
}

async function showExport(): Promise<void> {
  await openText('export-a-model.sh', exportText);
  await env.clipboard.writeText(exportText);
  window.setStatusBarMessage('$(check) The commands are in the clipboard', 5000);
}

async function askFolder(): Promise<string | undefined> {
  const [uri] =
    (await window.showOpenDialog({
      title: 'Folder of the model',
      openLabel: 'Add This Model',
      canSelectFiles: false,
      canSelectFolders: true,
    })) ?? [];
  return uri?.fsPath;
}

/** The first error as the cause; all of them one click away. */
async function refuse(found: ModelInspection): Promise<void> {
  const errors = found.findings.filter(({ level }) => level === 'error').map(({ text }) => text);
  const [first = 'The folder is no model.', ...others] = errors;
  const more = others.length > 0 ? ` And ${String(others.length)} more.` : '';
  const all = 'Show All That Was Found';
  const how = 'How to Export One';
  const pressed = await window.showErrorMessage(`${first}${more}`, all, how);
  if (pressed === all) await openText('found.txt', inspectionText(found));
  if (pressed === how) await showExport();
}

async function isAccepted(found: ModelInspection): Promise<boolean> {
  const { licence, needs, description, stages } = found;
  const accept = 'Accept and Add';
  const look = 'Show What Was Found';
  const warnings = found.findings.filter(({ level }) => level === 'warning').length;
  const detail = [
    `Licence: ${licence.name} (${licence.source}).`,
    licence.isNonCommercial ? 'It allows non-commercial use only.' : '',
    `${bytesText(needs.diskBytes)} on disk, about ${bytesText(needs.memoryBytes)} of memory; ${bytesText(needs.freeMemoryBytes)} are free.`,
    stages.length > 0
      ? `${countText(stages.length, 'block')} can be studied: ${stages.map(({ name }) => name).join(', ')}.`
      : 'No block of it can be studied: it makes pictures only.',
    warnings > 0 ? `${countText(warnings, 'thing')} to know of: see what was found.` : '',
    needs.memoryBytes > needs.freeMemoryBytes
      ? 'It needs more memory than is free now: it may be slow, or fail.'
      : '',
  ];
  const pressed = await window.showInformationMessage(
    `Add "${description?.title ?? found.dir}"?`,
    { modal: true, detail: detail.filter(Boolean).join('\n') },
    accept,
    look,
  );
  if (pressed !== look) return pressed === accept;
  const text = [inspectionText(found), licence.text ?? ''].join('\n');
  await openText('found.txt', text);
  const question = `Accept the licence "${licence.name}" and add the model?`;
  return (await window.showInformationMessage(question, accept)) === accept;
}
