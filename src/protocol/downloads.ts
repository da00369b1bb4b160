import { defineRequest } from './request.ts';

/** The job that fetches a model from a hub: nothing is fetched that the person did not name. */
export const downloadKind = 'download';

/** Kept with the job, so without a token. */
export interface DownloadParams {
  /** `owner/name`, or `owner/name@revision`. */
  readonly name: string;
  /** `https://huggingface.co`, or a mirror that speaks its API. */
  readonly hubUrl: string;
}

export const defaultHubUrl = 'https://huggingface.co';

/** What a download would fetch. */
export interface DownloadOffer {
  readonly repo: string;
  readonly commit: string;
  readonly fileCount: number;
  readonly sizeBytes: number;
  /** The repository's page, which has the model's terms. */
  readonly page: string;
}

/** @throws `invalidInput` for a name that is none; `model` when the hub cannot be asked, or holds no ONNX model there */
export const planDownload = defineRequest<DownloadParams, DownloadOffer>('download/plan');
/** Kept in the engine's memory alone; null takes it back. */
export const setHubToken = defineRequest<{ token: string | null }, null>('download/token');
