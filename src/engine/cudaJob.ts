import * as z from 'zod';
import { cudaKind, cudaPackage, type CudaParams, planCuda } from '../protocol/cuda.ts';
import type { Dispatcher } from '../protocol/dispatcher.ts';
import { invalidInput } from '../protocol/errors.ts';
import type { CudaLibrary } from './cudaLibrary.ts';
import type { JobKind } from './jobs/jobKind.ts';
import { issuesOf } from './models/modelFiles.ts';
import { type DownloadProgress, fetching } from './models/download/fetching.ts';

export interface CudaPorts {
  readonly library: CudaLibrary;
  /** Runners of before do not see it: the next one does. */
  readonly onInstalled: (signal: AbortSignal) => Promise<void>;
}

const schema = z.strictObject({
  indexUrl: z.url({ protocol: /^https?$/, error: 'must be an address that begins with https://' }),
});

function checkParams(params: unknown): CudaParams {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw invalidInput(
      `ONNX Runtime has a CUDA library for Linux on x64, not for ${process.platform} on ${process.arch}.`,
    );
  }
  const parsed = schema.safeParse(params);
  if (parsed.success) return parsed.data;
  throw invalidInput(`Nothing is fetched: ${issuesOf(parsed.error)}`);
}

/** What fetching CUDA's library would take. */
export function registerCuda(
  dispatcher: Dispatcher,
  { library }: Pick<CudaPorts, 'library'>,
): void {
  dispatcher.handle(planCuda, async (params, { signal }) => {
    const { indexUrl } = checkParams(params);
    const { file } = await library.find(indexUrl, signal);
    const { version, isInstalled } = library;
    const page = `https://www.nuget.org/packages/${cudaPackage}/${version}`;
    return { version, sizeBytes: file.sizeBytes, page, isInstalled };
  });
}

/** The job that fetches it into the storage folder, checked by the hash that the server publishes. */
export function cudaJob({
  library,
  onInstalled,
}: CudaPorts): JobKind<CudaParams, DownloadProgress> {
  return {
    kind: cudaKind,
    check: checkParams,
    titleOf: () => 'Fetch CUDA library',
    describe: ({ doneBytes, totalBytes }) =>
      totalBytes === 0
        ? { phase: 'Asking' }
        : {
            phase: doneBytes < totalBytes ? 'Downloading' : 'Unpacking',
            doneCount: Math.floor(doneBytes / 1e6),
            totalCount: Math.ceil(totalBytes / 1e6),
            unit: 'MB',
          },
    run: async function* (params, { signal, log }) {
      const { indexUrl } = checkParams(params);
      yield { phase: 'listing', doneBytes: 0, totalBytes: 0 };
      const found = await library.find(indexUrl, signal);
      const onNote = (text: string): void => {
        log('warn', text);
      };
      const context = { hubUrl: indexUrl, signal, onNote };
      const path = yield* fetching(found.file.sizeBytes, context, (transfer) =>
        library.install(found, transfer),
      );
      await onInstalled(signal);
      return { summary: 'try it with "SAE: Choose Provider"', path };
    },
  };
}
