import type { FeatureRef, PackedReadings } from './featurePanel.ts';
import type {
  AmountCheck,
  ControlKind,
  CopyParams,
  DownstreamBlock,
  EditFigures,
  RankedFeature,
  Reuse,
} from './interventions.ts';
import type { EditMask, EditRecipe, EditSource, PictureBase, Strength } from './recipe.ts';
import { defineNotification, defineRequest } from './request.ts';
import type { Problem, ProblemAction } from './resultPanel.ts';

/** What the columns of the board are: one picture, or the same variants over several seeds or prompts. */
export type BoardAxis =
  | { readonly kind: 'one' }
  | { readonly kind: 'seeds'; readonly seeds: readonly number[] }
  | { readonly kind: 'prompts'; readonly prompts: readonly string[] };

/** A row of the board. */
export interface BoardVariant {
  /** `v3`: stays with the variant over edits, undo and reloads. */
  readonly id: string;
  readonly recipe: EditRecipe;
}

/** What a person makes on the board; undo and redo go over it. */
export interface BoardDocument {
  /** null before there is a picture. */
  readonly base: PictureBase | null;
  /** The kept run that it came from: its readings are the heat maps that masks are painted from. */
  readonly baseRunId: string | null;
  readonly axis: BoardAxis;
  readonly variants: readonly BoardVariant[];
}

export const boardLimits = { columns: 16, variants: 64 } as const;

/** An undoable step. */
export type BoardCommand =
  | { readonly kind: 'addVariant'; readonly recipe: EditRecipe; readonly afterId?: string }
  | {
      readonly kind: 'setRecipe';
      readonly id: string;
      readonly recipe: EditRecipe;
      /** Goes on from the step before, as a slider does while it moves: one undo takes all of it back. */
      readonly isContinued?: boolean;
    }
  | { readonly kind: 'removeVariant'; readonly id: string }
  | { readonly kind: 'moveVariant'; readonly id: string; readonly by: 1 | -1 }
  | { readonly kind: 'setAxis'; readonly axis: BoardAxis }
  | { readonly kind: 'setBase'; readonly base: PictureBase; readonly runId: string | null };

/** A finished picture. */
export interface BoardCell {
  /** Names its pixels for `board/pixels`. */
  readonly pictureId: string;
  /** null for the unedited one. */
  readonly figures: EditFigures | null;
  readonly amounts: readonly AmountCheck[];
  readonly reuse: Reuse | null;
  /** In the run store, and so there again after a reload. */
  readonly runId: string | null;
}

export interface BoardColumn {
  readonly base: PictureBase;
  /** "seed 7", or the prompt. */
  readonly label: string;
  readonly original: BoardCell | null;
  /** By variant, for the recipe as it is now; absent while it was not made. */
  readonly edited: Readonly<Record<string, BoardCell>>;
}

/** Work that a person starts on the board; one at a time. */
export type BoardWork =
  | { readonly kind: 'board'; readonly isKeeping: boolean }
  | {
      readonly kind: 'controls';
      readonly variantId: string;
      readonly count: number;
      readonly seed: number;
    }
  | {
      readonly kind: 'downstream';
      readonly variantId: string;
      readonly count: number;
      readonly seed: number;
    }
  | { readonly kind: 'icon'; readonly block: string; readonly source: EditSource }
  | {
      readonly kind: 'strip';
      readonly variantId: string;
      readonly editIndex: number;
      readonly sourceIndex: number;
      readonly strengths: readonly number[];
      readonly unit: Strength['unit'];
    }
  | { readonly kind: 'rank'; readonly count: number; readonly region?: EditMask };

export interface BoardJob {
  readonly kind: BoardWork['kind'];
  /** In words: "Denoising step 2 of 4". */
  readonly phase: string;
  /** 0 ... 1 over all of it. */
  readonly fraction: number;
  readonly count: { readonly done: number; readonly total: number; readonly unit: string };
}

/** A matched control that was run, beside the edit that it belongs to. */
export interface ControlResult {
  readonly kind: ControlKind;
  readonly label: string;
  readonly mass: number;
  readonly cell: BoardCell;
}

export interface ControlsEvidence {
  /** The edit itself, measured on the same region as the controls. */
  readonly effect: BoardCell;
  readonly mass: number;
  /** Where "inside" is: the edit's mask, the cells where its features were active, or nowhere in particular. */
  readonly region: 'mask' | 'active' | 'everything';
  readonly controls: readonly ControlResult[];
  readonly seed: number;
}

export interface PicturedStrength {
  /** Of `unit`; 0 is the unedited picture. */
  readonly strength: number;
  readonly cell: BoardCell;
}

/** One source over several strengths. */
export interface StripEvidence {
  /** `up.0.1/123` */
  readonly label: string;
  /** "γ", or the unit of the strengths. */
  readonly unit: string;
  readonly original: BoardCell;
  readonly pictures: readonly PicturedStrength[];
}

/** What was found out about one variant. */
export interface VariantEvidence {
  readonly controls?: ControlsEvidence;
  readonly downstream?: {
    readonly controlLabels: readonly string[];
    readonly blocks: readonly DownstreamBlock[];
  };
  readonly strip?: StripEvidence;
  /** The recipe has changed since. */
  readonly isStale: boolean;
}

export interface BoardRank {
  readonly features: readonly RankedFeature[];
  readonly totalCount: number;
  readonly isComplete: boolean;
  /** Effect on a painted part of the picture, or on all of it. */
  readonly hasRegion: boolean;
}

/** A block as the recipe editor offers it. */
export interface BoardBlock {
  readonly block: string;
  /** Channels of its update. */
  readonly width: number;
  /** null: no SAE, so no features, but channels, directions and ablation. */
  readonly nFeatures: number | null;
  /** Its SAE knows the mean of each feature's active activations: the unit `mean`. */
  readonly hasMeans: boolean;
}

/** Everything that the board shows but pixels; the host holds it, the panel only draws it. */
export interface BoardState {
  readonly document: BoardDocument;
  readonly columns: readonly BoardColumn[];
  /** What undo would take back: "remove variant"; null when there is nothing. */
  readonly undo: string | null;
  readonly redo: string | null;
  /** A file has the document: its editor's keys for undo are VS Code's own. */
  readonly isFile: boolean;
  /** The variant whose editor is open. */
  readonly focusId: string | null;
  readonly focusColumn: number;
  /** Raised when the mask of the variant in focus shall be painted next. */
  readonly paintRequests: number;
  readonly blocks: readonly BoardBlock[];
  readonly modelTitle: string;
  /** The small model that comes with the extension: nothing here is evidence about SDXL. */
  readonly isEmbedded: boolean;
  readonly isLive: boolean;
  /** Edited pictures of a whole board go into the run store. */
  readonly isKeeping: boolean;
  /** The number of the newest command that is in `document`, and of the newest whose picture is in `columns`. */
  readonly seen: number;
  readonly shown: number;
  readonly isPreviewing: boolean;
  /** The range guard's answer before running, by variant. */
  readonly guards: Readonly<Record<string, readonly AmountCheck[]>>;
  /** Why a variant cannot be run as it is. */
  readonly troubles: Readonly<Record<string, string>>;
  readonly job: BoardJob | null;
  /** See `BoardFindings`. */
  readonly ground: string;
  readonly evidence: Readonly<Record<string, VariantEvidence>>;
  readonly rank: BoardRank | null;
  /** Feature icons, newest first. */
  readonly icons: readonly StripEvidence[];
  readonly problem: Problem | null;
}

/** What work on the board has found out, and where. */
export interface BoardFindings {
  /** Model folder and provider: findings of another one are not this board's. */
  readonly ground: string;
  readonly evidence: Readonly<Record<string, VariantEvidence>>;
  readonly rank: BoardRank | null;
  readonly icons: readonly StripEvidence[];
}

/** What the panel keeps with `setState`: the document, and the pictures that the run store has. */
export interface BoardSavedState {
  readonly document: BoardDocument;
  readonly isLive: boolean;
  readonly isKeeping: boolean;
  readonly focusId: string | null;
  readonly kept: readonly {
    readonly columnIndex: number;
    /** null: the unedited picture. */
    readonly variantId: string | null;
    readonly runId: string;
    readonly figures: EditFigures | null;
    readonly amounts: readonly AmountCheck[];
  }[];
  /** Figures of what was found out; its pictures are made again when they are asked for. */
  readonly found?: BoardFindings;
}

export const boardSnapshot = defineRequest<null, BoardState>('board/snapshot');
export const boardPixels = defineRequest<
  { pictureId: string },
  { width: number; height: number; rgb: ArrayBuffer }
>('board/pixels');
/** Codes of the base's kept run. */
export const boardReadings = defineRequest<{ runId: string }, PackedReadings>('board/readings');
/** `sequence` counts the panel's own commands, so that it knows which of them an answer is about. */
export const boardCommand = defineRequest<{ command: BoardCommand; sequence: number }, null>(
  'board/command',
);
export const boardUndo = defineRequest<{ isRedo: boolean }, null>('board/undo');
export const boardFocus = defineRequest<{ variantId: string | null; columnIndex: number }, null>(
  'board/focus',
);
export const boardOptions = defineRequest<{ isLive?: boolean; isKeeping?: boolean }, null>(
  'board/options',
);
/** Answers as soon as it has started. */
export const boardStart = defineRequest<{ work: BoardWork }, null>('board/start');
export const boardCancel = defineRequest<null, null>('board/cancel');
/** Features, by a search of the host or dropped: each becomes a variant that removes it. */
export const boardAdd = defineRequest<{ features: readonly FeatureRef[] | null }, null>(
  'board/add',
);
/** A direction of a block's update, made as the host asks; becomes a variant that removes it. */
export const boardAddDirection = defineRequest<null, null>('board/addDirection');
/** A recipe from the clipboard becomes a variant. */
export const boardPaste = defineRequest<null, null>('board/paste');
export const boardCopy = defineRequest<{ variantId: string; form: CopyParams['form'] }, null>(
  'board/copy',
);
/** Another base: the picture that result panel and tree are about, or one of the kept runs. */
export const boardBase = defineRequest<{ from: 'current' | 'runs' }, null>('board/base');
export const boardSavePng = defineRequest<{ pictureId: string }, null>('board/savePng');
export const boardSaveFile = defineRequest<{ name: string; bytes: ArrayBuffer }, null>(
  'board/saveFile',
);
export const boardCopyText = defineRequest<{ text: string }, null>('board/copyText');
export const boardShowFeature = defineRequest<{ feature: FeatureRef }, null>('board/showFeature');
export const boardGenerate = defineRequest<null, null>('board/generate');
export const boardAct = defineRequest<{ action: ProblemAction | 'showLog' }, null>('board/act');
/** Host to panel, before the state that names it: the picture of the variant in focus, so that nobody has to ask. */
export const boardPixelsReady = defineNotification<{
  pictureId: string;
  width: number;
  height: number;
  rgb: ArrayBuffer;
}>('board/pixelsReady');
/** Host to panel: the whole state, whenever it changed and the panel is visible. */
export const boardChanged = defineNotification<BoardState>('board/changed');
