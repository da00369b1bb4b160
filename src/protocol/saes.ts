import type { GenerateProgress } from './engine.ts';
import type { Provider, ProviderWish } from './provider.ts';
import { defineNotification, defineRequest } from './request.ts';

/** What the files of an SAE can leave open; each is asked and the answer is stored with the SAE. */
export const saeQuestionIds = [
  'target',
  'blockPath',
  'activation',
  'inputScale',
  'orientation',
] as const;
export type SaeQuestionId = (typeof saeQuestionIds)[number];

export interface SaeQuestion {
  readonly id: SaeQuestionId;
  /** Why the files do not say. */
  readonly reason: string;
  /** The allowed answers; absent where any number or path of a block is one. */
  readonly choices?: readonly string[];
  /** What the files suggest; it is no answer until a person takes it. */
  readonly suggested?: string | number;
}

/** `inputScale` is a number, the others are words. */
export type SaeAnswerValues = Partial<Record<SaeQuestionId, string | number>>;

/** Formats whose files are read; `safetensors` is Featurescope's own. */
export const saeSourceFormats = [
  'sdxl-unbox',
  'saelens',
  'sparsify',
  'dictionary-learning',
  'safetensors',
] as const;
export type SaeSourceFormat = (typeof saeSourceFormats)[number];

export const saeExportFormats = ['sdxl-unbox', 'saelens', 'safetensors'] as const;
export type SaeExportFormat = (typeof saeExportFormats)[number];

/** What an SAE is, whatever files it came from. */
export interface SaeFacts {
  /** The format's own name for this kind: `topk`, `AutoEncoderTopK`. */
  readonly kind: string;
  readonly dModel: number;
  readonly nFeatures: number;
  /** "TopK 10, then ReLU" */
  readonly rule: string;
  readonly normalisation: string;
  /** ΔD of a stage, or its output; unknown until somebody says it. */
  readonly target: 'unknown' | 'update' | 'output';
  /** `unet.mid_block.attentions.0`; absent when the files name none. */
  readonly blockPath?: string;
  /** What was found and changed while reading, in words. */
  readonly notes: readonly string[];
  readonly sourceFiles: readonly {
    readonly name: string;
    readonly sizeBytes: number;
    /** Hex. */
    readonly sha256: string;
  }[];
}

/** A block of the model that an SAE could belong to. */
export interface SaeBlock {
  /** `down.2.1` */
  readonly block: string;
  /** `down_blocks.2.attentions.1` */
  readonly path: string;
  /** Undefined when the graph does not tell. */
  readonly width?: number;
}

export interface SaeInspection extends SaeFacts {
  readonly format: SaeSourceFormat;
  readonly questions: readonly SaeQuestion[];
  /** Every block of the model, in the order in which they run. */
  readonly blocks: readonly SaeBlock[];
}

/** Why an SAE is the one that is used in its block. */
export type SaeReason =
  /** It is the only one. */
  | 'only'
  /** Somebody chose it. */
  | 'chosen'
  /** Nobody chose; it was imported last. */
  | 'newest';

/** One SAE that a model has, its own or an imported one. */
export interface SaeEntry extends SaeFacts {
  readonly saeId: string;
  /** `model`: came with the model and cannot be removed. */
  readonly origin: 'model' | 'imported';
  readonly format: string;
  readonly block: string;
  readonly path: string;
  /** ISO 8601, UTC; only of imported ones. */
  readonly importedAt?: string;
  readonly sizeBytes: number;
  /** SHA-256 of the weights, hex. */
  readonly sha256: string;
  readonly storage: 'float32' | 'float16';
  /** Set on the one that is used in its block. */
  readonly activeBecause?: SaeReason;
  /** It was imported for other weights under the same model id, and is used only when chosen. */
  readonly isForOtherWeights: boolean;
  /** Verdict of the last acceptance report on it, if there is one. */
  readonly verdict?: AcceptanceVerdict;
}

/** A folder among the imported SAEs that cannot be read. */
export interface BrokenSae {
  readonly saeId: string;
  readonly cause: string;
}

export interface SaeList {
  readonly saes: readonly SaeEntry[];
  readonly broken: readonly BrokenSae[];
  /** Where imported SAEs of this model lie. */
  readonly dir: string;
}

export interface FitFigures {
  readonly cellCount: number;
  /** Null where there is no variance to explain. */
  readonly explainedVariance: number | null;
  readonly rSquared: number | null;
  /** Mean number of active features a cell. */
  readonly l0: number;
  /** Share of features that are active in none of these cells, 0 ... 1. */
  readonly deadShare: number;
}

export interface AcceptanceVerdict {
  readonly status: 'accepted' | 'rejected' | 'doubtful';
  /** The defect by name; `as-declared` when none was found. */
  readonly name: string;
  /** One sentence for the person. */
  readonly text: string;
}

/** Which pictures an SAE is judged by; each prompt gets the seed after the one before. */
export interface AcceptanceSettings {
  readonly prompts: readonly string[];
  /** 0 ... 2^32-1 */
  readonly seed: number;
  readonly steps: number;
  readonly guidanceScale: number;
}

export const acceptancePromptsMax = 64;

export interface AcceptanceRecord {
  readonly version: 1;
  readonly saeId: string;
  readonly sha256: string;
  readonly modelId: string;
  readonly blockPath: string;
  readonly target: 'update' | 'output';
  readonly rule: string;
  readonly settings: AcceptanceSettings;
  readonly provider: Provider;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly durationMs: number;
  readonly formulas: { readonly explainedVariance: string; readonly rSquared: string };
  readonly perStep: readonly { readonly stepIndex: number; readonly figures: FitFigures }[];
  /** All steps, on the cells that the readings are compared on. */
  readonly overall: FitFigures;
  /** Other readings of the SAE that were tried on the same pictures. */
  readonly readings: readonly {
    readonly name: string;
    readonly description: string;
    readonly figures: FitFigures;
  }[];
  readonly verdict: AcceptanceVerdict;
}

export type ImportProgress = { readonly phase: 'reading' } | { readonly phase: 'writing' };

export type AcceptanceProgress =
  | {
      readonly phase: 'pictures';
      readonly donePictures: number;
      readonly totalPictures: number;
      /** What the picture in work is doing. */
      readonly within?: GenerateProgress;
    }
  | { readonly phase: 'steps'; readonly doneSteps: number; readonly totalSteps: number }
  | { readonly phase: 'readings'; readonly doneReadings: number; readonly name: string };

interface OfSae {
  readonly modelDir: string;
  readonly saeId: string;
}

/** Reads somebody's SAE files and says what they are and what they leave open; nothing is kept. */
export const inspectSae = defineRequest<{ modelDir: string; path: string }, SaeInspection>(
  'sae/inspect',
);
/**
 * Keeps somebody's SAE for a model, in Featurescope's own form.
 *
 * `float16` halves the two matrices and rounds them to 11 bits: codes move by about 1e-4 of the block's largest.
 */
export const importSaeFiles = defineRequest<
  {
    modelDir: string;
    path: string;
    answers: SaeAnswerValues;
    storage: 'float32' | 'float16';
    /** Refuse files of any other format. */
    format?: SaeSourceFormat;
  },
  SaeEntry,
  ImportProgress
>('sae/import');
export const listSaes = defineRequest<{ modelDir: string }, SaeList>('sae/list');
/** Judges an SAE by pictures of the model, and keeps the report. */
export const acceptSaeOnPrompts = defineRequest<
  OfSae & { settings: AcceptanceSettings; provider: ProviderWish },
  AcceptanceRecord,
  AcceptanceProgress
>('sae/accept');
/** The last report, if there is one. */
export const readAcceptance = defineRequest<OfSae, AcceptanceRecord | null>('sae/report');
/** @returns names of the files written into the folder */
export const exportSaeFiles = defineRequest<
  OfSae & { format: SaeExportFormat; path: string },
  { readonly files: readonly string[] }
>('sae/export');
/** Only imported ones; can be restored until the storage is cleaned up. */
export const removeSae = defineRequest<OfSae, null>('sae/remove');
export const restoreSae = defineRequest<OfSae, null>('sae/restore');
/** Which SAE is used in its block; `isChosen: false` goes back to the rule (the newest import). */
export const chooseSae = defineRequest<OfSae & { isChosen: boolean }, null>('sae/choose');
/** The SAEs of a model changed, by this engine. */
export const saesChanged = defineNotification<null>('saes/changed');
