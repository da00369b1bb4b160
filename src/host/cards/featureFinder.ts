import { window } from 'vscode';
import { invalidInput } from '../../protocol/errors.ts';
import type { FeatureRef } from '../../protocol/featurePanel.ts';
import { listBlocks } from '../../protocol/features.ts';
import { featuresLikePicture, type LikePictureRow } from '../../protocol/indexSearch.ts';
import type { Caller } from '../../protocol/request.ts';
import { runTitle } from '../../protocol/runTitle.ts';
import type { CurrentPicture } from '../features/currentPicture.ts';
import type { FeatureChoice } from '../features/featureChoice.ts';
import { parseFeature } from '../features/parseFeature.ts';
import type { Report } from '../report.ts';
import { shortened } from '../words.ts';
import { type FeatureItem, featureItem } from './featureItems.ts';
import { findFeature, press } from './findFeature.ts';
import type { IndexList } from './indexList.ts';
import type { LabelBook } from './labelBook.ts';

export interface FeatureFinderPorts {
  readonly engine: Caller;
  readonly model: { readonly dir: string };
  readonly indexes: IndexList;
  readonly labels: LabelBook;
  readonly choice: FeatureChoice;
  readonly report: Report;
  readonly openGallery: (block: string) => void;
  /** Features that a text names by id, in every block that has them. */
  readonly withId: (text: string) => Promise<readonly FeatureRef[]>;
}

const likeCount = 40;
const promptLength = 50;

/** Ways to a feature from the palette: by words or id, and by picture. */
export class FeatureFinder {
  readonly #ports: FeatureFinderPorts;
  readonly #current: CurrentPicture;

  constructor(ports: Omit<FeatureFinderPorts, 'withId'>, current: CurrentPicture) {
    this.#ports = { ...ports, withId: (text) => this.#withId(text) };
    this.#current = current;
  }

  find(): Promise<FeatureRef | undefined> {
    return findFeature(this.#ports);
  }

  /** What sets the current picture apart from those of the indexes, the strongest difference first. */
  async likePicture(runId?: string): Promise<FeatureRef | undefined> {
    const { picture } = this.#current;
    const id = runId ?? picture?.runId;
    if (id === undefined)
      throw invalidInput('There is no picture yet. Generate one, or open a run.');
    const { engine, model, labels, choice } = this.#ports;
    const params = { modelDir: model.dir, ...labels.place, runId: id, limit: likeCount };
    const { rows, skippedBlocks } = await engine.request(featuresLikePicture, params);
    if (rows.length === 0) {
      throw invalidInput(
        'No feature sets this picture apart, or none of its blocks has an index. SAE: Index SAE… makes one.',
      );
    }
    const pick = window.createQuickPick<FeatureItem>();
    const prompt =
      picture?.runId === id ? `: ${shortened(runTitle(picture.manifest), promptLength)}` : '';
    pick.title = `Features Like in This Picture${prompt}`;
    pick.placeholder =
      skippedBlocks.length > 0
        ? `Without ${skippedBlocks.join(', ')}: no index of the SAE that read this picture`
        : 'More active in this picture than in those of the index, in standard deviations';
    pick.matchOnDescription = true;
    pick.matchOnDetail = true;
    pick.items = rows.map((row) => ({
      ...featureItem(row, choice.isPinned(row), likeText(row)),
      alwaysShow: false,
    }));
    pick.onDidTriggerItemButton((event) => void press(event, pick, this.#ports));
    return new Promise((resolve) => {
      pick.onDidAccept(() => {
        resolve(pick.activeItems[0]?.feature);
        pick.hide();
      });
      pick.onDidHide(() => {
        pick.dispose();
        resolve(undefined);
      });
      pick.show();
    });
  }

  async #withId(text: string): Promise<readonly FeatureRef[]> {
    const wanted = parseFeature(text);
    if (!wanted) return [];
    const { engine, model } = this.#ports;
    const blocks = await engine.request(listBlocks, { modelDir: model.dir });
    return blocks
      .filter(
        ({ block, sae }) => sae && wanted.id < sae.nFeatures && (wanted.block ?? block) === block,
      )
      .map(({ block }) => ({ block, id: wanted.id }));
  }
}

const likeText = ({ zScore, meanInPicture }: LikePictureRow): string =>
  `${zScore >= 0 ? '+' : ''}${zScore.toFixed(1)} σ · mean ${String(Number(meanInPicture.toPrecision(3)))} here`;
