import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { FeaturescopeError } from '../protocol/errors.ts';
import { addCollectCommand } from './collect.ts';
import { addEditCommand } from './edit.ts';
import { exitCodes } from './exitCodes.ts';
import { addFeaturesCommand } from './features.ts';
import { addGenerateCommand } from './generate.ts';
import { addIndexCommands } from './indexCommands.ts';
import { addIconCommand } from './icon.ts';
import { addRankCommand } from './rank.ts';
import { addStripCommand } from './strip.ts';
import { addSaeCommands } from './sae.ts';
import { addJobsCommand } from './jobs.ts';

/** The bundle lies in dist/, one level below the package. */
const packageDir = join(__dirname, '..');
const { version } = JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8')) as {
  version: string;
};

const interrupt = new AbortController();
process.once('SIGINT', () => {
  interrupt.abort();
});

const program = new Command('featurescope')
  .description('SAE explorer for diffusion models: the engine of the extension, from a shell.')
  .version(version)
  .exitOverride()
  .action(() => {
    program.help({ error: true });
  });
const context = { packageDir, signal: interrupt.signal };
addGenerateCommand(program, context);
addFeaturesCommand(program, context);
addEditCommand(program, context);
addIconCommand(program, context);
addStripCommand(program, context);
addRankCommand(program, context);
addSaeCommands(program, context);
addCollectCommand(program, context);
addJobsCommand(program, context);
addIndexCommands(program, context);

program.parseAsync().catch((error: unknown) => {
  process.exitCode = exitCodeOf(error);
});

function exitCodeOf(thrown: unknown): number {
  if (thrown instanceof CommanderError) {
    return thrown.exitCode === 0 ? exitCodes.done : exitCodes.badUsage;
  }
  const error = FeaturescopeError.from(thrown);
  process.stderr.write(`featurescope: ${error.message}\n`);
  if (error.code === 'internal' && error.detail !== undefined) {
    process.stderr.write(`${error.detail}\n`);
  }
  if (error.code === 'cancelled') return exitCodes.cancelled;
  return error.code === 'invalidInput' ? exitCodes.badUsage : exitCodes.failed;
}
