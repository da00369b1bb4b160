import { commands } from 'vscode';
import { type Disposable, Disposables } from './disposables.ts';
import type { CommandHandlers } from './commands.ts';
import type { Report } from './report.ts';

/** Every command ends: what goes wrong in one is shown. */
export function registerCommands(handlers: CommandHandlers, report: Report): Disposable {
  const registered = new Disposables();
  for (const [id, handler] of Object.entries(handlers)) {
    const run = async (target: unknown, selected: unknown): Promise<void> => {
      try {
        await handler(target, selected);
      } catch (error) {
        await report.show(error);
      }
    };
    registered.add(commands.registerCommand(id, run));
  }
  return registered;
}
