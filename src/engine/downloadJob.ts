import { join } from 'node:path';
import * as z from 'zod';
import type { Dispatcher } from '../protocol/dispatcher.ts';
import {
  downloadKind,
  type DownloadParams,
  planDownload,
  setHubToken,
} from '../protocol/downloads.ts';
import { invalidInput } from '../protocol/errors.ts';
import type { JobKind } from './jobs/jobKind.ts';
import { downloadModel, type DownloadProgress } from './models/download/downloadModel.ts';
import { parseRepo } from './models/download/downloadPlan.ts';
import { planDownload as plan } from './models/download/hubClient.ts';
import { inspectModel } from './models/inspect/inspectModel.ts';
import { issuesOf } from './models/modelFiles.ts';

const schema: z.ZodType<DownloadParams> = z.strictObject({
  name: z.string(),
  hubUrl: z.url({ protocol: /^https?$/, error: 'must be an address that begins with https://' }),
});

/** @throws `invalidInput` naming the key */
function checkParams(params: unknown): DownloadParams {
  const parsed = schema.safeParse(params);
  if (!parsed.success) throw invalidInput(`Nothing is downloaded: ${issuesOf(parsed.error)}`);
  const { name, hubUrl } = parsed.data;
  parseRepo(name);
  return { name, hubUrl: hubUrl.replace(/\/+$/, '') };
}

/** Downloads of models: what one would fetch, and the job that does it. The token lives here and nowhere else. */
export class Downloads {
  readonly #filesDir: string;
  #token: string | undefined = process.env['HF_TOKEN'];

  constructor(storageDir: string) {
    this.#filesDir = join(storageDir, 'models', 'files');
  }

  register(dispatcher: Dispatcher): void {
    dispatcher.handle(setHubToken, ({ token }) => {
      this.#token = token ?? undefined;
      return null;
    });
    dispatcher.handle(planDownload, async (params, { signal }) => {
      const { name, hubUrl } = checkParams(params);
      const { repo, commit, files, sizeBytes } = await plan(name, this.#access(hubUrl), signal);
      const page = `${hubUrl}/${repo}`;
      return { repo, commit, fileCount: files.length, sizeBytes, page };
    });
  }

  /** The job Download: a model's files into the storage folder, each with the hash that the hub lists. */
  job(): JobKind<DownloadParams, DownloadProgress> {
    const filesDir = this.#filesDir;
    const access = (hubUrl: string) => this.#access(hubUrl);
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
      run: async function* ({ name, hubUrl }, { signal, log }) {
        const onNote = (text: string): void => {
          log('warn', text);
        };
        const context = { ...access(hubUrl), signal, onNote };
        const { dir } = yield* downloadModel(filesDir, name, context);
        const { isUsable, findings, licence } = await inspectModel(dir);
        for (const { level, text } of findings) log(level === 'error' ? 'error' : 'warn', text);
        const next = isUsable
          ? `licence: ${licence.name}; add it with "SAE: Add Model…"`
          : `it cannot be used: ${findings.find(({ level }) => level === 'error')?.text ?? ''}`;
        return { summary: next, path: dir };
      },
    };
  }

  #access(hubUrl: string) {
    return { hubUrl, ...(this.#token !== undefined && { token: this.#token }) };
  }
}
