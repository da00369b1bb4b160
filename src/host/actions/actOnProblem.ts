import { commands } from 'vscode';
import type { ProblemAction } from '../../protocol/resultPanel.ts';
import type { CommandId } from '../commands.ts';
import { openSettings } from './engineMenu.ts';

/** What the button of an error does. */
export async function actOnProblem(action: ProblemAction | 'showLog'): Promise<void> {
  const command = (id: CommandId) => commands.executeCommand(id);
  switch (action) {
    case 'restartEngine':
      await command('featurescope.restartEngine');
      break;
    case 'chooseModel':
      await command('featurescope.chooseModel');
      break;
    case 'chooseProvider':
      await command('featurescope.chooseProvider');
      break;
    case 'saveElsewhere':
      await command('featurescope.savePng');
      break;
    case 'showLog':
      await command('featurescope.showLog');
      break;
    case 'openSettings':
      await openSettings();
      break;
    case 'trustWorkspace':
      await commands.executeCommand('workbench.trust.manage');
      break;
  }
}
