import { join } from 'node:path';
import * as z from 'zod';
import type { Dispatcher } from '../protocol/dispatcher.ts';
import {
  type DownloadContent,
  downloadContents,
  downloadKind,
  type DownloadParams,
  dropDownload,
  listDownloads,
  planDownload,
  setHubToken,
} from '../protocol/downloads.ts';
import { invalidInput } from '../protocol/errors.ts';
import type { JobKind } from './jobs/jobKind.ts';
import { download } from './models/download/download.ts';
import type { DownloadProgress } from './models/download/fetching.ts';
import { dropDownloadedPart, listDownloadedParts } from './models/download/downloadedParts.ts';
import { partsOf } from './models/download/downloadParts.ts';
import { parseRepo, repoAddress } from './models/download/downloadPlan.ts';
import { type HubAccess, planDownload as plan } from './models/download/hubClient.ts';
import { inspectModel } from './models/inspect/inspectModel.ts';
import { issuesOf } from './models/modelFiles.ts';

const schema = z.strictObject({
  name: z.string(),
  hubUrl: z.url({ protocol: /^https?$/, error: 'must be an address that begins with https://' }),
  content: z.enum(downloadContents).optional(),
  parts: z.array(z.string()).min(1).optional(),
});

interface CheckedParams extends DownloadParams {
  readonly content: DownloadContent;
}

/** @throws `invalidInput` naming the key */
function checkParams(params: unknown): CheckedParams {
  const parsed = schema.safeParse(params);
  if (!parsed.success) throw invalidInput(`Nothing is downloaded: ${issuesOf(parsed.error)}`);
  const { name, hubUrl, content = 'model', parts } = parsed.data;
  parseRepo(name);
  if (parts && content === 'model') {
    throw invalidInput('Nothing is downloaded: a model has no parts that can be fetched alone.');
  }
  return { name, hubUrl: hubUrl.replace(/\/+$/, ''), content, ...(parts && { parts }) };
}

const nextOf = {
  saes: 'use it with "SAE: Import SAE…"',
  labels: 'use it with "SAE: Import Labels…"',
} as const;

/** Downloads: what one would fetch, the job that does it, and what was fetched. The token lives here and nowhere else. */
export class Downloads {
  readonly #modelsDir: string;
  readonly #setsDir: string;
  #token: string | undefined = process.env['HF_TOKEN'];

  constructor(storageDir: string) {
    this.#modelsDir = join(storageDir, 'models', 'files');
    this.#setsDir = join(storageDir, 'downloads');
  }

  register(dispatcher: Dispatcher): void {
    dispatcher.handle(setHubToken, ({ token }) => {
      this.#token = token ?? undefined;
      return null;
    });
    dispatcher.handle(planDownload, async (params, { signal }) => {
      const wish = checkParams(params);
      const { repo, type, commit, files, sizeBytes } = await plan(
        wish,
        this.access(wish.hubUrl),
        signal,
      );
      const address = repoAddress({ repo, type });
      const parts = wish.content === 'model' ? [] : partsOf(files, wish.content);
      return {
        ...{ repo, commit, sizeBytes, fileCount: files.length, name: `${address}@${commit}` },
        parts: parts.map(({ path, sizeBytes: size }) => ({ path, sizeBytes: size })),
        page: `${wish.hubUrl}/${address}`,
      };
    });
    dispatcher.handle(listDownloads, async ({ content }) => ({
      parts: await listDownloadedParts(this.#setsDir, content),
    }));
    dispatcher.handle(dropDownload, async ({ content, path }) => {
      await dropDownloadedPart(this.#setsDir, content, path);
      return null;
    });
  }

  /** The job Download: files into the storage folder, each with the hash that the hub lists. */
  job(): JobKind<DownloadParams, DownloadProgress> {
    const dirOf = (content: DownloadContent): string =>
      content === 'model' ? this.#modelsDir : this.#setsDir;
    const access = (hubUrl: string) => this.access(hubUrl);
    return {
      kind: downloadKind,
      check: checkParams,
      titleOf: ({ name }) => `Download ${parseRepo(name).repo}`,
      describe: ({ phase, doneBytes, totalBytes }) =>
        phase === 'listing'
          ? { phase: 'Listing' }
          : {
              phase: 'Downloading',
              doneCount: Math.floor(doneBytes / 1e6),
              totalCount: Math.ceil(totalBytes / 1e6),
              unit: 'MB',
            },
      run: async function* (params, { signal, log }) {
        const { name, hubUrl, content, parts } = checkParams(params);
        const onNote = (text: string): void => {
          log('warn', text);
        };
        const context = { ...access(hubUrl), signal, onNote };
        const { dir } = yield* download(dirOf(content), { name, content, parts }, context);
        if (content !== 'model') return { summary: nextOf[content], path: dir };
        const { isUsable, findings, licence } = await inspectModel(dir);
        for (const { level, text } of findings) log(level === 'error' ? 'error' : 'warn', text);
        const next = isUsable
          ? `licence: ${licence.name}; add it with "SAE: Add Model…"`
          : `it cannot be used: ${findings.find(({ level }) => level === 'error')?.text ?? ''}`;
        return { summary: next, path: dir };
      },
    };
  }

  /** As whom a hub is asked. */
  access(hubUrl: string): HubAccess {
    return { hubUrl, ...(this.#token !== undefined && { token: this.#token }) };
  }
}
