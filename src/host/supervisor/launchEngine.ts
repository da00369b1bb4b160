import { homedir } from 'node:os';
import { join } from 'node:path';
import type { ExtensionContext } from 'vscode';
import type { ChildProcess } from '../../processes/childProcess.ts';
import type { LogRecord } from '../../protocol/log.ts';
import type { Settings } from '../settings.ts';

/** Where runs, jobs, SAEs and labels are kept. */
export function storageDirOf(settings: Settings, { globalStorageUri }: ExtensionContext): string {
  const folder = settings.get('storage.folder').replace(/^~(?=$|[/\\])/, homedir());
  return folder || globalStorageUri.fsPath;
}

/**
 * A new engine with the settings as they are now. The code that starts it is loaded with the first one.
 *
 * @param environment variables that it gets beside those of this process
 */
export async function launchEngine(
  settings: Settings,
  context: ExtensionContext,
  log: (record: LogRecord) => void,
  environment: Readonly<Record<string, string>>,
): Promise<ChildProcess> {
  const { startEngine } = await import('./engineProcess.ts');
  const { extensionPath } = context;
  return startEngine(
    join(extensionPath, 'dist', 'engine.cjs'),
    {
      extensionDir: extensionPath,
      storageDir: storageDirOf(settings, context),
      threadCount: settings.get('engine.threads'),
      memoryBytesMax: settings.get('engine.memoryMB') * 1e6,
      idleMinutes: settings.get('engine.idleMinutes'),
      lpipsPath: settings.get('lpips.file'),
      clipPath: settings.get('clip.file'),
      quotaBytes: settings.quotaBytes,
    },
    (text) => {
      log({ level: 'warn', room: 'native', text });
    },
    environment,
  );
}
