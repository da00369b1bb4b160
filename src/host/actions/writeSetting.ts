import { ConfigurationTarget, workspace } from 'vscode';
import type { SettingKey } from '../settings.ts';

/** Writes where the value that holds now stands: in the workspace if it has its own, else for the person. */
export async function writeSetting(key: SettingKey, value: unknown): Promise<void> {
  const configuration = workspace.getConfiguration('featurescope');
  const isWorkspaces = configuration.inspect(key)?.workspaceValue !== undefined;
  const target = isWorkspaces ? ConfigurationTarget.Workspace : ConfigurationTarget.Global;
  await configuration.update(key, value, target);
}
