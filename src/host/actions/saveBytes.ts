import { homedir } from 'node:os';
import { join } from 'node:path';
import { Uri, window, workspace } from 'vscode';

/** Asks where to and writes; nothing when the person changes their mind. */
export async function saveBytes(name: string, bytes: Uint8Array): Promise<void> {
  const folder = workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file');
  const defaultUri = Uri.file(join(folder?.uri.fsPath ?? homedir(), name));
  const uri = await window.showSaveDialog({ title: `Save ${name}`, defaultUri });
  if (uri) await workspace.fs.writeFile(uri, bytes);
}
