import type { ModelIdentity, SchedulerName } from '../../../protocol/manifest.ts';
import type { Provider } from '../../../protocol/provider.ts';
import type { CollectedBlock } from './collectedSet.ts';

/** What a collected set is: `collection.json` in its folder. It holds no time and no path, so that reruns are equal. */
export interface CollectionManifest {
  readonly version: 1;
  readonly model: ModelIdentity;
  readonly provider: Provider;
  readonly versions: { readonly featurescope: string; readonly onnxruntime: string };
  /** In the order in which the stages run. */
  readonly blocks: readonly CollectedBlock[];
  /** Steps that were recorded, from 0, ascending, of `stepCount`. */
  readonly steps: readonly number[];
  /** Denoising steps of each picture. */
  readonly stepCount: number;
  readonly scheduler: SchedulerName;
  readonly guidanceScale: number;
  readonly negativePrompt: string;
  /** Size at which the pictures were made; their files may be smaller. */
  readonly width: number;
  readonly height: number;
  /** Size of the picture files. */
  readonly pictureWidth: number;
  readonly pictureHeight: number;
  /** Of the stored updates. */
  readonly dtype: 'float16';
  readonly prompts: {
    readonly kind: 'text' | 'csv' | 'jsonl' | 'grammar';
    /** File name without folder. */
    readonly name: string;
    /** Of the file. */
    readonly sha256: string;
    /** CSV and JSONL: where the prompt stood. */
    readonly column?: string;
    /** Grammar: what its random choices started from. */
    readonly seed?: number;
    /** Pictures made in a row from each prompt. */
    readonly picturesPerPrompt: number;
  };
  readonly seeds: {
    /** `consecutive`: picture i has seed first + i; `samePerPrompt`: seeds start again at `first` with each prompt. */
    readonly rule: 'consecutive' | 'samePerPrompt';
    readonly first: number;
  };
  /** Wanted. */
  readonly pictureCount: number;
  /** Pictures a shard, and lost at most when the machine stops. */
  readonly batchSize: number;
}
