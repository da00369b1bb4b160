import { env, type QuickPickItem, Uri, window } from 'vscode';
import { bytesText, countText } from '../../protocol/countText.ts';
import {
  type DownloadContent,
  downloadKind,
  type DownloadOffer,
  planDownload,
  publicSets,
} from '../../protocol/downloads.ts';
import { startJob } from '../../protocol/jobs.ts';
import type { Caller } from '../../protocol/request.ts';
import type { HubAccess } from './hubAccess.ts';
import { withProgress } from './withProgress.ts';

export interface DownloadPorts {
  readonly hub: HubAccess;
  readonly showJobs: () => unknown;
}

interface Words {
  readonly title: string;
  /** What the repository holds. */
  readonly holds: string;
  /** What is said before anything is fetched. */
  readonly terms: string;
}

const words: Readonly<Record<DownloadContent, Words>> = {
  model: {
    title: 'Download Model',
    holds: 'an ONNX model of the SDXL family',
    terms:
      'Its terms stand on its page; you are asked to accept them before the model is added. ' +
      'Weights of SDXL Turbo are for non-commercial use.',
  },
  saes: {
    title: 'Download SAEs',
    holds: 'SAEs',
    terms: 'Its terms stand on its page. Nothing in the files is run.',
  },
  labels: {
    title: 'Download Labels',
    holds: 'labels of features as JSON',
    terms: 'Its terms stand on its page. Labels are the words of whoever made them.',
  },
};

/** Asks for a repository and what of it, says what it would take, and starts the job. */
export async function downloadByName(
  engine: Caller,
  { hub, showJobs }: DownloadPorts,
  content: DownloadContent,
): Promise<void> {
  const name = await askName(hub.url, content);
  if (name === undefined || name.trim() === '') return;
  const params = { name: name.trim(), hubUrl: hub.url, content };
  await hub.tell(engine);
  const offer = await withProgress('Asking for the files', (signal) =>
    engine.request(planDownload, params, { signal }),
  );
  const parts = content === 'model' ? undefined : await askParts(offer, words[content].title);
  if (parts?.length === 0 || (content !== 'model' && !parts)) return;
  if (!(await isWanted(offer, parts, words[content].terms))) return;
  await engine.request(startJob, {
    kind: downloadKind,
    params: { ...params, name: offer.name, ...(parts && { parts: parts.map(({ path }) => path) }) },
  });
  await showJobs();
}

async function askName(hubUrl: string, content: DownloadContent): Promise<string | undefined> {
  const { title, holds } = words[content];
  if (content !== 'model') {
    const items: readonly (QuickPickItem & { readonly name?: string })[] = [
      ...publicSets[content].map(({ name, about }) => ({
        name,
        label: `$(cloud-download) ${name}`,
        detail: about,
      })),
      { label: '$(edit) Another Repository…', detail: `One at ${hubUrl} that holds ${holds}.` },
    ];
    const picked = await window.showQuickPick(items, { title, matchOnDetail: true });
    if (!picked || picked.name !== undefined) return picked?.name;
  }
  return window.showInputBox({
    title,
    prompt: `Repository with ${holds} at ${hubUrl}: owner/name, or owner/name@revision; datasets/ before it for a data set.`,
    placeHolder: 'owner/name',
    ignoreFocusOut: true,
  });
}

/** Which of what a repository holds; nothing is chosen before the person does, unless there is but one. */
async function askParts(
  { parts, repo }: DownloadOffer,
  title: string,
): Promise<DownloadOffer['parts'] | undefined> {
  const items = parts.map((part) => ({
    part,
    label: part.path,
    description: bytesText(part.sizeBytes),
    picked: parts.length === 1,
  }));
  const picked = await window.showQuickPick(items, {
    title,
    placeHolder: `What of ${repo}? Each is fetched whole.`,
    canPickMany: true,
    ignoreFocusOut: true,
    matchOnDescription: true,
  });
  return picked?.map(({ part }) => part);
}

async function isWanted(
  { repo, commit, fileCount, sizeBytes, page }: DownloadOffer,
  parts: DownloadOffer['parts'] | undefined,
  terms: string,
): Promise<boolean> {
  const download = 'Download';
  const look = 'Open Its Page';
  const size = parts ? parts.reduce((sum, part) => sum + part.sizeBytes, 0) : sizeBytes;
  const what = parts ? `${String(parts.length)} of it` : countText(fileCount, 'file');
  const detail = `${what}, ${bytesText(size)}, at commit ${commit.slice(0, 12)}. ${terms}`;
  const options = { modal: true, detail };
  const question = `Download ${repo}?`;
  const pressed = await window.showInformationMessage(question, options, download, look);
  if (pressed === look) await env.openExternal(Uri.parse(page));
  return pressed === download;
}
