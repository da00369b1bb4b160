import { defineRequest } from './request.ts';

/** The job that fetches from a hub: nothing is fetched that the person did not name. */
export const downloadKind = 'download';

/** A model, SAEs, or labels of features. */
export const downloadContents = ['model', 'saes', 'labels'] as const;
export type DownloadContent = (typeof downloadContents)[number];
/** What has parts that can be fetched alone. */
export type SetContent = Exclude<DownloadContent, 'model'>;

/** Public sets by name: offered, fetched only when they are chosen. */
export const publicSets: Readonly<
  Record<SetContent, readonly { readonly name: string; readonly about: string }[]>
> = {
  saes: [
    {
      name: 'surokpro2/sdxl-saes',
      about: 'SDXL Turbo, four blocks: the SAEs of Surkov et al. 2024',
    },
    {
      name: 'wendlerc/sdxl-turbo-saes',
      about: 'SDXL Turbo, four blocks: more sizes and k, among them those of RIEBench',
    },
  ],
  labels: [
    {
      name: 'datasets/hammamiomar/sdxl-turbo-sae-labels',
      about: 'Labels of the features of surokpro2/sdxl-saes with k = 10, by vision-language models',
    },
  ],
};

/** Kept with the job, so without a token. */
export interface DownloadParams {
  /** `owner/name`, or `owner/name@revision`; data sets with `datasets/` before it. */
  readonly name: string;
  /** `https://huggingface.co`, or a mirror that speaks its API. */
  readonly hubUrl: string;
  /** Default: a model. */
  readonly content?: DownloadContent;
  /** Of SAEs and labels: paths from the offer; all without. */
  readonly parts?: readonly string[];
}

export const defaultHubUrl = 'https://huggingface.co';

/** What a download would fetch. */
export interface DownloadOffer {
  readonly repo: string;
  /** What the job is to be given as `name`: the repository at this commit. */
  readonly name: string;
  readonly commit: string;
  readonly fileCount: number;
  readonly sizeBytes: number;
  /** SAEs and label files that can be fetched alone; none of a model. */
  readonly parts: readonly { readonly path: string; readonly sizeBytes: number }[];
  /** The repository's page, which has its terms. */
  readonly page: string;
}

/** Something that was fetched and can be imported. */
export interface DownloadedPart {
  /** Absolute: an SAE's folder, or a file of labels. */
  readonly path: string;
  /** `owner/name: path in it` */
  readonly title: string;
  readonly sizeBytes: number;
}

/** @throws `invalidInput` for a name that is none; `model` when the hub cannot be asked, or does not hold it there */
export const planDownload = defineRequest<DownloadParams, DownloadOffer>('download/plan');
export const listDownloads = defineRequest<
  { content: SetContent },
  { parts: readonly DownloadedPart[] }
>('download/list');
/** Deletes one that was imported. @throws `invalidInput` for a path that is no downloaded part */
export const dropDownload = defineRequest<{ content: SetContent; path: string }, null>(
  'download/drop',
);
/** Kept in the engine's memory alone; null takes it back. */
export const setHubToken = defineRequest<{ token: string | null }, null>('download/token');
