import { randomInt } from 'node:crypto';
import type {
  CardBlindTest,
  CardContactSheet,
  CardContent,
  CardState,
} from '../../protocol/cardPanel.ts';
import {
  type ContactSheet,
  fetchContactSheet,
  findContactSheet,
} from '../../protocol/contactSheets.ts';
import { isSameFeature } from '../../protocol/featureName.ts';
import type { FeatureRef } from '../../protocol/featurePanel.ts';
import { featureCard } from '../../protocol/indexSearch.ts';
import { type BlindTestResult, judgeBlindTest, startBlindTest } from '../../protocol/labels.ts';
import type { Caller } from '../../protocol/request.ts';
import type { Problem } from '../../protocol/resultPanel.ts';
import type { HubAccess } from '../actions/hubAccess.ts';
import type { FeatureChoice } from '../features/featureChoice.ts';
import type { Report } from '../report.ts';
import type { IndexList } from './indexList.ts';
import type { LabelBook } from './labelBook.ts';
import { cardContentOf, type UriOf } from './panelPictures.ts';

export interface CardSessionPorts {
  readonly engine: Caller;
  readonly model: { readonly dir: string; readonly isEmbedded: boolean };
  readonly choice: FeatureChoice;
  readonly labels: LabelBook;
  readonly indexes: IndexList;
  readonly report: Report;
  /** Name of the labels file; null while no folder is open. */
  readonly labelsFile: () => string | null;
  readonly hub: Pick<HubAccess, 'url' | 'tell'>;
  readonly blursContactSheets: () => boolean;
}

/** Beyond this many the oldest is forgotten. */
const historyMax = 200;
const seedMax = 2 ** 32;

/** What a feature card holds and does: which features it has shown, and what there is to read of one. */
export class CardSession {
  readonly #ports: CardSessionPorts;
  readonly #onChange: () => void;
  #history: readonly FeatureRef[] = [];
  #at = -1;
  #problem: Problem | null = null;
  #recoveries = 0;

  constructor(ports: CardSessionPorts, onChange: () => void) {
    this.#ports = ports;
    this.#onChange = onChange;
  }

  get feature(): FeatureRef | null {
    return this.#history[this.#at] ?? null;
  }

  get state(): CardState {
    const { choice, labels, labelsFile, model } = this.#ports;
    return {
      feature: this.feature,
      isEmbedded: model.isEmbedded,
      canGoBack: this.#at > 0,
      canGoForward: this.#at < this.#history.length - 1,
      pinned: choice.pinned,
      lists: labels.lists.map(({ name }) => name),
      labelsFile: labelsFile(),
      revision: labels.revision + this.#recoveries,
      blursContactSheets: this.#ports.blursContactSheets(),
      problem: this.#problem,
    };
  }

  /** What lay ahead is forgotten when another feature is chosen. */
  go(to: FeatureRef | 'back' | 'forward'): void {
    if (to === 'back') this.#at = Math.max(0, this.#at - 1);
    else if (to === 'forward') this.#at = Math.min(this.#history.length - 1, this.#at + 1);
    else if (!this.feature || !isSameFeature(this.feature, to)) {
      const before = this.#history.slice(0, this.#at + 1).slice(1 - historyMax);
      this.#history = [...before, { block: to.block, id: to.id }];
      this.#at = this.#history.length - 1;
    }
    this.#problem = null;
    this.#onChange();
  }

  /** What failed for want of an engine or of trust can be asked for again. */
  recover(): void {
    this.#problem = null;
    this.#recoveries++;
    this.#onChange();
  }

  /** @returns null when the block has no index */
  content(feature: FeatureRef, uriOf: UriOf): Promise<CardContent | null> {
    return this.#answer(async () => {
      const { engine, indexes, labels, model } = this.#ports;
      // Tells when there is something; the card need not wait for it.
      void labels.readLists();
      if (!(await indexes.has(feature.block))) return null;
      const params = { modelDir: model.dir, ...labels.place, feature };
      return cardContentOf(await engine.request(featureCard, params), uriOf);
    });
  }

  async contactSheet(feature: FeatureRef, uriOf: UriOf): Promise<CardContactSheet | null> {
    const { engine, model } = this.#ports;
    const sheet = await engine.request(findContactSheet, { modelDir: model.dir, feature });
    return sheet && shown(sheet, uriOf);
  }

  async fetchContactSheet(
    feature: FeatureRef,
    uriOf: UriOf,
    signal: AbortSignal,
  ): Promise<CardContactSheet> {
    const { engine, model, hub } = this.#ports;
    await hub.tell(engine);
    const params = { modelDir: model.dir, feature, hubUrl: hub.url };
    return shown(await engine.request(fetchContactSheet, params, { signal }), uriOf);
  }

  setLabel(feature: FeatureRef, text: string, note: string): Promise<void> {
    return this.#ports.labels.change([{ feature, text, note }]);
  }

  async startBlindTest(feature: FeatureRef, uriOf: UriOf): Promise<CardBlindTest> {
    const { engine, model } = this.#ports;
    const seed = randomInt(seedMax);
    const test = await engine.request(startBlindTest, { modelDir: model.dir, feature, seed });
    return {
      seed: test.seed,
      pictures: test.pictures.map(({ path, ...picture }) => ({ ...picture, uri: uriOf(path) })),
    };
  }

  async judgeBlindTest(params: {
    readonly feature: FeatureRef;
    readonly seed: number;
    readonly labelText: string;
    readonly guesses: readonly boolean[];
  }): Promise<BlindTestResult> {
    const { engine, labels, model } = this.#ports;
    const result = await engine.request(judgeBlindTest, { modelDir: model.dir, ...params });
    labels.forget();
    return result;
  }

  /** The page says what failed; what to do about it is said here. */
  async #answer<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      if (this.#problem) {
        this.#problem = null;
        this.#onChange();
      }
      return result;
    } catch (error) {
      this.#problem = this.#ports.report.problem(error) ?? null;
      this.#onChange();
      throw error;
    }
  }
}

const shown = ({ repo, path }: ContactSheet, uriOf: UriOf): CardContactSheet => ({
  repo,
  uri: uriOf(path),
});
