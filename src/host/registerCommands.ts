import { commands, type Extension } from 'vscode';
import { invalidInput } from '../protocol/errors.ts';
import { type Disposable, Disposables } from './disposables.ts';
import type { CommandHandlers } from './commands.ts';
import { isLostRow, type Menus, rowCommandsOf } from './lostRow.ts';
import type { Report } from './report.ts';

/** Every command ends: what goes wrong in one is shown. A button of a row never acts on what was chosen before. */
export function registerCommands(
  handlers: CommandHandlers,
  report: Report,
  { packageJSON }: Pick<Extension<unknown>, 'packageJSON'>,
): Disposable {
  const { contributes } = packageJSON as { readonly contributes: { readonly menus: Menus } };
  const rowCommands = rowCommandsOf(contributes.menus);
  const registered = new Disposables();
  for (const [id, handler] of Object.entries(handlers)) {
    const run = async (...given: readonly unknown[]): Promise<void> => {
      try {
        if (rowCommands.has(id) && isLostRow(given)) {
          throw invalidInput('The list was just being read again. Choose the row once more.');
        }
        await handler(given[0], given[1]);
      } catch (error) {
        await report.show(error);
      }
    };
    registered.add(commands.registerCommand(id, run));
  }
  return registered;
}
