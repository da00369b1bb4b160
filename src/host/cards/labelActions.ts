import { QuickPickItemKind, window } from 'vscode';
import { invalidInput } from '../../protocol/errors.ts';
import { featureName } from '../../protocol/featureName.ts';
import type { FeatureRef } from '../../protocol/featurePanel.ts';
import {
  importLabels,
  type ImportPreview,
  labelLimits,
  previewLabelImport,
  removeImportedLabels,
} from '../../protocol/labels.ts';
import type { Caller } from '../../protocol/request.ts';
import type { DownloadPorts } from '../actions/downloadByName.ts';
import { pickDownloaded } from '../actions/pickDownloaded.ts';
import { countText } from '../../protocol/countText.ts';
import type { IndexList } from './indexList.ts';
import type { LabelBook } from './labelBook.ts';

export interface LabelActionsPorts {
  readonly engine: Caller;
  readonly model: { readonly dir: string };
  readonly indexes: IndexList;
  readonly labels: LabelBook;
  readonly downloads: DownloadPorts;
}

/** Rows of an import that are shown before it; the counts are of all. */
const previewMax = 300;

/** Labels and lists from the palette and from menus. */
export class LabelActions {
  readonly #ports: LabelActionsPorts;

  constructor(ports: LabelActionsPorts) {
    this.#ports = ports;
  }

  /** Asks for the own label; an empty one takes it away, its note stays. */
  async label(feature: FeatureRef): Promise<void> {
    const { labels } = this.#ports;
    const own = await labels.ownLabel(feature);
    const other = own ? undefined : labels.labelOf(feature);
    const text = await window.showInputBox({
      title: `Label ${featureName(feature)}`,
      prompt:
        other === undefined
          ? 'What it stands for, in a few words. Empty takes the label away.'
          : `What it stands for, in your words; now: ${other}`,
      value: own?.text ?? '',
      validateInput: (value) =>
        value.length > labelLimits.textMax
          ? `At most ${String(labelLimits.textMax)} characters; these are ${String(value.length)}.`
          : undefined,
    });
    if (text === undefined || text.trim() === (own?.text ?? '')) return;
    const before = { feature, text: own?.text ?? '', note: own?.note ?? '' };
    await labels.change([{ ...before, text: text.trim() }]);
    const said = text.trim() === '' ? 'Label taken away' : `Labelled “${text.trim()}”`;
    void window
      .showInformationMessage(`${said}: ${featureName(feature)}.`, 'Undo')
      .then(async (pressed) => {
        if (pressed) await labels.change([before]);
      });
  }

  /** Puts a feature on a list that there is, or on a new one. */
  async addToList(feature: FeatureRef): Promise<void> {
    const { labels } = this.#ports;
    const lists = await labels.readLists();
    const items = lists.map(({ name, features }) => ({
      name,
      label: name,
      description: countText(features.length, 'feature'),
    }));
    const isNew = { name: '', label: '$(add) New List…', description: '' };
    const picked = await window.showQuickPick([...items, isNew], {
      title: `Add ${featureName(feature)} to a List`,
    });
    if (!picked) return;
    const name = picked.name || (await askListName(lists.map((list) => list.name)));
    if (name) await labels.setList(name, [feature], true);
  }

  /** Reads a public label set for one block, shows what it would change, and takes it over. */
  async import(wanted: string | undefined): Promise<void> {
    const { engine, model, labels, downloads } = this.#ports;
    const block = wanted ?? (await this.#pickBlock('Import Labels', 'For the SAE of which block?'));
    if (block === undefined) return;
    const own = { label: 'Choose a File…', ask: () => askFile(block) };
    const title = `Import Labels for ${block}`;
    const source = await pickDownloaded(engine, downloads, 'labels', title, own);
    if (!source) return;
    const place = { modelDir: model.dir, block, path: source.path };
    const preview = await engine.request(previewLabelImport, { ...labels.place, ...place });
    if (preview.totalCount === 0) throw nothingIn(preview);
    const picked = await window.showQuickPick(previewItems(preview), {
      title: `Import ${countText(preview.totalCount, 'Label')} for ${block}?`,
      placeHolder: 'Enter imports them; Escape leaves everything as it is',
      matchOnDescription: true,
      matchOnDetail: true,
    });
    if (!picked?.isYes) return;
    const { importedCount } = await engine.request(importLabels, place);
    labels.forget();
    void window.showInformationMessage(
      `Imported ${countText(importedCount, 'label')} for ${block}.`,
    );
  }

  async removeImported(): Promise<void> {
    const { engine, model, labels } = this.#ports;
    const block = await this.#pickBlock('Remove Imported Labels', 'Of the SAE of which block?');
    if (block === undefined) return;
    const yes = 'Remove';
    const answer = await window.showWarningMessage(
      `Remove all imported labels of ${block}? Own labels stay.`,
      { modal: true },
      yes,
    );
    if (answer !== yes) return;
    const { removedCount } = await engine.request(removeImportedLabels, {
      modelDir: model.dir,
      block,
    });
    labels.forget();
    void window.showInformationMessage(`Removed ${countText(removedCount, 'imported label')}.`);
  }

  async #pickBlock(title: string, placeHolder: string): Promise<string | undefined> {
    const blocks = (await this.#ports.indexes.inUse()).map(({ block }) => block);
    if (blocks.length === 0) {
      throw invalidInput(
        'No SAE of this model has an index yet, which imported labels are kept in. SAE: Index SAE… makes one.',
      );
    }
    return blocks.length === 1 ? blocks[0] : window.showQuickPick(blocks, { title, placeHolder });
  }
}

const askListName = (names: readonly string[]): Thenable<string | undefined> =>
  window
    .showInputBox({
      title: 'New List',
      prompt: 'Name of the list',
      validateInput: (value) => listNameProblem(value, names),
    })
    .then((name) => name?.trim());

function listNameProblem(value: string, names: readonly string[]): string | undefined {
  const name = value.trim();
  if (name === '') return 'A list needs a name.';
  if (names.includes(name)) return 'There is a list of this name.';
  return name.length > labelLimits.listNameMax
    ? `At most ${String(labelLimits.listNameMax)} characters; these are ${String(name.length)}.`
    : undefined;
}

const nothingIn = ({ refused }: ImportPreview) =>
  invalidInput(
    refused[0]
      ? `Nothing in this file can be imported. Entry ${String(refused[0].index + 1)}: ${refused[0].reason}`
      : 'This file has no labels.',
  );

/** The first row says yes; the others are what it is said to. */
function previewItems({ entries, totalCount, replacedCount, refused }: ImportPreview) {
  const shown = entries.slice(0, previewMax);
  const counts = [
    countText(totalCount, 'label'),
    replacedCount > 0 ? `${String(replacedCount)} replace earlier imports` : '',
    refused.length > 0 ? `${String(refused.length)} refused` : '',
  ];
  return [
    { label: '$(check) Import', description: counts.filter(Boolean).join(', '), isYes: true },
    { label: 'What comes in', kind: QuickPickItemKind.Separator, isYes: false },
    ...shown.map((entry) => ({
      label: `${String(entry.id)}  ${entry.label}`,
      description: entry.category,
      detail: entryDetail(entry),
      isYes: false,
    })),
    ...(refused.length > 0
      ? [{ label: 'Refused', kind: QuickPickItemKind.Separator, isYes: false }]
      : []),
    ...refused.slice(0, previewMax).map(({ index, reason }) => ({
      label: `$(warning) Entry ${String(index + 1)}`,
      description: reason,
      isYes: false,
    })),
  ];
}

const entryDetail = (entry: ImportPreview['entries'][number]): string =>
  [
    entry.confidence === null ? '' : `confidence ${String(entry.confidence)}`,
    entry.replaces === null ? '' : `replaces “${entry.replaces}”`,
    entry.hiddenBy === null ? '' : `stays below your own “${entry.hiddenBy}”`,
  ]
    .filter(Boolean)
    .join(' · ');

async function askFile(block: string): Promise<string | undefined> {
  const [uri] =
    (await window.showOpenDialog({
      title: `Import Labels for ${block}`,
      filters: { 'Labels as JSON': ['json'] },
      openLabel: 'Show What Is in It',
    })) ?? [];
  return uri?.fsPath;
}
