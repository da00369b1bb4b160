import { datasetInfo, HubApiError, listFiles, modelInfo } from '@huggingface/hub';
import { FeaturescopeError, modelError } from '../../../protocol/errors.ts';
import type { DownloadContent } from '../../../protocol/downloads.ts';
import { filesOfParts } from './downloadParts.ts';
import {
  checkListing,
  type DownloadPlan,
  filesOfModel,
  parseRepo,
  type PlannedFile,
} from './downloadPlan.ts';

/** What is fetched of a repository. */
export interface DownloadWish {
  /** `owner/name`, maybe with `@revision`. */
  readonly name: string;
  readonly content: DownloadContent;
  /** SAEs and label sets: which; all without. */
  readonly parts?: readonly string[] | undefined;
}

/** Where repositories are asked for, and as whom. */
export interface HubAccess {
  /** `https://huggingface.co`, or a mirror that speaks its API. */
  readonly hubUrl: string;
  /** Sent to that host alone. */
  readonly token?: string | undefined;
}

/**
 * What a download would fetch.
 *
 * @throws `invalidInput` for a name that is none; `model` when the hub cannot be asked or does not hold there what is
 *   wanted
 */
export async function planDownload(
  { name, content, parts }: DownloadWish,
  access: HubAccess,
  signal: AbortSignal,
): Promise<DownloadPlan> {
  const { hubUrl, token } = access;
  const { repo, type, revision } = parseRepo(name);
  const shared = { hubUrl, fetch: askAs(access, signal) };
  try {
    const ask = { name: repo, revision, additionalFields: ['sha' as const], ...shared };
    const { sha: commit } = await (type === 'model' ? modelInfo(ask) : datasetInfo(ask));
    const all: PlannedFile[] = [];
    const target = { type, name: repo };
    for await (const entry of listFiles({
      repo: target,
      revision: commit,
      recursive: true,
      ...shared,
    })) {
      if (entry.type !== 'file') continue;
      const { path, size, lfs } = entry;
      all.push({ path, sizeBytes: lfs?.size ?? size, hash: hashOf(entry) });
    }
    checkListing(all, repo);
    const files =
      content === 'model' ? filesOfModel(all, repo) : filesOfParts(all, content, repo, parts);
    const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
    return { repo, type, commit, files, sizeBytes };
  } catch (error) {
    if (signal.aborted || error instanceof FeaturescopeError) throw error;
    throw hubFailure(error, repo, hubUrl, token !== undefined);
  }
}

const addressOf = (input: Parameters<typeof fetch>[0]): string =>
  typeof input === 'string' ? input : input instanceof URL ? input.href : input.url;

/** `fetch` with the token, for the hub's own library: it takes tokens of one hub alone; a mirror may have others. */
export const askAs =
  ({ hubUrl, token }: HubAccess, signal: AbortSignal): typeof fetch =>
  (input, init) => {
    const headers = new Headers(init?.headers);
    if (token !== undefined && addressOf(input).startsWith(`${hubUrl}/`)) {
      headers.set('authorization', `Bearer ${token}`);
    }
    return fetch(input, { ...init, headers, signal });
  };

/** The hash of a file as a hub lists it. */
export const hashOf = (entry: {
  readonly oid?: string;
  readonly lfs?: { readonly oid: string };
}): PlannedFile['hash'] =>
  entry.lfs
    ? { kind: 'sha256', hex: entry.lfs.oid.replace(/^sha256:/, '') }
    : { kind: 'git', hex: entry.oid ?? '' };

/** What went wrong at the hub, and what helps. */
export function hubFailure(
  error: unknown,
  what: string,
  hubUrl: string,
  hasToken: boolean,
): FeaturescopeError {
  const status = error instanceof HubApiError ? error.statusCode : undefined;
  if (status !== undefined) return statusFailure(status, what, hubUrl, hasToken);
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const words = cause instanceof Error ? cause.message : String(cause);
  return modelError(
    `${hubUrl} cannot be reached for ${what} (${words}). Is there a network? Settings: proxy and mirror.`,
    { cause: error },
  );
}

/** An answer of the hub that is a refusal. */
export function statusFailure(
  status: number,
  what: string,
  hubUrl: string,
  hasToken: boolean,
): FeaturescopeError {
  if (status === 401 || status === 403) {
    const next = hasToken
      ? 'the token may lack the right to it, or its terms were not accepted on its page'
      : 'it may not exist, or be private or gated: set a token';
    return modelError(`${hubUrl} refuses ${what} (${String(status)}): ${next}.`);
  }
  if (status === 404) return modelError(`${hubUrl} has no ${what} (404).`);
  return modelError(`${hubUrl} answered ${String(status)} for ${what}; try again later.`);
}
