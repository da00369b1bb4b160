import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { addCollectCommand } from './collect.ts';
import { exitCodeOf } from './exitCodeOf.ts';
import { addCudaCommand } from './cuda.ts';
import { addExplainCommand } from './explain.ts';
import { addFeaturesCommand } from './features.ts';
import { addGenerateCommand } from './generate.ts';
import { addIndexCommands } from './indexCommands.ts';
import { addInterventionCommands } from './interventionCommands.ts';
import { addJobsCommand } from './jobs.ts';
import { addModelCommands } from './model.ts';
import { addParityCommand } from './parity.ts';
import { addQualityCommands } from './quality.ts';
import { addRunCommand } from './run.ts';
import { addSaeCommands } from './sae.ts';
import { addSpecializationCommand } from './specialization.ts';

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
addExplainCommand(program, context);
addInterventionCommands(program, context);
addRunCommand(program, context);
addSaeCommands(program, context);
addModelCommands(program, context);
addParityCommand(program, context);
addCollectCommand(program, context);
addCudaCommand(program, context);
addJobsCommand(program, context);
addIndexCommands(program, context);
addQualityCommands(program, context);
addSpecializationCommand(program, context);

program.parseAsync().catch((error: unknown) => {
  process.exitCode = exitCodeOf(error);
});
