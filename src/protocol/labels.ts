import type { FeatureRef } from './featurePanel.ts';
import type { ExamplePicture } from './indexSearch.ts';
import { defineRequest } from './request.ts';

/** Own labels win over imported ones, those over the model's own, those over automatic ones. */
export const labelSources = ['own', 'imported', 'shipped', 'automatic'] as const;
export type LabelSource = (typeof labelSources)[number];

export interface EffectiveLabel {
  readonly source: LabelSource;
  readonly text: string;
  /** Own labels only; empty when there is none. */
  readonly note: string;
  /** Imported and shipped ones only. */
  readonly category: string;
  /**
   * 0 ... 1. Of an own label: balanced accuracy of its last blind test; of an imported or a shipped one what its file
   * says; of an automatic one the balanced accuracy of its word. null when unknown.
   */
  readonly confidence: number | null;
  /** Where it comes from, in words: the file of the workspace, the imported file's name, "words of prompts". */
  readonly provenance: string;
}

export const labelLimits = { textMax: 200, noteMax: 2000, listNameMax: 80 } as const;

export interface LabelChange {
  readonly feature: FeatureRef;
  /** Empty text and note remove the label. */
  readonly text: string;
  readonly note: string;
}

export interface LabelsFile {
  readonly labels: readonly (FeatureRef & { readonly text: string; readonly note: string })[];
  readonly lists: readonly { readonly name: string; readonly features: readonly FeatureRef[] }[];
  /** Lines that could not be read; they stay in the file as they are. */
  readonly problems: readonly { readonly line: number; readonly reason: string }[];
}

/** What an import would do, before it does it. */
export interface ImportPreview {
  readonly entries: readonly {
    readonly id: number;
    readonly label: string;
    readonly category: string;
    readonly confidence: number | null;
    /** The imported label that it would replace. */
    readonly replaces: string | null;
    /** An own label that stays above it. */
    readonly hiddenBy: string | null;
  }[];
  readonly totalCount: number;
  readonly replacedCount: number;
  readonly refused: readonly { readonly index: number; readonly reason: string }[];
}

export interface BlindTest {
  readonly feature: FeatureRef;
  readonly seed: number;
  /** Ten, in random order, without peak or map: five with the feature, five without when there are as many. */
  readonly pictures: readonly Pick<ExamplePicture, 'pictureIndex' | 'prompt' | 'path'>[];
}

export interface BlindTestResult {
  readonly truths: readonly boolean[];
  /** (hits / positives + correct rejections / negatives) / 2 */
  readonly balancedAccuracy: number;
  /** Central 95 % of its posterior with flat priors on both rates. */
  readonly low: number;
  readonly high: number;
  readonly positiveCount: number;
  readonly negativeCount: number;
}

interface Place {
  readonly modelDir: string;
  /** Text file in the workspace, `featurescope-labels.tsv` by custom; made on the first change. */
  readonly labelsPath: string;
}

export const readLabels = defineRequest<Place, LabelsFile>('labels/read');
/** Changes lines in the file as it is now: what another window or an editor saved meanwhile stays. */
export const writeLabels = defineRequest<Place & { changes: readonly LabelChange[] }, LabelsFile>(
  'labels/write',
);
/** Puts features on a list or takes them off; a list without members is gone. */
export const changeList = defineRequest<
  Place & { name: string; features: readonly FeatureRef[]; isMember: boolean },
  LabelsFile
>('labels/changeList');
/** JSON `[{id, label, category, confidence}]` for one block's SAE. */
export const previewLabelImport = defineRequest<
  { modelDir: string; labelsPath?: string; block: string; path: string },
  ImportPreview
>('labels/previewImport');
export const importLabels = defineRequest<
  { modelDir: string; block: string; path: string },
  { importedCount: number }
>('labels/import');
export const removeImportedLabels = defineRequest<
  { modelDir: string; block: string },
  { removedCount: number }
>('labels/removeImported');
/** @param seed chooses and orders the pictures: the same seed gives the same test */
export const startBlindTest = defineRequest<
  { modelDir: string; feature: FeatureRef; seed: number },
  BlindTest
>('labels/startBlindTest');
/** `guesses`: one a picture, true = "the feature is active here". Kept with the label's text as its confidence. */
export const judgeBlindTest = defineRequest<
  {
    modelDir: string;
    feature: FeatureRef;
    seed: number;
    labelText: string;
    guesses: readonly boolean[];
  },
  BlindTestResult
>('labels/judgeBlindTest');
