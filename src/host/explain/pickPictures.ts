import { window } from 'vscode';

/** Paths of pictures; none when the person changes their mind. */
export async function pickPictures(title: string, canPickMany: boolean): Promise<string[]> {
  const picked = await window.showOpenDialog({
    title,
    openLabel: 'Explain',
    canSelectMany: canPickMany,
    filters: { Pictures: ['png', 'jpg', 'jpeg', 'webp'] },
  });
  return (picked ?? []).map(({ fsPath }) => fsPath);
}
