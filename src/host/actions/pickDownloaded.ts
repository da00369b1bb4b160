import { type QuickPickItem, window } from 'vscode';
import { bytesText } from '../../protocol/countText.ts';
import { listDownloads, type SetContent } from '../../protocol/downloads.ts';
import type { Caller } from '../../protocol/request.ts';
import { downloadByName, type DownloadPorts } from './downloadByName.ts';

interface SourceItem extends QuickPickItem {
  /** One that was downloaded. */
  readonly path?: string;
  readonly source?: 'own' | 'download';
}

/** Something to import: what was downloaded, one's own, or a download to be started first. */
export interface ImportSource {
  readonly path: string;
  readonly isDownloaded: boolean;
}

/**
 * Where something to import comes from.
 *
 * @param own how one's own files are chosen
 * @returns undefined when the person gave up, and when a download was started
 */
export async function pickDownloaded(
  engine: Caller,
  ports: DownloadPorts,
  content: SetContent,
  title: string,
  own: { readonly label: string; readonly ask: () => Promise<string | undefined> },
): Promise<ImportSource | undefined> {
  const { parts } = await engine.request(listDownloads, { content });
  const items: readonly SourceItem[] = [
    ...parts.map((part) => ({
      path: part.path,
      label: `$(package) ${part.title}`,
      description: `downloaded, ${bytesText(part.sizeBytes)}`,
    })),
    { label: `$(folder-opened) ${own.label}`, source: 'own' },
    { label: '$(cloud-download) Download by Name…', source: 'download' },
  ];
  const picked = await window.showQuickPick(items, { title, matchOnDescription: true });
  if (picked?.source === 'download') await downloadByName(engine, ports, content);
  const path = picked?.source === 'own' ? await own.ask() : picked?.path;
  return path === undefined ? undefined : { path, isDownloaded: picked?.path !== undefined };
}
