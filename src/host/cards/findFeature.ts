import {
  commands,
  type QuickPick,
  type QuickPickItem,
  type QuickPickItemButtonEvent,
  window,
} from 'vscode';
import { cancelled } from '../../protocol/errors.ts';
import { isSameFeature } from '../../protocol/featureName.ts';
import type { FeatureRef } from '../../protocol/featurePanel.ts';
import { searchFeatures } from '../../protocol/indexSearch.ts';
import type { CommandId } from '../commands.ts';
import { type FeatureItem, featureItem, galleryButton, pinButton } from './featureItems.ts';
import type { FeatureFinderPorts } from './featureFinder.ts';

/** Stands where nothing was found, and says what helps. */
interface NothingItem extends QuickPickItem {
  /** Begun when it is chosen; null where there is nothing to begin. */
  readonly command: CommandId | null;
}

const nothingFound: NothingItem = {
  label: 'Nothing found',
  detail: 'No word is in a label, a note or the prompts. Ids are written 12 or up.0.1/12.',
  alwaysShow: true,
  command: null,
};
const noIndex: NothingItem = {
  label: '$(database) Index SAE…',
  detail: 'No block has an index yet, so words find nothing. An id such as 12 or up.0.1/12 does.',
  alwaysShow: true,
  command: 'featurescope.indexSae',
};

const title = 'Find Feature';
const rowCount = 60;
/** As fast as people type; a search takes less. */
const waitMs = 40;

/**
 * A quick pick that searches while the person types: by id, label, note and words of prompts. Stays open for pins.
 *
 * @returns what was chosen; undefined when the person changed their mind
 */
export async function findFeature(ports: FeatureFinderPorts): Promise<FeatureRef | undefined> {
  const pick = window.createQuickPick<FeatureItem | NothingItem>();
  pick.title = title;
  pick.placeholder = 'Id such as down.2.1/1674, or words of labels, notes and prompts';
  pick.busy = true;
  let newest = new AbortController();
  const search = async (): Promise<void> => {
    newest.abort();
    const mine = new AbortController();
    newest = mine;
    const isOld = (): boolean => newest !== mine || mine.signal.aborted;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    if (isOld()) return;
    pick.busy = true;
    try {
      const { items, hasAllWords } = await itemsFor(pick.value, ports, mine.signal);
      if (!isOld()) {
        pick.items = items;
        pick.title = hasAllWords ? title : `${title}: none has all words, these have some`;
      }
    } catch (error) {
      if (isOld()) return;
      pick.items = [];
      pick.placeholder = ports.report.problem(error)?.cause ?? pick.placeholder ?? '';
    }
    if (!isOld()) pick.busy = false;
  };
  pick.onDidChangeValue(() => void search());
  pick.onDidTriggerItemButton(({ item, button }) => {
    if ('feature' in item) void press({ item, button }, pick, ports);
  });
  void search();
  return new Promise((resolve) => {
    pick.onDidAccept(() => {
      const [chosen] = pick.activeItems;
      if (!chosen) return;
      if ('feature' in chosen) resolve(chosen.feature);
      else if (chosen.command === null) return;
      else void commands.executeCommand(chosen.command);
      pick.hide();
    });
    pick.onDidHide(() => {
      newest.abort(cancelled());
      pick.dispose();
      resolve(undefined);
    });
    pick.show();
  });
}

/** What an item's buttons do, in this list and in others. */
export async function press<Item extends QuickPickItem>(
  { item, button }: QuickPickItemButtonEvent<FeatureItem>,
  pick: QuickPick<FeatureItem | Item>,
  { choice, openGallery }: Pick<FeatureFinderPorts, 'choice' | 'openGallery'>,
): Promise<void> {
  if (button === galleryButton) {
    pick.hide();
    openGallery(item.feature.block);
    return;
  }
  const isPinned = choice.isPinned(item.feature);
  await choice.pin(item.feature, !isPinned);
  pick.items = pick.items.map((one) =>
    'feature' in one && isSameFeature(one.feature, item.feature)
      ? { ...one, buttons: [pinButton(!isPinned), galleryButton] }
      : one,
  );
}

/** From the indexes; ids of blocks without one are offered too, since their maps can be shown. */
async function itemsFor(
  text: string,
  ports: FeatureFinderPorts,
  signal: AbortSignal,
): Promise<{ items: (FeatureItem | NothingItem)[]; hasAllWords: boolean }> {
  const { engine, model, labels, choice, indexes } = ports;
  const indexed = await indexes.inUse();
  const { rows: found, hasAllWords } =
    indexed.length === 0
      ? { rows: [], hasAllWords: true }
      : await engine.request(
          searchFeatures,
          { modelDir: model.dir, ...labels.place, text, offset: 0, limit: rowCount },
          { signal },
        );
  const names = new Set(indexed.map(({ block }) => block));
  const others = (await ports.withId(text)).filter(({ block }) => !names.has(block));
  const items = [
    ...found.map((row) => featureItem(row, choice.isPinned(row))),
    ...others.map((feature): FeatureItem => ({
      feature,
      label: `${feature.block}/${String(feature.id)}`,
      description: 'no index of this block',
      alwaysShow: true,
      buttons: [pinButton(choice.isPinned(feature))],
    })),
  ];
  if (items.length > 0) return { items, hasAllWords };
  return { items: [indexed.length === 0 ? noIndex : nothingFound], hasAllWords };
}
