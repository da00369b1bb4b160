import { env, Uri, window } from 'vscode';
import { downloadKind, planDownload } from '../../protocol/downloads.ts';
import { startJob } from '../../protocol/jobs.ts';
import { bytesText } from '../../protocol/modelWords.ts';
import type { Caller } from '../../protocol/request.ts';
import type { HubAccess } from './hubAccess.ts';
import { withProgress } from './withProgress.ts';

export interface DownloadPorts {
  readonly hub: HubAccess;
  readonly showJobs: () => unknown;
}

/** Asks for a repository, says what it would take, and starts the job. */
export async function downloadModel(
  engine: Caller,
  { hub, showJobs }: DownloadPorts,
): Promise<void> {
  const name = await window.showInputBox({
    title: 'Download Model',
    prompt: `Repository with an ONNX model of the SDXL family at ${hub.url}: owner/name, or owner/name@revision.`,
    placeHolder: 'owner/name',
    ignoreFocusOut: true,
  });
  if (name === undefined || name.trim() === '') return;
  const params = { name: name.trim(), hubUrl: hub.url };
  await hub.tell(engine);
  const offer = await withProgress('Asking for the files', (signal) =>
    engine.request(planDownload, params, { signal }),
  );
  const download = 'Download';
  const page = 'Open Its Page';
  const detail =
    `${String(offer.fileCount)} files, ${bytesText(offer.sizeBytes)}, at commit ${offer.commit.slice(0, 12)}. ` +
    'Its terms stand on its page; you are asked to accept them before the model is added. ' +
    'Weights of SDXL Turbo are for non-commercial use.';
  const options = { modal: true, detail };
  const pressed = await window.showInformationMessage(
    `Download ${offer.repo}?`,
    options,
    download,
    page,
  );
  if (pressed === page) await env.openExternal(Uri.parse(offer.page));
  if (pressed !== download) return;
  await engine.request(startJob, {
    kind: downloadKind,
    params: { ...params, name: `${offer.repo}@${offer.commit}` },
  });
  await showJobs();
}
