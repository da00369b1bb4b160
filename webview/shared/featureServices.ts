import type { FeatureRef } from '../../src/protocol/featurePanel.ts';
import { type FeaturePreview, featurePreview } from '../../src/protocol/featurePreview.ts';
import {
  panelAct,
  type PanelCommand,
  panelCopyText,
  panelOpenCard,
  panelPin,
  panelRun,
  panelSaveFile,
  panelSetList,
} from '../../src/protocol/panelRequests.ts';
import type { Caller } from '../../src/protocol/request.ts';
import type { ProblemAction } from '../../src/protocol/resultPanel.ts';
import { ask, type Told } from './panelAsk.ts';

/** As many as a page of neighbours has. */
const previewsMax = 200;

/** What card, gallery, contrast sets and quality report can do alike: open, pin, copy, save, run a command. */
export class FeatureServices {
  readonly #host: Caller;
  readonly #told: Told;
  readonly #previews = new Map<string, Promise<FeaturePreview | null>>();

  constructor(host: Caller, told: Told) {
    this.#host = host;
    this.#told = told;
  }

  readonly openCard = (feature: FeatureRef): void => {
    void ask(this.#host, panelOpenCard, { feature, isBeside: false }, this.#told);
  };

  readonly openCardBeside = (feature: FeatureRef): void => {
    void ask(this.#host, panelOpenCard, { feature, isBeside: true }, this.#told);
  };

  /** Its removal becomes a variant on the ablation board. */
  readonly onBoard = (feature: FeatureRef): void => {
    this.run('ablate', feature);
  };

  pin(feature: FeatureRef, isPinned: boolean): void {
    void ask(this.#host, panelPin, { feature, isPinned }, this.#told);
  }

  /** @returns whether it was done */
  setList(name: string, features: readonly FeatureRef[], isMember: boolean): Promise<boolean> {
    return ask(this.#host, panelSetList, { name: name.trim(), features, isMember }, this.#told);
  }

  copyText(text: string, done: string): void {
    void ask(this.#host, panelCopyText, { text }, this.#told, done);
  }

  async saveFile(name: string, bytes: ArrayBuffer): Promise<void> {
    await ask(this.#host, panelSaveFile, { name, bytes }, this.#told);
  }

  run(command: PanelCommand, target?: FeatureRef | { readonly block: string }): void {
    void ask(this.#host, panelRun, { command, ...(target ? { target } : {}) }, this.#told);
  }

  act(action: ProblemAction | 'showLog'): void {
    void ask(this.#host, panelAct, { action }, this.#told);
  }

  /** For the card that hovers over a chip; asked for once until something changes. */
  readonly preview = (feature: FeatureRef): Promise<FeaturePreview | null> => {
    const name = `${feature.block}/${String(feature.id)}`;
    const known = this.#previews.get(name);
    if (known) return known;
    if (this.#previews.size >= previewsMax) this.#previews.clear();
    const preview = this.#host.request(featurePreview, { feature });
    this.#previews.set(name, preview);
    preview.catch(() => this.#previews.delete(name));
    return preview;
  };

  /** Labels or indexes are others. */
  forgetPreviews(): void {
    this.#previews.clear();
  }
}
