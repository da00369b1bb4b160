import { env, Uri, window } from 'vscode';
import { bytesText } from '../../protocol/countText.ts';
import { cudaKind, planCuda } from '../../protocol/cuda.ts';
import { startJob } from '../../protocol/jobs.ts';
import type { Caller } from '../../protocol/request.ts';
import type { Settings } from '../settings.ts';
import { withProgress } from './withProgress.ts';

export interface FetchCudaPorts {
  readonly engine: Caller;
  readonly settings: Settings;
  readonly showJobs: () => unknown;
}

/** Says what ONNX Runtime's CUDA library would take, and starts the job that fetches it. */
export async function fetchCuda({ engine, settings, showJobs }: FetchCudaPorts): Promise<void> {
  const params = { indexUrl: settings.get('download.nuget') };
  const { version, sizeBytes, page, isInstalled } = await withProgress(
    'Asking for the CUDA library',
    (signal) => engine.request(planCuda, params, { signal }),
  );
  const fetch = 'Fetch';
  const look = 'Open Its Page';
  const detail =
    `Version ${version}, ${bytesText(sizeBytes)}, from ${new URL(params.indexUrl).host}, MIT licence. It is checked by the hash ` +
    'that is published there and kept in the storage folder. It needs an NVIDIA driver, CUDA 12 and cuDNN 9 on this machine, which it does not bring.' +
    (isInstalled ? ' It was fetched before: what still fails is one of those.' : '');
  const options = { modal: true, detail };
  const question = "Fetch ONNX Runtime's CUDA library?";
  const pressed = await window.showInformationMessage(question, options, fetch, look);
  if (pressed === look) await env.openExternal(Uri.parse(page));
  if (pressed !== fetch) return;
  await engine.request(startJob, { kind: cudaKind, params });
  await showJobs();
}
