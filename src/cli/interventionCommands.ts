import type { Command } from 'commander';
import { addDirectionCommand } from './direction.ts';
import { addEditCommand } from './edit.ts';
import { addIconCommand } from './icon.ts';
import type { CommandContext } from './pictureRun.ts';
import { addRankCommand } from './rank.ts';
import { addStripCommand } from './strip.ts';

export function addInterventionCommands(program: Command, context: CommandContext): void {
  addEditCommand(program, context);
  addDirectionCommand(program, context);
  addIconCommand(program, context);
  addStripCommand(program, context);
  addRankCommand(program, context);
}
