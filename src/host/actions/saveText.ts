import { homedir } from 'node:os';
import { join } from 'node:path';
import { Uri, window, workspace } from 'vscode';

/** Asks where a file of this kind shall go, beginning in the workspace. */
export async function askWhere(title: string, name: string): Promise<Uri | undefined> {
  const folder = workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file');
  const defaultUri = Uri.file(join(folder?.uri.fsPath ?? homedir(), name));
  return window.showSaveDialog({ title, defaultUri });
}

/** Asks where to and writes; nothing when the person changes their mind. */
export async function saveText(name: string, text: string): Promise<void> {
  const uri = await askWhere('Save Report', name);
  if (uri) await workspace.fs.writeFile(uri, new TextEncoder().encode(text));
}
