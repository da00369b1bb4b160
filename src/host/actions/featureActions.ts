import { window } from 'vscode';
import { invalidInput } from '../../protocol/errors.ts';
import { type FeatureRef, unetTarget } from '../../protocol/featurePanel.ts';
import type { BlockList } from '../features/blockList.ts';
import type { CurrentPicture, KeptPicture } from '../features/currentPicture.ts';
import { type FeatureChoice, featureName } from '../features/featureChoice.ts';
import { parseFeatureFilter } from '../features/featureFilter.ts';
import type { FeaturePanels } from '../panels/featurePanels.ts';
import { isBlockNode, isFeatureNode, isMoreNode } from '../trees/blocksTree.ts';

export interface FeatureActionsPorts {
  readonly list: BlockList;
  readonly current: CurrentPicture;
  readonly choice: FeatureChoice;
  readonly panels: FeaturePanels;
  /** The selected row of the tree. */
  readonly selectedRow: () => unknown;
  readonly copyText: (text: string) => Promise<void>;
  /** Lets the person choose among the kept runs. */
  readonly pickOther: () => Promise<KeptPicture | undefined>;
}

/** What can be done with features, from the tree, the palette and pictures. */
export class FeatureActions {
  readonly #ports: FeatureActionsPorts;

  constructor(ports: FeatureActionsPorts) {
    this.#ports = ports;
  }

  /** @param picture the current one when left out */
  show(picture: KeptPicture | undefined): void {
    if (picture) this.#ports.current.show(picture);
    this.#ports.panels.show();
  }

  /**
   * The tree keeps the focus, so that its keys go on working.
   *
   * @param target the tree's selected row when left out
   */
  open(target: unknown = this.#ports.selectedRow()): void {
    this.#ports.choice.select(this.featureOf(target));
    this.#ports.panels.show({ preserveFocus: true });
  }

  async pin(target: unknown, isPinned: boolean): Promise<void> {
    await this.#ports.choice.pin(this.featureOf(target), isPinned);
  }

  async copyId(target: unknown): Promise<void> {
    await this.#ports.copyText(featureName(this.featureOf(target)));
  }

  loadMore(target: unknown): void {
    if (isMoreNode(target)) this.#ports.list.loadMore(target.block);
  }

  /** What is selected in the tree, when the command was called on one of it. */
  featuresOf(target: unknown, selected: unknown): readonly FeatureRef[] {
    const nodes = Array.isArray(selected) ? selected.filter(isFeatureNode) : [];
    return nodes.length > 1 ? nodes.map(({ feature }) => feature) : [this.featureOf(target)];
  }

  async filter(): Promise<void> {
    const { list } = this.#ports;
    const text = await window.showInputBox({
      title: 'Filter Features',
      prompt: 'Ids, ranges or words of labels, with commas; empty lists all',
      placeHolder: '1674, 200-299, sky',
      value: list.filterText,
      validateInput: (value) => {
        const parsed = parseFeatureFilter(value);
        return 'problem' in parsed ? parsed.problem : undefined;
      },
    });
    if (text === undefined) return;
    const parsed = parseFeatureFilter(text);
    if ('filter' in parsed) list.setFilter(text, parsed.filter);
  }

  /** Shows the features of a block of the tree. */
  showBlock(target: unknown): void {
    if (isBlockNode(target)) this.#ports.panels.showAt(target.row.block);
  }

  showUnet(): void {
    this.#ports.panels.showAt(unetTarget);
  }

  clearFilter(): void {
    this.#ports.list.setFilter('', undefined);
  }

  /** Two pictures, or one beside the current one. */
  async compare(pictures: readonly KeptPicture[]): Promise<void> {
    const { current, panels } = this.#ports;
    const [one, two] = pictures;
    const first = two ? one : current.picture;
    if (pictures.length > 2) {
      throw invalidInput(`${String(pictures.length)} pictures are chosen; compare two.`);
    }
    if (!first) throw invalidInput('There is no picture to compare with. Open one first.');
    const second = two ?? one ?? (await this.#ports.pickOther());
    if (!second) return;
    if (second.runId === first.runId) {
      throw invalidInput(
        'This is the current picture already. Choose another one to compare with.',
      );
    }
    current.show(first);
    panels.show();
    panels.compareWith(second);
  }

  /** A row of the tree, a feature as others name it, or the one that was chosen last. */
  featureOf(target: unknown): FeatureRef {
    if (isFeatureNode(target)) return target.feature;
    const { block, id } = (target ?? {}) as Partial<FeatureRef>;
    if (typeof block === 'string' && typeof id === 'number') return { block, id };
    const { selected } = this.#ports.choice;
    if (!selected) throw invalidInput('No feature is chosen. Choose one in the tree first.');
    return selected;
  }
}
