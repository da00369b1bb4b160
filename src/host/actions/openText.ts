import { Uri, window, workspace } from 'vscode';

/** Of texts that were made here: read-only, and gone without a question when their tab is closed. */
export const textScheme = 'featurescope-text';

/** The text is in the address itself. */
export const textOf = ({ query }: Uri): string => query;

/** @param name of the tab; its ending decides the colours */
export async function openText(name: string, content: string): Promise<void> {
  const uri = Uri.from({ scheme: textScheme, path: `/${name}`, query: content });
  await window.showTextDocument(await workspace.openTextDocument(uri), { preview: true });
}
