import type { ExtensionContext } from 'vscode';
import { App } from './app.ts';

let app: App | undefined;

/** Registers what VS Code may call; no process starts before the first request. */
export function activate(context: ExtensionContext): void {
  app = new App(context);
  context.subscriptions.push(app);
}

export async function deactivate(): Promise<void> {
  await app?.stop();
  app = undefined;
}
