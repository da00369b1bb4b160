import type { FeatureRef } from './featurePanel.ts';
import type { ExampleInterval, FeatureCard } from './indexSearch.ts';
import type { BlindTestResult } from './labels.ts';
import type { PanelPicture } from './panelRequests.ts';
import { defineNotification, defineRequest } from './request.ts';
import type { Problem } from './resultPanel.ts';

/** Everything that a feature card shows but the card's own content; the host holds it. */
export interface CardState {
  /** null before a feature was chosen. */
  readonly feature: FeatureRef | null;
  /** The small model that comes with the extension. */
  readonly isEmbedded: boolean;
  readonly canGoBack: boolean;
  readonly canGoForward: boolean;
  readonly pinned: readonly FeatureRef[];
  /** Names of all own lists. */
  readonly lists: readonly string[];
  /** Name of the workspace's labels file; null: no folder is open, so there is no place for own labels. */
  readonly labelsFile: string | null;
  /** Grows when labels or indexes changed, and what was read of the feature is old. */
  readonly revision: number;
  /** Contact sheets of others are blurred until they are clicked. */
  readonly blursContactSheets: boolean;
  readonly problem: Problem | null;
}

/** `ContactSheet` with an address for the page instead of a path. */
export interface CardContactSheet {
  readonly repo: string;
  /** null: it was not fetched yet. */
  readonly uri: string | null;
}

/** An example and its map at the peak's step, f32 `[cellsHigh, cellsWide]`. */
export type CardExample = PanelPicture & { readonly map: ArrayBuffer };

type Replaced = 'spatialPrior' | 'examples' | 'hardNegatives' | 'randomNegatives';

/** `FeatureCard` as it crosses to a panel: buffers instead of views, addresses instead of paths. */
export type CardContent = Omit<FeatureCard, Replaced> & {
  /** f32 `[cellsHigh, cellsWide]`. */
  readonly spatialPrior: ArrayBuffer;
  readonly examples: readonly {
    readonly interval: ExampleInterval;
    readonly pictures: readonly CardExample[];
  }[];
  readonly hardNegatives: readonly PanelPicture[];
  readonly randomNegatives: readonly PanelPicture[];
};

/** Ten pictures, without anything that tells whether the feature is active in them. */
export interface CardBlindTest {
  readonly seed: number;
  readonly pictures: readonly Pick<PanelPicture, 'pictureIndex' | 'prompt' | 'uri'>[];
}

/** What the panel keeps with `setState`. */
export interface CardSavedState {
  readonly feature: FeatureRef | null;
}

export const cardSnapshot = defineRequest<null, CardState>('card/snapshot');
/** null: the feature's block has no index. */
export const cardContent = defineRequest<{ feature: FeatureRef }, CardContent | null>(
  'card/content',
);
/** This panel shows another feature; `back` and `forward` go through those it has shown. */
export const cardGo = defineRequest<{ to: FeatureRef | 'back' | 'forward' }, null>('card/go');
/** Empty text and note remove the own label. */
export const cardSetLabel = defineRequest<
  { feature: FeatureRef; text: string; note: string },
  null
>('card/setLabel');
export const cardStartBlindTest = defineRequest<{ feature: FeatureRef }, CardBlindTest>(
  'card/startBlindTest',
);
export const cardJudgeBlindTest = defineRequest<
  { feature: FeatureRef; seed: number; labelText: string; guesses: readonly boolean[] },
  BlindTestResult
>('card/judgeBlindTest');
/** What the feature does: alone on the empty prompt (`icon`), or added to a picture in several strengths (`strip`). */
export type CardDrawingKind = 'icon' | 'strip';

export interface CardDrawing {
  readonly kind: CardDrawingKind;
  /** Of the picture that it was added to. */
  readonly prompt: string;
  readonly unit: 'γ' | 'mean' | 'max';
  readonly pictures: readonly {
    readonly strength: number;
    /** Mean |Δ| of 255 to the picture without it. */
    readonly distance: number;
    readonly width: number;
    readonly height: number;
    readonly rgb: ArrayBuffer;
  }[];
}

export const cardDraw = defineRequest<
  { feature: FeatureRef; kind: CardDrawingKind },
  CardDrawing,
  { readonly done: number; readonly total: number }
>('card/draw');
/** null: the block's SAE is none that sheets were made with. */
export const cardContactSheet = defineRequest<{ feature: FeatureRef }, CardContactSheet | null>(
  'card/contactSheet',
);
export const cardFetchContactSheet = defineRequest<{ feature: FeatureRef }, CardContactSheet>(
  'card/fetchContactSheet',
);
export const cardChanged = defineNotification<CardState>('card/changed');
