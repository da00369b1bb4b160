import { commands, TabInputCustom, TabInputText, type Uri, ViewColumn, window } from 'vscode';
import { experimentViewType } from './experimentEditors.ts';

/**
 * Opens an experiment as board or as text: where it is open so already, else beside its other form when that is in
 * front, else in its place.
 */
export async function openExperiment(uri: Uri, form: 'board' | 'text'): Promise<void> {
  const isForm = (input: unknown, wanted: typeof form): boolean =>
    wanted === 'board'
      ? input instanceof TabInputCustom && input.uri.toString() === uri.toString()
      : input instanceof TabInputText && input.uri.toString() === uri.toString();
  const { all, activeTabGroup } = window.tabGroups;
  const open = all.find(({ tabs }) => tabs.some(({ input }) => isForm(input, form)));
  const isBeside = isForm(activeTabGroup.activeTab?.input, form === 'board' ? 'text' : 'board');
  const column = open?.viewColumn ?? (isBeside ? ViewColumn.Beside : ViewColumn.Active);
  const editor = form === 'board' ? experimentViewType : 'default';
  await commands.executeCommand('vscode.openWith', uri, editor, column);
}
