import { TabInputCustom, Uri, window } from 'vscode';
import { openRun } from '../../protocol/engine.ts';
import { invalidInput } from '../../protocol/errors.ts';
import type { Caller } from '../../protocol/request.ts';
import type { KeptPicture } from '../features/currentPicture.ts';
import { isRunNode } from '../trees/runsTree.ts';
import type { ExplainPanels } from './explainPanels.ts';
import { pickPictures } from './pickPictures.ts';

export interface ExplainActionPorts {
  readonly engine: Caller;
  readonly panels: ExplainPanels;
  /** The kept picture that a menu's target is about; undefined for none. */
  readonly keptOf: (target: unknown) => Promise<KeptPicture | undefined>;
}

/**
 * "Explain Active Features": files of the Explorer or an editor, a picture or run of ours, the picture file that is looked
 * at, or files that are asked for.
 */
export async function explainAction(
  target: unknown,
  selected: unknown,
  ports: ExplainActionPorts,
): Promise<void> {
  const paths = await pathsOf(target, selected, ports);
  if (paths.length > 0) ports.panels.open(paths);
}

async function pathsOf(
  target: unknown,
  selected: unknown,
  { engine, keptOf }: ExplainActionPorts,
): Promise<readonly string[]> {
  const list = Array.isArray(selected) && selected.length > 0 ? selected : [target];
  const uris = list.filter((each) => each instanceof Uri);
  if (uris.length > 0) {
    const other = uris.find(({ scheme }) => scheme !== 'file');
    if (!other) return uris.map(({ fsPath }) => fsPath);
    throw invalidInput(`${other.path} is no file of this machine: save it here first.`);
  }
  const runs = list.filter(isRunNode);
  if (runs.length > 0) return runs.map(({ run }) => run.pngPath);
  const kept = await keptOf(target);
  if (!kept) return openPicture() ?? pickPictures('Explain Active Features', true);
  const { run } = await engine.request(openRun, { runId: kept.runId });
  return [run.pngPath];
}

/** The file that VS Code's own viewer shows in front; undefined for anything else. */
function openPicture(): readonly string[] | undefined {
  const input = window.tabGroups.activeTabGroup.activeTab?.input;
  const isPicture =
    input instanceof TabInputCustom &&
    input.uri.scheme === 'file' &&
    /\.(png|jpe?g|webp)$/i.test(input.uri.path);
  return isPicture ? [input.uri.fsPath] : undefined;
}
